import { EMPTY_FILES } from "../../archive/empty-files.ts";
import { describe, expect, it } from "vitest";
import { EngineError } from "../../base/errors.ts";
import { DockerfileError } from "../../dockerfile/dockerfile-error.ts";
import { parseDockerfile } from "../../dockerfile/parse-dockerfile.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ImageRunConfig } from "../../oci/image-config.ts";
import type { ResolvedImage } from "../base-images.ts";
import type { NamedContext } from "../build-request.ts";
import type { BuildPlan, PlannedRun, PlannedStep } from "./build-plan.ts";
import { planBuild } from "./plan-build.ts";

const IMAGES: Readonly<Record<string, ImageRunConfig>> = {
  busybox: { Cmd: ["sh"] },
  onbuild: { Env: ["PATH=/bin"], OnBuild: ["COPY . /src", "RUN make $X"] },
  loop: { OnBuild: ["COPY --from=late /x /"] },
};

function image(name: string): Promise<ResolvedImage> {
  const config = IMAGES[name];
  if (config === undefined) throw new EngineError("not-found", `${name}: not found`);
  return Promise.resolve({
    name: `docker.io/library/${name}:latest`,
    id: "sha256:1" as Digest,
    config: { architecture: "386", os: "linux", config, rootfs: { type: "layers", diff_ids: [] } },
    layers: [],
  });
}

interface Options {
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly platform?: string;
  readonly contexts?: Readonly<Record<string, NamedContext>>;
}

async function plan(
  text: string,
  { args = {}, target = "", platform = "", contexts = {} }: Options = {},
): Promise<BuildPlan> {
  const request = {
    buildArgs: new Map(Object.entries(args)),
    namedContexts: new Map(Object.entries(contexts)),
    target,
    platform,
    network: "",
  };
  return await planBuild(request, parseDockerfile(text), { image });
}

const vertexes = ({ stages }: BuildPlan): readonly string[] =>
  stages
    .flatMap(({ from, steps }) => [from.vertex, ...steps.map((step) => ("vertex" in step ? step.vertex : undefined))])
    .filter((name) => name !== undefined);

const history = ({ target }: BuildPlan): readonly string[] =>
  target.steps.map(({ createdBy }) => createdBy).filter((text) => text !== "");

const runs = ({ target }: BuildPlan): readonly PlannedRun[] =>
  target.steps.filter((step: PlannedStep): step is PlannedRun => step.type === "run");

describe("a Dockerfile without end", () => {
  it("is refused at the first instruction that is too many", async () => {
    const labels = (count: number): string =>
      ["FROM busybox", ...Array.from({ length: count }, (_, at) => `LABEL l${at}=x`)].join("\n");
    expect((await plan(labels(1999))).target.steps).toHaveLength(1999);
    await expect(plan(labels(2000))).rejects.toMatchObject({
      message: "a Dockerfile can not have more than 2000 instructions here",
      range: { start: 2001 },
    });
  });
});

