import { beforeEach, describe, expect, it } from "vitest";
import { createApp } from "../../api/app.ts";
import { type FakeServices, fakeServices } from "../../api/testing/fake-services.ts";
import { collectText, decodeUtf8, encodeUtf8 } from "../../base/streams.ts";
import { guestFiles } from "../../guest-files.ts";
import { FakeGuest } from "../../guest/fake-guest.ts";
import { encodeTarEntry, writeTar } from "../../oci/tar-writer.ts";
import { streamOf } from "../../base/streams.ts";
import { type CliResult, FakeTerminal, type FakeTerminalOptions } from "../testing/fake-terminal.ts";
import { splitWords } from "../testing/transcript.ts";

let services: FakeServices;
let guest: FakeGuest;

beforeEach(() => {
  services = fakeServices();
  guest = new FakeGuest();
  for (const path of ["/root", "/root/ctx", "/root/ctx/sub"]) guest.files.put(path, { mode: 0o040_755 });
  put({ "/root/ctx/Dockerfile": "FROM busybox\nRUN echo hello\n", "/root/ctx/a": "1", "/root/ctx/sub/b": "22" });
});

function put(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) guest.files.put(path, { data: encodeUtf8(text) });
}

function terminal(options: FakeTerminalOptions = {}): FakeTerminal {
  return new FakeTerminal(createApp(services), { fileSystem: guestFiles(guest, "/root"), ...options });
}

const docker = (line: string, options: FakeTerminalOptions = {}): Promise<CliResult> =>
  terminal(options).docker(...splitWords(line));

const request = (): NonNullable<FakeServices["builder"]["requests"][number]> => {
  const last = services.builder.requests.at(-1);
  if (last === undefined) throw new Error("nothing was built");
  return last;
};

async function fileText(path: string): Promise<string> {
  return await collectText((await guest.readFile(path)).body);
}

