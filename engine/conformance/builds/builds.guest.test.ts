import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openMemoryStorage } from "../../content/browser-storage.ts";
import { createEngine } from "../../engine.ts";
import type { Engine } from "../../engine-options.ts";
import { createFileAssets } from "../../node/file-assets.ts";
import { ApiSession } from "../../testing/api-session.ts";
import { BASE_LAYER, type BuildCase, tagOf } from "./build-case.ts";
import { GROUPS } from "./cases/all.ts";
import { isExpected } from "./expected-differences.ts";
import { isDockerHere, loadAndRun } from "./real-docker.ts";
import { CaseBuilder, recordOf } from "./ours.ts";
import { differences, formatDifference, readRecording, type Recording } from "./recorded-build.ts";

let engine: Engine;
let builder: CaseBuilder;

beforeAll(async () => {
  const assets = createFileAssets(join(import.meta.dirname, "../../../public"));
  engine = await createEngine({ assets, storage: openMemoryStorage() });
  await new ApiSession(engine).pull("busybox");
  builder = new CaseBuilder(engine);
});

afterAll(() => engine?.[Symbol.asyncDispose]());

/** Whether nothing of it has the time of a clock: all layers must be the same bytes again. */
function isTimeless({ dockerfile, before, isTimeless: said }: BuildCase): boolean {
  return said ?? (before === undefined && !/^\s*(?:onbuild\s+)?run\b/im.test(dockerfile));
}

describe.each(GROUPS)("builds as BuildKit builds: $name", ({ name: group, cases }) => {
  let recording: Recording;

  beforeAll(async () => {
    recording = await readRecording(group);
  });

  it.each(cases)("$name", async (build) => {
    await builder.prepare(build);
    const first = await builder.build(build, { noCache: true });
    const again = await builder.build(build);
    const record = await recordOf(builder, build, first, again);
    const unexpected = differences(recording[build.name], record).filter((each) => !isExpected(build.name, each));
    expect(unexpected.map(formatDifference)).toEqual([]);
    expect(again.id).toBe(first.id);
    if (first.id === "" || !isTimeless(build)) return;
    const layers = await builder.layers(build);
    await builder.build(build, { noCache: true });
    expect(await builder.layers(build)).toEqual(layers);
  });
});

it("has the base that was recorded", async () => {
  expect(await builder.layers({ name: "config-nothing", dockerfile: "" })).toEqual([BASE_LAYER]);
});

/** All that an image holds, but what a container adds to it. Few processes: there are hundreds of names in /bin. */
const LIST_ALL = `
cd /; find . -xdev \\( -path ./proc -o -path ./sys -o -path ./dev -o -path './etc/host*' -o -path ./etc/resolv.conf -o -path ./etc/mtab -o -name .dockerenv \\) -prune -o -print0 >/dev/shm/all
xargs -0 stat -c '%a %u:%g %F %N' </dev/shm/all | sort
find . -xdev \\( -path ./proc -o -path ./sys -o -path ./dev -o -path ./bin -o -path './etc/host*' -o -path ./etc/resolv.conf \\) -prune -o -type f -print0 | xargs -0 md5sum | sort`;

const LOADED = ["layer-opaque", "layer-hard-links", "layer-modes", "layer-removed", "copy-chmod", "copy-archives"];

describe.skipIf(!(await isDockerHere()))("a real Docker", () => {
  const cases = GROUPS.flatMap((group) => group.cases).filter(({ name }) => LOADED.includes(name));

  it.each(cases)("loads and runs $name with the same files", async (build) => {
    await builder.build(build);
    const archive = await builder.save(tagOf(build));
    const theirs = await loadAndRun(archive, tagOf(build), ["sh", "-c", LIST_ALL]);
    const ours = await new ApiSession(engine).run(LIST_ALL, {}, { Image: tagOf(build) });
    expect(theirs.split("\n").length).toBeGreaterThan(50);
    expect(theirs).toBe(ours.output);
  });
});
