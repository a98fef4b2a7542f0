import { beforeEach, describe, expect, it } from "vitest";
import type { BuildRequest } from "./build-request.ts";
import { buildRequest, contextOf, follow, linesOf, type Told } from "./testing/build-fixture.ts";
import { builderWorld, type BuilderWorld } from "./testing/builder-world.ts";

let world: BuilderWorld;

beforeEach(async () => {
  world = await builderWorld();
});

async function build(text: string, options: Partial<BuildRequest> = {}): Promise<Told> {
  return await follow(world.builder.build(buildRequest(text, options)));
}

async function built(text: string, options: Partial<BuildRequest> = {}): Promise<Told> {
  const told = await build(text, options);
  if (told.error !== undefined) throw told.error;
  return told;
}

/** Which of the stages' steps came from the cache. */
function cached(told: Told): readonly boolean[] {
  return linesOf(told)
    .filter((line) => /\d+\/\d+\] (?!FROM)/.test(line))
    .map((line) => line.startsWith("CACHED "));
}

const SNAPSHOTS = "/var/lib/docker/overlay2";

/** What the storage and the fake hold. */
async function holdings(): Promise<object> {
  const count = async (prefix: string): Promise<number> => (await world.records.entries(prefix)).length;
  return {
    layers: await count("layers/"),
    leases: await count("leases/"),
    snapshots: await count("machines/1/snapshots/"),
    cache: await count("build-cache/"),
    endpoints: world.networks.connected.size,
    directories: world.guest.files.find(SNAPSHOTS) === undefined ? 0 : world.guest.files.names(SNAPSHOTS).length,
  };
}

const STEPS = "FROM busybox\nRUN write 1 one\nRUN write 2 two\nENV X=y\nRUN write 3 three\n";

describe("the cache", () => {
  it("gives back every step of an equal build, and the same image", async () => {
    const first = await built(STEPS);
    const again = await built(STEPS);
    expect(cached(first)).toEqual([false, false, false]);
    expect(cached(again)).toEqual([true, true, true]);
    expect(again.result?.image?.id).toBe(first.result?.image?.id);
    expect(world.ran).toEqual(["write 1 one", "write 2 two", "write 3 three"]);
  });

  it("is left at the line that was edited", async () => {
    await built(STEPS);
    expect(cached(await built(STEPS.replace("two", "zwei")))).toEqual([true, false, false]);
  });

  it("looks at the variables that a step sees, not at those that come later", async () => {
    const text = (value: string, place: "before" | "after"): string =>
      place === "before"
        ? `FROM busybox\nENV A=${value}\nRUN write 1 x\n`
        : `FROM busybox\nRUN write 1 x\nENV A=${value}\n`;
    await built(text("1", "before"));
    expect(cached(await built(text("2", "before")))).toEqual([false]);
    await built(text("1", "after"));
    expect(cached(await built(text("2", "after")))).toEqual([true]);
  });

  it("looks at build arguments once they are declared, and never at proxies", async () => {
    const args = (entries: Record<string, string>): Partial<BuildRequest> => ({
      buildArgs: new Map(Object.entries(entries)),
    });
    const text = "FROM busybox\nRUN write 1 x\nARG A\nRUN write 2 x\n";
    await built(text, args({ A: "1" }));
    expect(cached(await built(text, args({ A: "2", http_proxy: "p", B: "3" })))).toEqual([true, false]);
    expect(cached(await built(text, args({ A: "2", http_proxy: "q" })))).toEqual([true, true]);
    expect(world.runtime.requests.at(-1)?.spec.process.env).toContain("HTTP_PROXY=p");
  });

  it("looks at what files hold, not at when they were changed", async () => {
    const text = "FROM busybox\nCOPY . /x\nRUN write 1 x\n";
    await built(text, { context: contextOf({ f: "a" }) });
    expect(cached(await built(text, { context: contextOf({ f: "a" }) }))).toEqual([true, true]);
    expect(cached(await built(text, { context: contextOf({ f: "b" }) }))).toEqual([false, false]);
  });

  it("is hit below a stage that was made again when what is copied is the same", async () => {
    const text = (word: string): string =>
      `FROM busybox AS a\nRUN say ${word}\nRUN write same x\nFROM busybox\nCOPY --from=a /same /\nRUN write more x\n`;
    await built(text("one"));
    const again = await built(text("two"));
    expect(linesOf(again).filter((line) => !line.startsWith("CACHED") && line.includes("/3]"))).toEqual([
      "[a 2/3] RUN say two",
    ]);
  });

  it("survives a reload", async () => {
    const first = await built(STEPS);
    world = await world.reload();
    const again = await built(STEPS);
    expect(cached(again)).toEqual([true, true, true]);
    expect(world.ran).toEqual([]);
    expect(again.result?.image?.id).toBe(first.result?.image?.id);
    expect(world.builder.records().map(({ status }) => status)).toEqual(["completed", "completed"]);
  });

  it("keeps its layers when the image is removed, and gives them back when it is pruned", async () => {
    const empty = await holdings();
    const { result } = await built(STEPS, { tags: ["x"] });
    await world.images.remove("x", { force: false, inUseBy: () => [] });
    expect(cached(await built(STEPS))).toEqual([true, true, true]);
    const image = result?.image?.id ?? "";
    await world.images.remove(image, { force: true, inUseBy: () => [] });
    const usage = await world.builder.cacheUsage();
    expect(usage).toHaveLength(3);
    const { entries, freedBytes } = await world.builder.prune({ all: true });
    expect(entries.toSorted()).toEqual(usage.map(({ id }) => id).toSorted());
    expect(freedBytes).toBe("onetwothree".length);
    expect(await holdings()).toEqual(empty);
  });

  it("is not asked with --no-cache, nor for the stages of --no-cache-filter", async () => {
    await built(STEPS);
    const again = await built(STEPS, { noCache: true });
    expect(cached(again)).toEqual([false, false, false]);
    expect(cached(await built(STEPS))).toEqual([true, true, true]);
    const stages = "FROM busybox AS a\nRUN write a a\nFROM busybox AS b\nCOPY --from=a /a /\nRUN write b b\n";
    await built(stages);
    expect(cached(await built(stages, { noCache: new Set(["a"]) }))).toEqual([false, true, true]);
  });

  it("does not keep what a failed step wrote, but what was made before it", async () => {
    await build("FROM busybox\nRUN write 1 x\nRUN fail 3\n");
    const before = await holdings();
    const told = await build("FROM busybox\nRUN write 1 x\nRUN fail 3\n");
    expect(linesOf(told).slice(-2)).toEqual(["CACHED [2/3] RUN write 1 x", "ERROR [3/3] RUN fail 3"]);
    expect(await holdings()).toEqual(before);
  });
});