describe("docker build", () => {
  it("shows the steps on stderr, and names the image", async () => {
    const { exitCode, stdout, stderr } = await docker("build -t x:1 -t y ctx");
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    expect(stderr.replace(/\d+\.\d s|\d\.\ds/g, "T")).toBe(
      '#0 building with "default" instance using docker driver\n\n#1 [internal] load build definition from Dockerfile\n#1 DONE T\n\n#2 [1/2] FROM busybox\n#2 DONE T\n\n#3 [2/2] RUN echo hello\n#3 0.000 hello\n#3 DONE T\n',
    );
    expect((await services.images.resolve("y")).repoTags).toEqual(["x:1", "y:latest"]);
  });

  it.each(["buildx build", "image build", "builder build", "buildx b"])("is docker %s", async (command) => {
    expect(await docker(`${command} -q ctx`)).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^sha256:\w{64}\n$/) as string, stderr: "" }); // prettier-ignore
  });

  it("sends the directory without what .dockerignore says, and tells where it is", async () => {
    put({
      "/root/ctx/.dockerignore": "# a comment\nsub\n!sub/keep\n*.log\n",
      "/root/ctx/x.log": "x",
      "/root/ctx/sub/keep": "k",
    });
    await docker("build ctx");
    const { context, contextPath } = request();
    const names = (path: string): readonly string[] => [...context.names(path)].toSorted();
    expect(names("")).toEqual([".dockerignore", "Dockerfile", "a", "sub"]);
    expect(names("sub")).toEqual(["keep"]);
    await docker("build ./sub/../ctx/.");
    expect(request().contextPath).toBe("/root/ctx");
    expect(contextPath).toBe("/root/ctx");
  });

  it("prefers the Dockerfile's own .dockerignore", async () => {
    put({ "/root/ctx/.dockerignore": "a\n", "/root/Other": "FROM busybox\n", "/root/Other.dockerignore": "sub\n" });
    await docker("build -f Other ctx");
    expect(request().dockerfile).toEqual({ name: "Other", text: "FROM busybox\n" });
    expect([...request().context.names("")].toSorted()).toEqual([".dockerignore", "Dockerfile", "a"]);
  });

  it("takes a Dockerfile from stdin, with and without a context", async () => {
    await docker("build -", { stdin: "FROM nginx\n" });
    expect(request().dockerfile).toEqual({ name: "Dockerfile", text: "FROM nginx\n" });
    expect([...request().context.names("")]).toEqual([]);
    await docker("build -f - ctx", { stdin: "FROM alpine\n" });
    expect(request().dockerfile.text).toBe("FROM alpine\n");
    expect([...request().context.names("")].toSorted()).toEqual(["Dockerfile", "a", "sub"]);
  });

  it("takes a tar file from stdin", async () => {
    const text = "FROM busybox\nRUN echo tar\n";
    const tar = await collectText(writeTar([{ entry: { path: "d/File", size: text.length }, content: streamOf(encodeUtf8(text)) }])); // prettier-ignore
    expect(await docker("build -f d/File -", { stdin: tar })).toMatchObject({ exitCode: 0 });
    expect(request().dockerfile).toEqual({ name: "d/File", text });
  });

  it("takes a URL", async () => {
    expect(await docker("build http://x/Dockerfile")).toMatchObject({ exitCode: 0 });
    expect(request().dockerfile.text).toBe("FROM busybox\n");
  });

  it("hands on what was asked for", async () => {
    put({ "/root/secret": "from a file" });
    const flags =
      "--build-arg A=1 --build-arg B --build-arg C --label l=v --target t --pull --no-cache-filter s1,s2 --cache-from c:1 --cache-from type=registry,ref=d:2 --network none --add-host h:1.2.3.4 --add-host g=::1 --shm-size 64m --ulimit nofile=1:2 --platform linux/386 --build-context base=docker-image://nginx --build-context dir=ctx/sub --build-context st=target:one";
    const secrets = "--secret id=f,src=secret --secret id=e,env=B --secret B --secret id=none,env=NOPE";
    await docker(`build ${flags} ${secrets.replace("--secret B ", "--secret id=B ")} ctx`, { env: { B: "from env" } });
    expect(request()).toMatchObject({
      buildArgs: new Map([
        ["A", "1"],
        ["B", "from env"],
      ]),
      labels: new Map([["l", "v"]]),
      target: "t",
      pull: true,
      noCache: new Set(["s1", "s2"]),
      cacheFrom: ["c:1", "d:2"],
      network: "none",
      extraHosts: ["h:1.2.3.4", "g:::1"],
      shmSizeBytes: 64 << 20,
      ulimits: [{ name: "nofile", soft: 1, hard: 2 }],
      platform: "linux/386",
      checkOnly: false,
    });
    const { namedContexts } = request();
    expect(namedContexts.get("base")).toEqual({ type: "image", reference: "nginx" });
    expect(namedContexts.get("st")).toEqual({ type: "stage", name: "one" });
    const directory = namedContexts.get("dir");
    expect(directory?.type === "files" && directory.files.find("b")?.size).toBe(2);
  });

  it("brings secrets to the step that asks for them", async () => {
    put({
      "/root/ctx/Dockerfile": "FROM busybox\nRUN secret f\nRUN secret e\nRUN secret none\n",
      "/root/secret": "12345",
    });
    const { stderr } = await docker("build --secret id=f,src=secret --secret id=e,env=HOME ctx");
    expect(stderr).toMatch(/5 bytes\n[^]*5 bytes\n[^]*no bytes\n/);
    expect(stderr).not.toContain("12345");
  });

  it("brings the user's logins", async () => {
    const auths = {
      "https://index.docker.io/v1/": { auth: btoa("me:pw") },
      "localhost:5000": { auth: btoa("you:pw2") },
    };
    put({ "/root/.docker/config.json": JSON.stringify({ auths }) });
    await docker("build ctx");
    expect(await request().session.registryAuth("docker.io")).toEqual({ username: "me", password: "pw" });
    expect(await request().session.registryAuth("localhost:5000")).toEqual({ username: "you", password: "pw2" });
  });

  it("fails with the step's output, the place in the Dockerfile and the reason", async () => {
    put({ "/root/ctx/Dockerfile": "FROM busybox\nRUN echo a\nRUN exit 3\n" });
    const { exitCode, stderr } = await docker("build ctx");
    expect(exitCode).toBe(1);
    expect(stderr.slice(stderr.indexOf("#4 "))).toBe(`#4 [3/3] RUN exit 3
#4 ERROR: process "/bin/sh -c exit 3" did not complete successfully: exit code: 3
------
 > [3/3] RUN exit 3:
------
Dockerfile:3
--------------------
   1 |     FROM busybox
   2 |     RUN echo a
   3 | >>> RUN exit 3
   4 |     
--------------------
ERROR: failed to build: failed to solve: process "/bin/sh -c exit 3" did not complete successfully: exit code: 3
`);
  });

  it("fails with an excerpt for what is no Dockerfile", async () => {
    put({ "/root/ctx/Dockerfile": "FROM busybox\nFOO bar\n" });
    const { exitCode, stderr } = await docker("build ctx");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/Dockerfile:2\n-+\n {3}1 \| {5}FROM busybox\n {3}2 \| >>> FOO bar\n {3}3 \| {5}\n-+\nERROR: failed to build: failed to solve: dockerfile parse error on line 2: unknown instruction: FOO\n$/); // prettier-ignore
  });

  it("warns below the steps; --debug says more", async () => {
    put({ "/root/ctx/Dockerfile": "FROM busybox\nMAINTAINER me\n" });
    const { stderr } = await docker("build ctx");
    expect(stderr.replaceAll("\u001b", "\\e")).toMatch(
      /\n \\e\[33m1 warning found \(use docker --debug to expand\):\n\\e\[0m - MaintainerDeprecated: .* \(line 2\)\n$/,
    );
    const debug = await docker("--debug build ctx");
    expect(debug.stderr).toMatch(/1 warning found:\n[^]*More info: https:\/\/docs.docker.com\/[^]*\n {3}2 \| >>> MAINTAINER me\n/); // prettier-ignore
  });

  it("only checks with --check: findings on stdout, exit code 1 when there are any", async () => {
    expect(await docker("build --check ctx")).toMatchObject({
      exitCode: 0,
      stdout: "Check complete, no warnings found.\n",
    });
    put({ "/root/ctx/Dockerfile": "FROM busybox\nMAINTAINER me\n" });
    const { exitCode, stdout, stderr } = await docker("build --check ctx");
    expect(exitCode).toBe(1);
    expect(stderr).not.toContain("WARN");
    expect(stdout).toBe(`Check complete, 1 warning has been found!

WARNING: MaintainerDeprecated - https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/
Maintainer instruction is deprecated in favor of using label
Dockerfile:2
--------------------
   1 |     FROM busybox
   2 | >>> MAINTAINER me
   3 |     
--------------------
`);
    expect(request().checkOnly).toBe(true);
    const json = await docker("build --call check,format=json ctx");
    expect(JSON.parse(json.stdout)).toMatchObject({
      warnings: [{ ruleName: "MaintainerDeprecated", location: { ranges: [{ start: { line: 2 } }] } }],
      sources: [{ filename: "Dockerfile" }],
    });
  });

  it("lists targets and what they take", async () => {
    put({ "/root/ctx/Dockerfile": "ARG V=1\nFROM busybox AS a\nARG A=x\nRUN --mount=type=secret,id=s,required=true true\nFROM a AS b\nRUN --mount=type=ssh true\n" }); // prettier-ignore
    expect((await docker("build --call targets ctx")).stdout).toBe(
      "TARGET      DESCRIPTION\na           \nb (default) \n",
    );
    expect((await docker("build --call outline --build-arg A=y ctx")).stdout).toBe(
      "TARGET: b\n\nBUILD ARG   VALUE   DESCRIPTION\nV           1       \nA           y       \n\nSECRET   REQUIRED\ns        true\n\nSSH       REQUIRED\ndefault   \n\n",
    );
    expect(await docker("build --call outline --target nope ctx")).toMatchObject({ exitCode: 1, stderr: 'ERROR: failed to build: failed to solve: target stage "nope" could not be found\n' }); // prettier-ignore
  });

  it("writes the image's id and metadata into files", async () => {
    await docker("build --iidfile id --metadata-file meta.json -t x ctx");
    const { id } = await services.images.resolve("x");
    expect(await fileText("/root/id")).toBe(id);
    expect(JSON.parse(await fileText("/root/meta.json"))).toEqual({
      "buildx.build.ref": "default/default/build1",
      "containerimage.config.digest": id,
      "containerimage.digest": id,
      "image.name": "docker.io/library/x:latest",
    });
  });

  it("puts the files of the result into a directory, a tar file or stdout, and makes no image", async () => {
    const before = (await services.images.list()).length;
    const { exitCode, stderr } = await docker("build -t x -o out ctx");
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/exporting to client directory\n#4 copying files [\d.]+kB( \d\.\ds)? done\n#4 DONE/);
    expect(await fileText("/root/out/etc/made")).toBe("by the build\n");
    await docker("build --output type=tar,dest=out.tar ctx");
    expect((await fileText("/root/out.tar")).slice(257, 262)).toBe("ustar");
    const { stdout } = await docker("build -o - ctx");
    expect(stdout).toContain("by the build\n");
    expect((await services.images.list()).length).toBe(before);
  });

  it("pushes with the docker of this engine", async () => {
    const { exitCode, stderr } = await docker("build --push -t localhost:5000/x:1 ctx");
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain("pushing localhost:5000/x:1 with docker\n");
    expect(services.images.pushes.map(({ reference }) => reference)).toEqual(["localhost:5000/x:1"]);
  });

  it.each([
    ["Ctrl-C", 2],
    ["the end of its terminal", 1],
  ])("is cancelled by %s", async (_, signal) => {
    put({ "/root/ctx/Dockerfile": "FROM busybox\nRUN wait\n" });
    const cli = terminal();
    const running = cli.docker("build", "ctx");
    await expect.poll(() => services.builder.records()[0]?.steps[1]?.status).toBe("running");
    cli.signal(signal);
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/#3 CANCELED\nERROR: failed to build: failed to solve: Canceled: context canceled\n$/);
  });

  it("is cancelled by Ctrl-C while the context is on its way", async () => {
    const begun = decodeUtf8(encodeTarEntry({ path: "large", size: 10_000 }));
    const cli = terminal({ stdin: `${begun}beginning`, keepsOpen: true });
    const running = cli.docker("build", "-");
    await expect.poll(() => cli.readsStdin).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    cli.signal(2);
    expect(await running).toMatchObject({
      exitCode: 130,
      stderr: "ERROR: failed to build: failed to solve: Canceled: context canceled\n",
    });
    expect(services.builder.requests).toEqual([]);
  });

  it("tells of a context that is long on its way", async () => {
    const text = decodeUtf8(encodeTarEntry({ path: "large", size: 2000 }));
    const file = decodeUtf8(encodeTarEntry({ path: "Dockerfile", size: 13 })) + "FROM busybox\n".padEnd(512, "\0");
    const cli = terminal({ stdin: text, keepsOpen: true });
    const running = cli.docker("build", "-");
    await new Promise((resolve) => setTimeout(resolve, 800));
    cli.type("x".repeat(2000).padEnd(2048, "\0") + file + "\0".repeat(1024));
    cli.endInput();
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /#1 \[internal\] load build context\n#1 transferring context: 512B \d\.\ds\n(?:#1 transferring context: .*\n)*#1 transferring context: 4\.61kB \d\.\ds done\n#1 DONE \d\.\ds\n\n#2 \[internal\] load build definition/,
    );
  });

  it("is drawn in place on a terminal", async () => {
    const { stderr, stdout } = await docker("build -t x ctx", { tty: true });
    expect(stdout).toBe("");
    expect(stderr).toMatch(/\[\+\] Building \d\.\ds \(3\/3\) FINISHED +docker:default\n/);
    expect(stderr).toContain("\u001b[34m => [2/2] RUN echo hello  ");
    expect(stderr.endsWith("\u001b[?25h")).toBe(true);
  });

  it("prints statuses as JSON", async () => {
    const { stderr } = await docker("build --progress rawjson ctx");
    const lines = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { logs?: { data: string }[] });
    expect(lines.flatMap(({ logs = [] }) => logs.map(({ data }) => decodeUtf8(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)))))).toEqual(["hello\n"]); // prettier-ignore
  });

  // The words of buildx 0.29 with the docker driver.
  it.each([
    ["build", "ERROR: docker: 'docker buildx build' requires 1 argument\n\nUsage:  docker buildx build [OPTIONS] PATH | URL | -\n\nRun 'docker buildx build --help' for more information", 1],
    ["build --foo .", "unknown flag: --foo\n\nUsage:  docker buildx build [OPTIONS] PATH | URL | -\n\nRun 'docker buildx build --help' for more information", 125],
    ["build nodir", 'ERROR: failed to build: unable to prepare context: path "nodir" not found', 1],
    ["build ctx/a", 'ERROR: failed to build: unable to prepare context: path "ctx/a" not found', 1],
    ["build -f nope ctx", "ERROR: failed to build: failed to solve: failed to read dockerfile: open nope: no such file or directory", 1],
    ["build -f - -", "ERROR: failed to build: invalid argument: can't use stdin for both build context and dockerfile", 1],
    ["build -t BAD ctx", 'ERROR: failed to build: invalid tag "BAD": repository name must be lowercase', 1],
    ["build --progress foo ctx", "ERROR: invalid progress mode foo", 1],
    ["build --progress tty ctx", "ERROR: failed to get console: provided file is not a console", 1],
    ["build -q --progress plain ctx", "ERROR: progress=plain and quiet cannot be used together", 1],
    ["build --build-arg =x ctx", 'ERROR: invalid key-value pair "=x": empty key', 1],
    ["build --no-cache --no-cache-filter a ctx", "ERROR: failed to build: --no-cache and --no-cache-filter cannot currently be used together", 1],
    ["build --network nope ctx", 'ERROR: failed to build: network mode "nope" not supported by buildkit - you can define a custom network for your builder using the network driver-opt in buildx create', 1],
    ["build --add-host x ctx", "ERROR: failed to build: invalid host x", 1],
    ["build --secret foo ctx", "ERROR: invalid field 'foo' must be a key=value pair", 1],
    ["build --secret id=s,foo=1 ctx", "ERROR: unexpected key 'foo' in 'foo=1'", 1],
    ["build --secret id=s,type=x ctx", 'ERROR: unsupported secret type "x"', 1],
    ["build --secret id=s,src=/nope ctx", "ERROR: failed to build: failed to stat /nope: stat /nope: no such file or directory", 1],
    ["build --ssh default ctx", "ERROR: failed to build: failed to convert agent config {default [] false}: invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set", 1],
    ["build --ssh x=/nope ctx", 'ERROR: failed to build: failed to convert agent config {x [/nope] false}: failed to convert agent config for ID: "x": stat /nope: no such file or directory', 1],
    ["build --build-context foo ctx", "ERROR: invalid context value: foo, expected key=value", 1],
    ["build --build-context foo=/nope ctx", "ERROR: failed to build: failed to get build context foo: stat /nope: no such file or directory", 1],
    ["build --call foo ctx", "ERROR: failed to build: failed to solve: unsupported request frontend.foo: unsupported request frontend.foo", 1],
    ["build -o type=foo ctx", 'ERROR: failed to build: failed to solve: exporter "foo" could not be found', 1],
    ["build -o type=local ctx", "ERROR: failed to build: dest is required for local exporter", 1],
    ["build --iidfile /x -o x ctx", "ERROR: local and tar exporters are incompatible with image ID file", 1],
    ["build --push ctx", "ERROR: failed to build: tag is needed when pushing to registry", 1],
    ["build --cache-to type=local,dest=x ctx", "ERROR: failed to build: Cache export is not supported for the docker driver.\nSwitch to a different driver, or turn on the containerd image store, and try again.\nLearn more at https://docs.docker.com/go/build-cache-backends/", 1],
    ["build --platform linux/arm64,linux/386 ctx", "ERROR: failed to build: Multi-platform build is not supported for the docker driver.\nSwitch to a different driver, or turn on the containerd image store, and try again.\nLearn more at https://docs.docker.com/go/build-multi-platform/", 1],
    ["build --sbom=true ctx", "ERROR: failed to build: Attestation is not supported for the docker driver.\nSwitch to a different driver, or turn on the containerd image store, and try again.\nLearn more at https://docs.docker.com/go/attestations/", 1],
    ["build --allow foo ctx", "ERROR: failed to build: unknown entitlement foo", 1],
    ["build --shm-size x ctx", "invalid argument \"x\" for \"--shm-size\" flag: invalid size: 'x'\n\nUsage:  docker buildx build [OPTIONS] PATH | URL | -\n\nRun 'docker buildx build --help' for more information", 125],
    ["build --builder nope ctx", 'ERROR: no builder "nope" found', 1],
    ["buildx inspect nope", 'ERROR: no builder "nope" found', 1],
    ["buildx bake", "docker buildx bake: not supported, docker build builds one target at a time", 1],
  ])("%s is refused", async (line, message, exitCode) => {
    expect(await docker(line)).toEqual({ exitCode, stdout: "", stderr: `${message}\n` });
    expect(services.builder.requests).toEqual([]);
  }); // prettier-ignore
});