describe("a stage", () => {
  it("has the config and the history that dockerd 28.5 gives it", async () => {
    const built = await plan(
      [
        "ARG G=glob",
        "FROM busybox AS base",
        "ENV X=1",
        "ARG X=2",
        "LABEL x=$X",
        "ARG G",
        "ARG P=def",
        "WORKDIR /app",
        "RUN true",
        'RUN ["/bin/true"]',
        "COPY a.txt b/",
        "COPY --chown=1:2 --chmod=600 a.txt /y/z",
        "ADD a.txt /q",
        "FROM base",
        'ENV A=b "C D"=e',
        "EXPOSE 80 81/udp 90-92",
        "VOLUME /v /w",
        "USER nobody",
        "STOPSIGNAL SIGTERM",
        "HEALTHCHECK --interval=5s --retries=3 CMD echo hi",
        "ONBUILD RUN echo x",
        "MAINTAINER me",
        'SHELL ["/bin/ash","-c"]',
        "WORKDIR sub",
        "RUN <<E",
        "echo 1",
        "E",
        "COPY <<E /here.txt",
        "hello $P",
        "E",
        "ENTRYPOINT echo hi",
        'CMD ["a","b"]',
      ].join("\n"),
      { args: { P: "given", UNUSED: "1" } },
    );
    expect(vertexes(built)).toEqual([
      "[base 1/7] FROM docker.io/library/busybox:latest",
      "[base 2/7] WORKDIR /app",
      "[base 3/7] RUN true",
      '[base 4/7] RUN ["/bin/true"]',
      "[base 5/7] COPY a.txt b/",
      "[base 6/7] COPY --chown=1:2 --chmod=600 a.txt /y/z",
      "[base 7/7] ADD a.txt /q",
      "[stage-1 1/3] WORKDIR sub",
      "[stage-1 2/3] RUN <<E (echo 1)",
      "[stage-1 3/3] COPY <<E /here.txt",
    ]);
    expect(built.stages[0]?.steps.map(({ createdBy }) => createdBy)).toEqual([
      "ENV X=1",
      "ARG X=2",
      "LABEL x=2",
      "ARG G=glob",
      "ARG P=given",
      "WORKDIR /app",
      "RUN |3 X=2 G=glob P=given /bin/sh -c true # buildkit",
      "RUN |3 X=2 G=glob P=given /bin/true # buildkit",
      "COPY a.txt b/ # buildkit",
      "COPY --chown=1:2 --chmod=600 a.txt /y/z # buildkit",
      "ADD a.txt /q # buildkit",
    ]);
    expect(history(built)).toEqual([
      "ENV A=b C D=e",
      "EXPOSE [80/tcp 81/udp 90/tcp 91/tcp 92/tcp]",
      "VOLUME [/v /w]",
      "USER nobody",
      "STOPSIGNAL SIGTERM",
      `HEALTHCHECK &{["CMD-SHELL" "echo hi"] "5s" "0s" "0s" "0s" '\\x03'}`,
      "MAINTAINER me",
      "SHELL [/bin/ash -c]",
      "WORKDIR /app/sub",
      "RUN |3 X=1 G=glob P=given /bin/ash -c echo 1\n # buildkit",
      "COPY <<E /here.txt # buildkit",
      'ENTRYPOINT ["/bin/ash" "-c" "echo hi"]',
      'CMD ["a" "b"]',
    ]);
    expect(built.target.document).toEqual({
      architecture: "386",
      os: "linux",
      author: "me",
      config: {
        ArgsEscaped: true,
        Cmd: ["a", "b"],
        Entrypoint: ["/bin/ash", "-c", "echo hi"],
        Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "X=1", "A=b", "C D=e"],
        ExposedPorts: { "80/tcp": {}, "81/udp": {}, "90/tcp": {}, "91/tcp": {}, "92/tcp": {} },
        Healthcheck: { Interval: 5000000000, Retries: 3, Test: ["CMD-SHELL", "echo hi"] },
        Labels: { x: "2" },
        OnBuild: ["RUN echo x"],
        Shell: ["/bin/ash", "-c"],
        StopSignal: "SIGTERM",
        User: "nobody",
        Volumes: { "/v": {}, "/w": {} },
        WorkingDir: "/app/sub",
      },
    });
  });

  it("calls its steps what BuildKit calls them", async () => {
    const built = await plan(
      [
        "FROM busybox AS a",
        "ARG D=/q",
        "ENV W=w",
        "COPY --from=busybox --chmod=711 /bin/sh $D/",
        'COPY --chmod=755 --link a.txt "${D}/bc"',
        'WORKDIR $D/"x"',
        'RUN echo $W "$NOPE" ${W}x',
        "run  echo   2 \\",
        "  && echo 3",
        "RUN cat <<E <<-F",
        "1",
        "E",
        "\t2",
        "F",
        "RUN <<P",
        "#!/bin/sh",
        "echo prog",
        "P",
      ].join("\n"),
    );
    expect(vertexes(built)).toEqual([
      "[a 1/8] FROM docker.io/library/busybox:latest",
      "[a 2/8] COPY --from=busybox --chmod=711 /bin/sh /q/",
      "[a 3/8] COPY --chmod=755 --link a.txt /q/bc",
      "[a 4/8] WORKDIR /q/x",
      '[a 5/8] RUN echo w "$NOPE" wx',
      "[a 6/8] RUN  echo   2   && echo 3",
      "[a 7/8] RUN cat <<E <<-F",
      "[a 8/8] RUN <<P (#!/bin/sh...)",
    ]);
    expect(history(built)).toEqual([
      "ARG D=/q",
      "ENV W=w",
      "COPY --chmod=711 /bin/sh /q/ # buildkit",
      "COPY --chmod=755 a.txt /q/bc # buildkit",
      "WORKDIR /q/x",
      'RUN |1 D=/q /bin/sh -c echo $W "$NOPE" ${W}x # buildkit',
      "RUN |1 D=/q /bin/sh -c echo   2   && echo 3 # buildkit",
      "RUN |1 D=/q /bin/sh -c cat <<E <<-F\n1\nE\n\t2\nF # buildkit",
      "RUN |1 D=/q /bin/sh -c /dev/pipes/P # buildkit",
    ]);
    expect(runs(built).at(-1)?.script).toEqual({ name: "P", content: "#!/bin/sh\necho prog\n" });
  });

  it("has no name in its steps when it is the only one, nor a number for scratch", async () => {
    expect(vertexes(await plan("FROM busybox\nRUN a\n"))).toEqual([
      "[1/2] FROM docker.io/library/busybox:latest",
      "[2/2] RUN a",
    ]);
    expect(vertexes(await plan("FROM scratch\nCOPY a /\n"))).toEqual(["[1/1] COPY a /"]);
  });

  it("runs the triggers of its base first, and does not keep them", async () => {
    const built = await plan("FROM onbuild\nARG X=1\nRUN own\n", { args: { X: "2" } });
    expect(vertexes(built)).toEqual([
      "[1/2] FROM docker.io/library/onbuild:latest",
      "[2/4] ONBUILD COPY . /src",
      "[3/4] ONBUILD RUN make $X",
      "[4/4] RUN own",
    ]);
    expect(built.target.steps[0]?.range).toEqual({ start: 1, end: 1 });
    expect(built.target.document.config.OnBuild).toBeUndefined();
  });

  it("forgets the base's command with a new entrypoint, not its own", async () => {
    expect((await plan('FROM busybox\nENTRYPOINT ["e"]\n')).target.document.config.Cmd).toBeUndefined();
    expect((await plan('FROM busybox\nCMD ["c"]\nENTRYPOINT ["e"]\n')).target.document.config.Cmd).toEqual(["c"]);
  });
});

