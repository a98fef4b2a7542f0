import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { join } from "node:path";
import { openMemoryStorage } from "../content/browser-storage.ts";
import { createEngine } from "../engine.ts";
import type { Engine } from "../engine-options.ts";
import { createFileAssets } from "../node/file-assets.ts";
import { ShellSession } from "../testing/shell-session.ts";

const publicDirectory = join(import.meta.dirname, "..", "..", "public");

let engine: Engine;
let shell: ShellSession;

beforeAll(async () => {
  engine = await createEngine({ assets: createFileAssets(publicDirectory), storage: openMemoryStorage() });
  shell = await ShellSession.open(engine);
  await shell.run("docker pull -q busybox && mkdir -p b/sub && cd b && echo one > a.txt && echo two > sub/b.txt");
});
afterAll(() => engine[Symbol.asyncDispose]());

/** A file of these lines. */
const write = (path: string, ...lines: readonly string[]): string =>
  `printf '${lines.map((line) => `${line}\\n`).join("")}' > ${path}`;

const TIME = String.raw`\d+\.\ds`;

/** What is typed, what the screen then shows, and the exit code where that is not 0. */
const SESSION: readonly (readonly [command: string, screen: RegExp | string, code?: number])[] = [
  [
    write("Dockerfile", "FROM busybox AS base", "COPY a.txt sub /d/", "RUN cat /d/a.txt > /out", 'CMD ["cat", "/out"]'),
    "",
  ],
  [
    "docker build -t mybuild:0.0 . 2>&1 | cat",
    new RegExp(
      `^#0 building with "default" instance using docker driver\n\n#1 \\[internal\\] load build definition from Dockerfile\n#1 transferring dockerfile: 84B(?: ${TIME})? done\n#1 DONE ${TIME}\n[^]*\\[2/3\\] COPY a\\.txt sub /d/\n#\\d+ DONE ${TIME}\n\n#\\d+ \\[3/3\\] RUN cat /d/a\\.txt > /out\n#\\d+ DONE ${TIME}\n\n#\\d+ exporting to image\n[^]*naming to docker\\.io/library/mybuild:0\\.0 (?:${TIME} )?done\n#\\d+ DONE ${TIME}\n$`,
    ),
  ],
  ["docker run --rm mybuild:0.0", "one\n"],
  [
    "docker build -t mybuild:0.1 . 2>&1 | grep -A1 'RUN\\|COPY'",
    /^#(\d+) \[2\/3\] COPY a\.txt sub \/d\/\n#\1 CACHED\n(?:--\n)?\n?#(\d+) \[3\/3\] RUN cat \/d\/a\.txt > \/out\n#\2 CACHED\n$/,
  ],
  ["docker build -q .", /^sha256:[0-9a-f]{64}\n$/],
  ["docker images --format '{{.Repository}}:{{.Tag}}' mybuild | sort", "mybuild:0.0\nmybuild:0.1\n"],
  [
    `${write("F", "FROM busybox", "RUN echo to stdout; echo to stderr >&2; exit 3")}; docker build -f F . 2>&1 | tail -12`,
    /^------\n > \[2\/2\] RUN echo to stdout; echo to stderr >&2; exit 3:\n\d\.\d{3} to std(out|err)\n\d\.\d{3} to std(out|err)\n------\nF:2\n-{20}\n {3}1 \| {5}FROM busybox\n {3}2 \| >>> RUN echo to stdout; echo to stderr >&2; exit 3\n {3}3 \| {5}\n-{20}\nERROR: failed to build: failed to solve: process "\/bin\/sh -c echo to stdout; echo to stderr >&2; exit 3" did not complete successfully: exit code: 3\n$/,
  ],
  ["docker build -q -f F . 2>/dev/null", "", 1],
  [
    `${write("F", "FROM busybox", "COPY nope /")}; docker build -q -f F . 2>&1 | tail -1`,
    /^ERROR: failed to build: failed to solve: (?:failed to compute cache key: )?failed to calculate checksum of ref [^"]*: "\/nope": not found\n$/,
  ],
  [
    `${write("F", "FROM busybox", "RUN --mount=type=secret,id=s wc -c < /run/secrets/s > /n", "FROM scratch", "COPY --from=0 /n /n")}; printf 12345 > s; docker build --secret id=s,src=s -q -o out -f F . && cat out/n`,
    "5\n",
  ],
  [`${write("F", "FROM busybox", "MAINTAINER me")}; docker build --check -f F . 2>/dev/null`, /^Check complete, 1 warning has been found!\n\nWARNING: MaintainerDeprecated - /, 1], // prettier-ignore
  ["printf 'sub\\n' > .dockerignore; docker build -q . 2>&1 | tail -1", /"\/sub": not found\n$/],
  ["rm .dockerignore; echo FROM busybox | docker build -q -", /^sha256:[0-9a-f]{64}\n$/],
  [
    "tar c Dockerfile a.txt sub | docker build -q -t fromtar - && docker run --rm fromtar",
    /^sha256:[0-9a-f]{64}\none\n$/,
  ],
  [
    "DOCKER_BUILDKIT=0 docker build --no-cache -t classic . 2>/dev/null",
    /^Sending build context to Docker daemon +[0-9.]+kB\nStep 1\/4 : FROM busybox AS base\n ---> [0-9a-f]{12}\nStep 2\/4 : COPY a\.txt sub \/d\/\n ---> [0-9a-f]{12}\nStep 3\/4 : RUN cat \/d\/a\.txt > \/out\n ---> Running in [0-9a-f]{12}\n ---> Removed intermediate container [0-9a-f]{12}\n ---> [0-9a-f]{12}\nStep 4\/4 : CMD \["cat", "\/out"\]\n ---> ([0-9a-f]{12})\nSuccessfully built \1\nSuccessfully tagged classic:latest\n$/,
  ],
  ["docker buildx du | tail -1", /^Total:\t+[0-9.]+[kMG]?B\n$/],
  ["docker buildx prune -af | tail -1", /^Total:\t[0-9.]+[kMG]?B\n$/],
  ["docker buildx ls", /^NAME\/NODE[^]*default\* +docker[^]*running +linux\/386\n$/],
];

describe("docker build, typed into a shell of the guest", () => {
  for (const [command, screen, code = 0] of SESSION) {
    it(command, async () => {
      const result = await shell.run(command);
      if (typeof screen === "string") expect(result.output).toBe(screen);
      else expect(result.output).toMatch(screen);
      expect(result.code).toBe(code);
    });
  }

  it("redraws in place, and ends with all steps on the screen", async () => {
    const { output, code } = await shell.run("docker build --no-cache -t mybuild:0.2 .");
    expect(code).toBe(0);
    expect(output).toMatch(/\[\+\] Building \d+\.\ds \(8\/8\) FINISHED +docker:default\n/);
    // oxlint-disable-next-line no-control-regex
    expect(output).toMatch(/\u001b\[34m => \[3\/3\] RUN cat \/d\/a\.txt > \/out +\d+\.\ds\n\u001b\[0m/);
  });

  it("is cancelled by Ctrl-C, and leaves nothing behind", async () => {
    await shell.run(write("F", "FROM busybox", "RUN sleep 100"));
    await shell.type("docker build -f F .\n");
    await shell.waitFor(/\[2\/2\] RUN sleep 100 +[1-9]/);
    await shell.type("\u0003");
    const screen = await shell.waitFor(/ERROR: failed to build[^]*\ue000\d+\ue001$/);
    expect(screen).toMatch(/ => CANCELED \[2\/2\] RUN sleep 100 /);
    expect(screen).toMatch(/ERROR: failed to build: failed to solve: Canceled: context canceled\r\n\ue000130\ue001$/);
    expect((await shell.run("ps | grep -c '[s]leep 100'")).output).toBe("0\n");
  });
});
