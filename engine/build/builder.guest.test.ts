import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openMemoryStorage } from "../content/browser-storage.ts";
import { createEngine } from "../engine.ts";
import type { Engine } from "../engine-options.ts";
import { createFileAssets } from "../node/file-assets.ts";
import { ApiSession } from "../testing/api-session.ts";
import { ShellSession } from "../testing/shell-session.ts";
import { Builder } from "./builder.ts";
import { buildRequest, contextOf, follow, linesOf, type Told } from "./testing/build-fixture.ts";

const publicDirectory = join(import.meta.dirname, "..", "..", "public");
const storage = openMemoryStorage();

let engine: Engine;
let builder: Builder;
let shell: ShellSession;

async function boot(): Promise<void> {
  const open = vi.spyOn(Builder, "open");
  engine = await createEngine({ assets: createFileAssets(publicDirectory), storage });
  builder = await (open.mock.results.at(-1)?.value as Promise<Builder>);
  shell = await ShellSession.open(engine);
}

beforeAll(async () => {
  await boot();
  await new ApiSession(engine).pull("busybox");
}, 120_000);
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
});

/** Without a process of its own: bash counts what it globs. */
const COUNT = [
  "echo 3 >/proc/sys/vm/drop_caches",
  "shopt -s globstar nullglob",
  "processes=(/proc/[0-9]*) links=(/sys/class/net/*) cgroups=(/sys/fs/cgroup/**/cgroup.procs) agent=(/proc/1/fd/*)",
  "snapshots=(/var/lib/docker/overlay2/*) staged=(/run/drydock/build/*)",
  "mapfile -t mounts </proc/mounts",
  "echo processes=${#processes[@]} links=${#links[@]} cgroups=${#cgroups[@]} agent=${#agent[@]} mounts=${#mounts[@]} snapshots=${#snapshots[@]} staged=${#staged[@]}",
].join("; ");

/** What the guest holds, read from its kernel, and what the storage holds of layers and leases. */
async function holdings(): Promise<Record<string, number>> {
  const { output } = await shell.run(COUNT);
  const numbers = [...output.matchAll(/(\w+)=(\d+)/g)].map(([, name, count]) => [name, Number(count)] as const);
  const count = async (prefix: string): Promise<number> => (await storage.records.entries(prefix)).length;
  return {
    ...Object.fromEntries(numbers),
    layers: await count("layers/"),
    leases: await count("leases/"),
    records: await count("machines/1/snapshots/"),
  };
}

async function build(text: string, options: Parameters<typeof buildRequest>[1] = {}): Promise<Told> {
  const told = await follow(builder.build(buildRequest(text, options)));
  return told;
}

async function built(text: string, options: Parameters<typeof buildRequest>[1] = {}): Promise<Told> {
  const told = await build(text, options);
  expect(told.error, told.output).toBeUndefined();
  return told;
}