describe("an image of --cache-from", () => {
  const TEXT = "FROM busybox\nENV A=1\nRUN write 1 x\nWORKDIR /w\nRUN write 2 x\n";

  beforeEach(async () => {
    await built(TEXT, { tags: ["before"] });
    await world.builder.prune({ all: true });
    world.ran.splice(0);
  });

  it("gives the layers of equal instructions on equal layers", async () => {
    const told = await built(TEXT, { cacheFrom: ["none", "type=registry,ref=before"] });
    expect(cached(told)).toEqual([true, true, true]);
    expect(told.result?.image?.repoTags).toEqual(["before:latest"]);
    expect(world.ran).toEqual([]);
  });

  it("gives nothing from where an instruction was another, be it only a variable's", async () => {
    expect(cached(await built(TEXT.replace("A=1", "A=2"), { cacheFrom: ["before"] }))).toEqual([false, false, false]);
    expect(cached(await built(TEXT.replace("/w", "/v"), { cacheFrom: ["before"] }))).toEqual([true, false, false]);
  });
});

describe("builds at the same time", () => {
  it("make an equal step once", async () => {
    const both = await Promise.all([built(STEPS), built(STEPS)]);
    expect(world.ran).toHaveLength(3);
    expect(both[0].result?.image?.id).toBe(both[1].result?.image?.id);
  });

  it("do not take a step from one that is cancelled", async () => {
    const abort = new AbortController();
    const first = world.builder.build(buildRequest("FROM busybox\nRUN wait\n"), { signal: abort.signal });
    await expect.poll(() => world.ran).toEqual(["wait"]);
    const second = world.builder.build(buildRequest("FROM busybox\nRUN wait\n"));
    abort.abort(new Error("enough"));
    expect((await follow(first)).error?.message).toBe("enough");
    await expect.poll(() => world.ran).toEqual(["wait", "wait"]);
    await world.runtime.processes[1]?.kill(9);
    expect((await follow(second)).error?.message).toContain("exit code: 137");
  });
});