describe("variables", () => {
  it("of the global scope are seen by FROM, and by stages that declare them", async () => {
    const built = await plan("ARG BASE=nothing\nARG V=1\nFROM $BASE\nARG V\nARG TARGETARCH\nRUN x\n", {
      args: { BASE: "busybox" },
    });
    expect(runs(built)[0]?.env).toContain("V=1");
    expect(runs(built)[0]?.env).toContain("TARGETARCH=386");
    const without = await plan("ARG V=1\nFROM busybox\nRUN x\n");
    expect(runs(without)[0]?.env.some((entry) => entry.startsWith("V="))).toBe(false);
  });

  it("of a stage are seen by the stages on it", async () => {
    const built = await plan("FROM busybox AS a\nARG A=1\nENV E=$A\nFROM a\nRUN x\n");
    expect(runs(built)[0]?.env).toEqual(expect.arrayContaining(["A=1", "E=1"]));
    expect(built.target.document.config.Env).not.toContain("A=1");
  });

  it("that were set by ENV count again in the next stage", async () => {
    const built = await plan("FROM busybox AS a\nENV X=1\nARG X=2\nFROM a\nRUN x\n");
    expect(runs(built)[0]?.env).toContain("X=1");
  });

  it("that nothing sets stay undeclared for the process", async () => {
    const built = await plan("FROM busybox\nARG A\nRUN x\n");
    expect(runs(built)[0]?.env.some((entry) => entry.startsWith("A="))).toBe(false);
    expect(history(built)).toEqual(["ARG A", "RUN |1 A= /bin/sh -c x # buildkit"]);
  });
});

describe("the stages", () => {
  it("that the target does not need are left out", async () => {
    const text =
      "FROM busybox AS a\nFROM busybox AS b\nFROM a AS c\nCOPY --from=0 x y\nFROM busybox\nCOPY --from=b x y\n";
    const names = ({ stages }: BuildPlan): readonly string[] => stages.map(({ name }) => name);
    expect(names(await plan(text))).toEqual(["b", "stage-3"]);
    expect(names(await plan(text, { target: "C" }))).toEqual(["a", "c"]);
    await expect(plan(text, { target: "1" })).rejects.toThrow('target stage "1" could not be found');
  });

  it("must not need each other, nor one that is not there", async () => {
    await expect(plan("FROM busybox AS a\nCOPY --from=b x y\nFROM busybox AS b\nCOPY --from=a x y\n")).rejects.toThrow(
      "circular dependency detected on stage: a",
    );
    await expect(plan("FROM loop AS early\nFROM early AS late\n")).rejects.toThrow(
      'cannot copy from stage "late", it needs to be defined before current stage "early"',
    );
    await expect(plan("FROM busybox\nCOPY --from=1 x y\n")).rejects.toThrow("invalid stage index 1");
    await expect(plan("FROM busybox AS first\n", { target: "fist" })).rejects.toThrow(
      'target stage "fist" could not be found (did you mean first?)',
    );
  });

  it("are found by the place of what is wrong in them", async () => {
    const error = await plan("FROM busybox\nRUN a\nCOPY --from=nope x y\n").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DockerfileError);
    expect(error).toMatchObject({ range: { start: 3, end: 3 }, message: "nope: not found" });
  });

  it("can be replaced by named contexts, as images and sources of files can", async () => {
    const files: NamedContext = { type: "files", files: EMPTY_FILES };
    const built = await plan("FROM busybox AS a\nRUN a\nFROM scratch\nCOPY --from=a x y\nCOPY --from=other x y\n", {
      contexts: { a: files, other: { type: "image", reference: "busybox" } },
    });
    expect(built.stages.map(({ name }) => name)).toEqual(["stage-1"]);
    const base = await plan("FROM alpine\n", { contexts: { alpine: { type: "image", reference: "busybox" } } });
    expect(base.target.base).toMatchObject({ type: "image", image: { name: "docker.io/library/busybox:latest" } });
  });

  it("are for the one platform that runs here", async () => {
    await plan("FROM --platform=$TARGETPLATFORM busybox\n", { platform: "linux/386" });
    await expect(plan("FROM busybox\n", { platform: "linux/arm64" })).rejects.toThrow(
      "no match for platform in manifest: not found",
    );
    await expect(plan("FROM --platform=linux/amd64 busybox\n")).rejects.toThrow(
      "no match for platform in manifest: not found",
    );
  });
});