describe("DOCKER_BUILDKIT=0 docker build", () => {
  const classic = (line: string, options: FakeTerminalOptions = {}): Promise<CliResult> =>
    docker(line, { ...options, env: { DOCKER_BUILDKIT: "0" } });

  it("prints the classic builder's steps", async () => {
    const { exitCode, stdout, stderr } = await classic("build -t x ctx");
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^DEPRECATED: The legacy builder is deprecated[^]*removing the DOCKER_BUILDKIT=0\n/);
    expect(stdout).toMatch(
      /^Sending build context to Docker daemon +[\d.]+kB\nStep 1\/2 : FROM busybox\n ---> \w{12}\nStep 2\/2 : RUN echo hello\n ---> Running in \w{12}\nhello\n ---> Removed intermediate container \w{12}\n ---> \w{12}\nSuccessfully built \w{12}\nSuccessfully tagged x:latest\n$/,
    );
  });

  it("exits with the code of the step that failed", async () => {
    put({ "/root/ctx/Dockerfile": "FROM busybox\nRUN exit 3\n" });
    const { exitCode, stderr } = await classic("build ctx");
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/\nThe command '\/bin\/sh -c exit 3' returned a non-zero code: 3\n$/);
  });

  it.each([
    ["build nodir", 'unable to prepare context: path "nodir" not found'],
    ["build -f Nope ctx", "unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat /root/Nope: no such file or directory"], // prettier-ignore
  ])("%s is refused", async (line, message) => {
    const { exitCode, stderr } = await classic(line);
    expect(exitCode).toBe(1);
    expect(stderr.endsWith(`\n\n${message}\n`)).toBe(true);
  });

  it("refuses a Dockerfile in the engine's words", async () => {
    put({ "/root/ctx/Dockerfile": "FROM busybox\nFOO\n" });
    expect((await classic("build ctx")).stderr).toMatch(
      /Error response from daemon: dockerfile parse error on line 2: /,
    );
  });

  it("-q prints the id", async () => {
    expect((await classic("build -q ctx")).stdout).toMatch(/^sha256:\w{64}\n$/);
  });
});