describe("a build that ends early", () => {
  it("stops the other stages at the first failure, and leaves nothing", async () => {
    const before = await holdings();
    const told = await build("FROM busybox AS a\nRUN wait\nFROM busybox AS b\nRUN fail 2\nFROM a\nCOPY --from=b / /\n");
    expect(told.error?.message).toBe('process "/bin/sh -c fail 2" did not complete successfully: exit code: 2');
    expect(told.vertexes.find(({ name }) => name.includes("RUN wait"))?.error).toBe("context canceled");
    expect(await holdings()).toEqual(before);
  });

  it("is cancelled by its signal, wherever it is", async () => {
    const before = await holdings();
    const abort = new AbortController();
    const run = world.builder.build(buildRequest("FROM busybox\nRUN wait\n"), { signal: abort.signal });
    await expect.poll(() => world.ran).toEqual(["wait"]);
    abort.abort(new Error("context canceled"));
    expect((await follow(run)).error?.message).toBe("context canceled");
    expect(await holdings()).toEqual(before);
    expect(world.builder.records()[0]).toMatchObject({
      status: "canceled",
      steps: [{ status: "done" }, { status: "canceled" }],
    });
  });

  it("is told with its place in the Dockerfile, also when the Dockerfile is no Dockerfile", async () => {
    const told = await build("FROM busybox\nRUN fail 1\n");
    expect(told.error).toMatchObject({
      source: { ranges: [{ start: 2, end: 2 }] },
      vertex: told.vertexes.find(({ error }) => error)?.digest,
    });
    expect((await build("FROM busybox\nNOPE\n")).error).toMatchObject({ source: { ranges: [{ start: 2, end: 2 }] } });
    expect((await build("FROM busybox\nCOPY none /\n")).error?.message).toMatch(/"\/none": not found$/);
  });
});

describe("a Dockerfile that means harm", () => {
  it("cannot name files of the machine", async () => {
    const { error } = await build(
      "FROM busybox\nRUN <<../../../../etc/passwd\n#!/bin/sh\nx\n../../../../etc/passwd\nRUN say x\n",
    );
    expect(error).toBeUndefined();
    const paths = world.runtime.requests.flatMap(({ files }) => files.map(({ path }) => path));
    expect(paths).toHaveLength(5);
    expect(paths.every((path) => /^\/var\/lib\/docker\/overlay2\/build-\w+\/[\w.]+$/.test(path))).toBe(true);
  });

  it("cannot mount over the whole root", async () => {
    const { error } = await build("FROM busybox\nRUN --mount=type=tmpfs,target=/x/.. say x\n");
    expect(error?.message).toBe('invalid mount target "/"');
  });
});

describe("the image", () => {
  it("has what was named, tagged and labelled", async () => {
    const told = await built(STEPS, { tags: ["a:1", "localhost:5000/b"], labels: new Map([["k", "v"]]) });
    expect(told.result?.image).toMatchObject({
      repoTags: ["a:1", "localhost:5000/b:latest"],
      config: { config: { Labels: { k: "v" } } },
    });
    expect(world.events.map(({ type, action, attributes }) => `${type} ${action} ${attributes["name"]}`)).toEqual([
      "image tag a:1",
      "image tag localhost:5000/b:latest",
    ]);
    const parts = told.statuses.flatMap(({ statuses = [] }) => statuses.map(({ id }) => id));
    expect(parts).toContain("naming to docker.io/library/a:1");
    expect(parts).toContain(`writing image ${told.result?.image?.id}`);
  });

  it("can begin with the files of a named context, and copy from others", async () => {
    const told = await built("FROM base\nRUN write 1 x\nCOPY --from=other f /g\nCOPY --from=image base /h\n", {
      namedContexts: new Map([
        ["base", { type: "files", files: contextOf({ "d/f": "context" }) }],
        ["other", { type: "files", files: contextOf({ f: "other" }) }],
        ["image", { type: "image", reference: "busybox" }],
      ]),
    });
    const files = await told.result?.files();
    expect(["d/f", "1", "g", "h", "base"].map((path) => files?.find(path)?.size)).toEqual([7, 1, 5, 7, undefined]);
    expect(
      cached(
        await built("FROM base\nRUN write 1 x\n", {
          namedContexts: new Map([["base", { type: "files", files: contextOf({ "d/f": "context" }) }]]),
        }),
      ),
    ).toEqual([true]);
  });

  it("is as old as its youngest layer, or as its base when it has none of its own", async () => {
    const { result } = await built("FROM busybox\nENV A=b\n");
    expect(result?.config.created).toBe("2026-01-01T00:00:00Z");
    const epoch = await built(STEPS, { buildArgs: new Map([["SOURCE_DATE_EPOCH", "1000000000"]]) });
    expect(epoch.result?.config.created).toBe("2001-09-09T01:46:40Z");
    expect(epoch.result?.config.history?.slice(1).every(({ created }) => created === "2001-09-09T01:46:40Z")).toBe(
      true,
    );
  });

  it("has the same layers for the same files, made twice", async () => {
    const text = "FROM busybox\nWORKDIR /w\nCOPY . ./x\nCOPY <<E /e\nhello\nE\n";
    const options = { context: contextOf({ "d/f": "a" }), noCache: true };
    const [one, two] = [await built(text, options), await built(text, options)];
    expect(two.result?.layers).toEqual(one.result?.layers);
    expect((await two.result?.files())?.find("w/x/d/f")?.size).toBe(1);
  });

  it("can be had of the state after any step", async () => {
    await built("FROM busybox\nENV A=b\nRUN write 1 x\nWORKDIR /w\nRUN write 2 x\n");
    const record = world.builder.records()[0];
    expect(record?.steps.map(({ text, layers }) => `${layers?.length} ${text}`)).toEqual([
      "1 FROM busybox",
      "1 ENV A=b",
      "2 RUN write 1 x",
      "3 WORKDIR /w",
      "4 RUN write 2 x",
    ]);
    const image = await world.builder.stepImage(record?.id ?? "", 2);
    expect(image).toMatchObject({
      repoTags: [],
      layers: record?.steps[2]?.layers,
      config: { config: { WorkingDir: "/" } },
    });
    expect(image.config.config?.Env).toContain("A=b");
    expect((await world.builder.stepImage(record?.id ?? "", 2)).id).toBe(image.id);
    await expect(world.builder.stepImage(record?.id ?? "", 9)).rejects.toThrow("No such state");
  });
});