/** The steps of stages, without BuildKit's own. */
function steps(told: Told): readonly string[] {
  return linesOf(told).filter((line) => /^(?:CACHED |ERROR )?\[(?!internal)/.test(line));
}

describe("a build", () => {
  it("makes an image that runs", async () => {
    const told = await built(
      "FROM busybox\nENV A=b\nRUN echo made >/made; echo hello $A\nCOPY . /x\nCMD cat /made /x/d/f; echo $A\n",
      { context: contextOf({ "d/f": "content\n" }), tags: ["mybuild:0.0"] },
    );
    expect(told.output).toBe("hello b\n");
    expect((await shell.run("docker run --rm mybuild:0.0")).output).toBe("made\ncontent\nb\n");
    expect((await shell.run("docker images")).output).toContain("mybuild");
  });

  it("runs again only what depends on what was changed", async () => {
    const text = (line: string): string =>
      `FROM busybox\nRUN echo 1 >/1\n${line}\nRUN echo 3 >/3\nENV X=y\nRUN echo 4 >/4\n`;
    await built(text("RUN echo 2 >/2"));
    const again = await built(text("RUN echo 2 >/2"));
    expect(steps(again)).toEqual([
      "CACHED [1/5] FROM docker.io/library/busybox:latest",
      "CACHED [2/5] RUN echo 1 >/1",
      "CACHED [3/5] RUN echo 2 >/2",
      "CACHED [4/5] RUN echo 3 >/3",
      "CACHED [5/5] RUN echo 4 >/4",
    ]);
    const edited = await built(text("RUN echo two >/2"));
    expect(steps(edited).map((line) => line.startsWith("CACHED"))).toEqual([true, true, false, false, false]);
    expect(edited.result?.image?.id).not.toBe(again.result?.image?.id);
    for (let turn = 0; turn < 3; turn++) {
      await built("FROM busybox\nRUN true\n", { noCache: true });
    }
  });

  it("has the layers of a RUN that docker commit would have, without the places that were only mounted on", async () => {
    const told = await built(
      "FROM busybox\nRUN --mount=type=tmpfs,target=/t/u --mount=type=cache,target=/c true\nRUN rm /bin/sh && mkdir -p /etc/x && echo y >/etc/x/y\n",
    );
    const layers = told.result?.layers ?? [];
    expect(layers[1]).toBe("sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");
    const files = await told.result?.files();
    expect(files?.find("bin/sh")).toBeUndefined();
    expect(files?.find("t")).toBeUndefined();
    expect(files?.find("c")).toBeUndefined();
    expect(files?.find("etc/x/y")?.size).toBe(2);
  });

  it("gives a step the environment, files and user that BuildKit gives it", async () => {
    const told = await built(
      "FROM busybox\nARG ARGUMENT=a\nENV SET=b\nUSER nobody\nWORKDIR /w\nRUN env | sort; id -un; pwd; hostname; cat /etc/hosts; ls -a /; stat -c %U /w\n",
      { extraHosts: ["foo:1.2.3.4"], buildArgs: new Map([["http_proxy", "http://proxy"]]) },
    );
    expect(told.output).toBe(
      [
        "ARGUMENT=a",
        "HOME=/home",
        "HTTP_PROXY=http://proxy",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PWD=/w",
        "SET=b",
        "SHLVL=1",
        "http_proxy=http://proxy",
      ].join("\n") + told.output.slice(told.output.indexOf("\nnobody")),
    );
    expect(told.output).toContain("\nnobody\n/w\nbuildkitsandbox\n127.0.0.1\tlocalhost buildkitsandbox\n");
    expect(told.output).toContain("1.2.3.4\tfoo\n");
    expect(told.output).toMatch(/nobody\n$/);
  });

  it("is not seen by docker ps while it runs, and reaches the network of the default bridge or none", async () => {
    const run = builder.build(buildRequest("FROM busybox\nRUN ip -o addr; sleep 2\nRUN --network=none ip -o addr\n"));
    const told = follow(run);
    expect((await shell.run("docker ps -aq")).output).toBe("");
    const { output, error } = await told;
    expect(error).toBeUndefined();
    expect(output).toMatch(/eth0 +inet 172\.17\.0\.\d+/);
    expect(output.match(/eth0/g)?.length).toBe(output.split("127.0.0.1")[1]?.match(/eth0/g)?.length);
  });
});

describe("several stages", () => {
  it("are built when they are needed, at the same time, each equal step once", async () => {
    const told = await built(
      [
        "FROM busybox AS a",
        "RUN sleep 1; echo a >/a; date +%s%N >/at",
        "FROM busybox AS b",
        "RUN sleep 1; echo b >/b",
        "FROM busybox AS unused",
        "RUN false",
        "FROM scratch",
        "COPY --from=a /a /",
        "COPY --from=1 /b /",
        "COPY --from=busybox /bin/busybox /",
      ].join("\n"),
    );
    const [a, b] = ["[a 2/2]", "[b 2/2]"].map((name) => told.vertexes.find((vertex) => vertex.name.startsWith(name)));
    expect(b?.startedMs).toBeLessThan(a?.completedMs ?? 0);
    expect(steps(told).some((line) => line.includes("unused"))).toBe(false);
    const files = await told.result?.files();
    expect([...(files?.names("") ?? [])].toSorted()).toEqual(["a", "b", "busybox"]);
  });

  it("that are made again give a hit further down when what is copied has not changed", async () => {
    const text = (word: string): string =>
      `FROM busybox AS a\nRUN echo ${word} >/log; echo same >/same\nFROM busybox\nCOPY --from=a /same /\nRUN echo more >/more\n`;
    await built(text("one"));
    const again = await built(text("two"));
    expect(steps(again).filter((line) => !line.startsWith("CACHED"))).toEqual([
      "[a 2/2] RUN echo two >/log; echo same >/same",
    ]);
  });
});

describe("mounts of a RUN", () => {
  it("show the context, stages and images, and what is written there is not kept", async () => {
    const told = await built(
      [
        "FROM busybox AS a",
        "RUN mkdir /d && echo from-stage >/d/f",
        "FROM busybox",
        "RUN --mount=target=/ctx --mount=from=a,source=/d,target=/stage,rw --mount=type=bind,source=one.txt,target=/one \\",
        "  cat /ctx/one.txt /ctx/dir/two.txt /stage/f /one; echo new >/stage/new; touch /ctx/x; ls /stage",
      ].join("\n"),
      { context: contextOf({ "one.txt": "one\n", "dir/two.txt": "two\n" }) },
    );
    expect(told.output).toContain("one\ntwo\nfrom-stage\none\n");
    expect(told.output).toContain("Read-only file system");
    expect(told.output).toContain("f\nnew\n");
    expect([...((await told.result?.files())?.names("") ?? [])]).not.toContain("stage");
  });

  it("hand out secrets, caches and temporary files", async () => {
    const session = {
      secret: async (id: string) => (id === "x" ? new TextEncoder().encode("hush") : undefined),
      sshAgent: async () => undefined,
      registryAuth: async () => undefined,
    };
    const told = await built(
      [
        "FROM busybox",
        "RUN --mount=type=secret,id=x --mount=type=secret,id=x,env=HUSH --mount=type=secret,id=none cat /run/secrets/x; echo -$HUSH; ls -l /run/secrets",
        "RUN --mount=type=cache,target=/c,uid=5 echo kept >/c/f; stat -c %u /c",
        "RUN --mount=type=cache,target=/c cat /c/f",
        "RUN --mount=type=tmpfs,target=/t,size=4m df -k /t | tail -1",
      ].join("\n"),
      { session },
    );
    expect(told.output).toMatch(/hush-hush\n.*-r-------- +1 root +root +4 .* x\n5\nkept\ntmpfs +4096/s);
    expect((await told.result?.files())?.find("run")).toBeUndefined();
    const missing = await build("FROM busybox\nRUN --mount=type=secret,id=y,required true\n");
    expect(missing.error?.message).toBe("secret y: not found");
    expect((await shell.run("docker volume ls -q")).output).toBe("");
  });

  it("run here-documents, by the shell or as programs", async () => {
    const told = await built(
      "FROM busybox\nRUN <<E\necho one\necho two\nE\nRUN <<E\n#!/bin/cat\nprogram\nE\nRUN cat <<A <<-B\nnot\nA\n\tthis\nB\n",
    );
    expect(told.output).toBe("one\ntwo\n#!/bin/cat\nprogram\nthis\n");
  });
});

describe("a build that fails", () => {
  it("says in BuildKit's words what, and where", async () => {
    const told = await build("FROM busybox\nRUN echo last words; exit 7\nRUN echo never\n");
    expect(told.error).toMatchObject({
      message: 'process "/bin/sh -c echo last words; exit 7" did not complete successfully: exit code: 7',
      source: { fileName: "Dockerfile", ranges: [{ start: 2, end: 2 }] },
    });
    expect(steps(told)).toEqual([
      "CACHED [1/3] FROM docker.io/library/busybox:latest",
      "ERROR [2/3] RUN echo last words; exit 7",
      "[3/3] RUN echo never",
    ]);
    expect(builder.records()[0]).toMatchObject({
      status: "failed",
      error: { line: 2 },
      steps: [{ status: "done" }, { status: "failed" }, { status: "canceled" }],
    });
    expect((await build('FROM busybox\nRUN ["/nope"]\n')).output).toContain(
      'exec: "/nope": stat /nope: no such file or directory',
    );
    expect((await build("FROM busybox\nUSER nope\nRUN true\n")).error?.message).toBe(
      'process "/bin/sh -c true" did not complete successfully: unable to find user nope: no matching entries in passwd file',
    );
    expect((await build("FROM nope:1\n")).error?.message).toMatch(
      /^nope:1: failed to resolve source metadata for docker\.io\/library\/nope:1: ./,
    );
  });

  it("or is cancelled, in the middle of several stages and mounts, leaves nothing behind", async () => {
    const before = await holdings();
    const abort = new AbortController();
    const run = builder.build(
      buildRequest(
        [
          "FROM busybox AS a",
          "RUN --mount=target=/ctx --mount=type=secret,id=x --mount=type=cache,target=/c --mount=type=tmpfs,target=/t echo a-runs; head -c 3000000 /dev/zero >/big; sleep 1000",
          "FROM busybox AS b",
          "RUN echo b-runs; sleep 1000 & sleep 1001",
          "FROM busybox",
          "COPY --from=a /x /",
          "COPY --from=b /x /",
        ].join("\n"),
        { context: contextOf({ f: "x" }) },
      ),
      { signal: abort.signal },
    );
    const told = follow(run);
    await expect
      .poll(
        async () =>
          (
            await shell.run(
              "ls -d /proc/[0-9]*/ | xargs -n1 sh -c 'cat $0/cmdline 2>/dev/null | tr \"\\0\" \" \"; echo' | grep -c '^sleep 100'",
            )
          ).output.trim(),
        { timeout: 20_000 },
      )
      .toBe("3");
    abort.abort(new Error("context canceled"));
    const { error } = await told;
    expect(error?.message).toContain("context canceled");
    await expect.poll(holdings, { timeout: 20_000, interval: 500 }).toEqual(before);
    expect(builder.records()[0]).toMatchObject({ status: "canceled" });

    const failed = await build(
      "FROM busybox AS a\nRUN sleep 1; false\nFROM busybox AS b\nRUN sleep 1000\nFROM a\nCOPY --from=b / /\n",
    );
    expect(failed.error?.message).toContain("exit code: 1");
    await expect.poll(holdings, { timeout: 20_000, interval: 500 }).toEqual(before);
  }, 60_000);
});

describe("another engine on the same storage", () => {
  it("finds the cache, the records and what cache mounts hold", async () => {
    const text = "FROM busybox\nRUN --mount=type=cache,target=/kept echo saved >>/kept/f; echo 1 >/1\n";
    const first = await built(text);
    const { length } = builder.records();
    await engine[Symbol.asyncDispose]();
    await boot();
    expect(builder.records().length).toBe(Math.min(20, length));
    const again = await built(`${text}RUN --mount=type=cache,target=/kept cat /1 /kept/f\n`);
    expect(steps(again).map((line) => line.startsWith("CACHED"))).toEqual([true, true, false]);
    expect(again.output).toBe("1\nsaved\n");
    expect(again.result?.layers.slice(0, 2)).toEqual(first.result?.layers);
  }, 60_000);
});