describe("the record of a build", () => {
  it("is told while it goes on, and says what each layer is good for", async () => {
    const seen: string[] = [];
    using _ = world.builder.subscribe(({ status, steps }) =>
      seen.push(`${status} ${steps.map((step) => step.status).join(" ")}`),
    );
    await built("FROM busybox\nRUN write a four\nRUN write a other\n", { tags: ["x"], contextPath: "/root/workspace" });
    await expect
      .poll(() => world.builder.records()[0]?.steps.map(({ sizeBytes, wasteBytes }) => [sizeBytes, wasteBytes]))
      .toEqual([
        [undefined, undefined],
        [4, 4],
        [5, 0],
      ]);
    expect(seen.at(-1)).toBe("completed done done done");
    expect(world.builder.records()[0]).toMatchObject({
      status: "completed",
      tags: ["x"],
      contextPath: "/root/workspace",
      steps: [
        { index: 0, stage: "stage-0", range: { start: 1, end: 1 } },
        { index: 1, range: { start: 2, end: 2 } },
        { index: 2, range: { start: 3, end: 3 } },
      ],
    });
  });

  it("goes when many others came after it", async () => {
    for (let turn = 0; turn < 22; turn += 1) await built(`FROM busybox\nENV TURN=${turn}\n`);
    expect(world.builder.records()).toHaveLength(20);
    world = await world.reload();
    expect(world.builder.records()).toHaveLength(20);
    expect(world.builder.records()[0]?.dockerfile.text).toContain("TURN=21");
  });
});

describe("what a build tells", () => {
  it("is BuildKit's steps, each with its times", async () => {
    const told = await built("FROM busybox AS a\nRUN say hello\nFROM scratch\nCOPY --from=a /base /\n");
    expect(linesOf(told)).toEqual([
      "[internal] load build definition from Dockerfile",
      "[internal] load metadata for docker.io/library/busybox:latest",
      "[internal] load .dockerignore",
      "CACHED [a 1/2] FROM docker.io/library/busybox:latest",
      "[a 2/2] RUN say hello",
      "[stage-1 1/1] COPY --from=a /base /",
      "exporting to image",
    ]);
    expect(told.output).toBe("hello\n");
    expect(
      told.vertexes.every(({ startedMs, completedMs }) => startedMs !== undefined && completedMs !== undefined),
    ).toBe(true);
  });

  it("does not name the context when nothing is taken from it", async () => {
    const told = await built("FROM busybox\nCOPY <<E /e\nhello\nE\n");
    expect(linesOf(told)).not.toContain("[internal] load build context");
    expect(linesOf(told)).toContain("[2/2] COPY <<E /e");
  });

  it("has the findings of the checks, which can fail it", async () => {
    const told = await built("FROM busybox as a\nRUN say x\n");
    expect(told.statuses.flatMap(({ warnings = [] }) => warnings.map(({ short }) => short))).toEqual([
      "FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 1)",
    ]);
    const failed = await build("# check=error=true\nFROM busybox as a\nRUN say y\n");
    expect(failed.error?.message).toBe("lint violation found for rules: FromAsCasing");
    expect(world.ran).toEqual(["say x"]);
    const checked = await built("FROM busybox\nRUN say z\n", { checkOnly: true });
    expect(checked.result?.image).toBeUndefined();
    expect(world.ran).toEqual(["say x"]);
  });
});
