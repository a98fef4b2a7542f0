/** dockerode, the client that Node programs use: unversioned paths, hijacked streams, its own demultiplexer. */
import { PassThrough, Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import Docker from "dockerode";
import { afterAll, beforeAll, expect, it } from "vitest";
import { extractText, tarOf } from "./tar.ts";
import { type EngineProcess, startEngine } from "./engine-process.ts";

let engine: EngineProcess;
let docker: Docker;

beforeAll(async () => {
  engine = await startEngine();
  docker = new Docker({ socketPath: engine.socket });
  await pull("busybox:latest").catch(() => undefined);
});

afterAll(() => engine[Symbol.asyncDispose]());

async function pull(image: string): Promise<readonly { status?: string }[]> {
  const stream = await docker.pull(image);
  return await new Promise((resolve, reject) =>
    docker.modem.followProgress(stream, (error, events) => (error ? reject(error) : resolve(events))),
  );
}

async function sleeper(name: string, options: Docker.ContainerCreateOptions = {}): Promise<Docker.Container> {
  const container = await docker.createContainer({ name, Image: "busybox", Cmd: ["sleep", "1000"], ...options });
  await container.start();
  return container;
}

/** Both outputs of a multiplexed stream. */
async function demultiplexed(stream: NodeJS.ReadableStream): Promise<readonly [stdout: string, stderr: string]> {
  const out = new PassThrough();
  const err = new PassThrough();
  docker.modem.demuxStream(stream, out, err);
  stream.on("end", () => {
    out.end();
    err.end();
  });
  return [await text(out), await text(err)];
}

it("asks who is there", async () => {
  expect(String(await docker.ping())).toBe("OK");
  expect(await docker.version()).toMatchObject({ Os: "linux", ApiVersion: "1.50" });
  expect(await docker.info()).toMatchObject({ OSType: "linux", Swarm: { LocalNodeState: "inactive" } });
});

it("pulls with progress, lists, inspects, tags and removes images", async () => {
  const events = await pull("hello-world:latest");
  expect(events.at(-1)?.status).toMatch(/^Status: /);
  await docker.getImage("hello-world").tag({ repo: "mine", tag: "one" });
  const tags = (await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
  expect(tags).toEqual(expect.arrayContaining(["hello-world:latest", "mine:one"]));
  expect(await docker.getImage("mine:one").remove()).toEqual([{ Untagged: "mine:one" }]);
  expect((await docker.getImage("busybox").history()).length).toBeGreaterThan(0);
  await expect(docker.getImage("nope").inspect()).rejects.toMatchObject({ statusCode: 404 });
});

it("runs a container and reads its output", async () => {
  const output = new PassThrough();
  const read = text(output);
  const [{ StatusCode }, container] = (await docker.run("busybox", ["sh", "-c", "echo out; exit 3"], output)) as [
    { StatusCode: number },
    Docker.Container,
  ];
  output.end();
  expect(StatusCode).toBe(3);
  expect((await read).trim()).toBe("out");
  await container.remove();
  await expect(container.inspect()).rejects.toMatchObject({ statusCode: 404 });
});

it("attaches with standard input and half-closes it", async () => {
  const container = await docker.createContainer({
    Image: "busybox",
    Cmd: ["sh", "-c", "wc -c; echo done >&2"],
    OpenStdin: true,
    StdinOnce: true,
  });
  const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true });
  const read = demultiplexed(stream);
  await container.start();
  stream.end("x".repeat(200_000));
  expect(await read).toEqual(["200000\n", "done\n"]);
  expect(await container.wait()).toEqual({ StatusCode: 0 });
  await container.remove();
});

it("executes commands, with and without standard input and a terminal", async () => {
  const container = await sleeper("executor");
  const plain = await container.exec({
    Cmd: ["sh", "-c", "echo out; echo err >&2; exit 5"],
    AttachStdout: true,
    AttachStderr: true,
  });
  expect(await demultiplexed(await plain.start({}))).toEqual(["out\n", "err\n"]);
  expect(await plain.inspect()).toMatchObject({ ExitCode: 5, Running: false });
  const fed = await container.exec({ Cmd: ["cat"], AttachStdin: true, AttachStdout: true });
  const stream = await fed.start({ hijack: true, stdin: true });
  const read = demultiplexed(stream);
  stream.end("hello");
  expect(await read).toEqual(["hello", ""]);
  const tty = await container.exec({ Cmd: ["sh", "-c", "test -t 1 && echo terminal"], AttachStdout: true, Tty: true });
  const screen = await tty.start({ Tty: true, hijack: true });
  expect(await text(screen)).toBe("terminal\r\n");
  await container.remove({ force: true });
});

it("follows logs", async () => {
  const container = await sleeper("logger", { Cmd: ["sh", "-c", "for i in 1 2 3; do echo line $i; sleep 0.1; done"] });
  expect(await demultiplexed(await container.logs({ follow: true, stdout: true, stderr: true }))).toEqual([
    "line 1\nline 2\nline 3\n",
    "",
  ]);
  const tail = (await container.logs({ stdout: true, tail: 1, timestamps: true })) as unknown as Buffer;
  expect(tail.subarray(8).toString()).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z line 3\n$/);
  await container.remove({ force: true });
});

it("copies files both ways", async () => {
  const container = await sleeper("copier");
  await container.putArchive(tarOf({ "greeting.txt": "hello\n" }), { path: "/tmp" });
  const archive = await container.getArchive({ path: "/tmp/greeting.txt" });
  expect(await extractText(archive, "greeting.txt")).toBe("hello\n");
  const stat = (await container.infoArchive({ path: "/tmp/greeting.txt" })) as unknown as {
    headers: Record<string, string>;
  };
  const header = stat.headers["x-docker-container-path-stat"] ?? "";
  expect(JSON.parse(Buffer.from(header, "base64").toString())).toMatchObject({ name: "greeting.txt", size: 6 });
  expect(await container.changes()).toEqual(expect.arrayContaining([{ Path: "/tmp/greeting.txt", Kind: 1 }]));
  await container.remove({ force: true });
});

it("reads statistics, once and as a stream", async () => {
  const container = await sleeper("watched");
  const once = await container.stats({ stream: false });
  expect(once.memory_stats.usage).toBeGreaterThan(0);
  expect(once.pids_stats?.current).toBe(1);
  const stream = await container.stats({ stream: true });
  const [first] = (await new Promise((resolve) => stream.once("data", (chunk: Buffer) => resolve([chunk])))) as [
    Buffer,
  ];
  expect(JSON.parse(first.toString())).toMatchObject({ name: "/watched" });
  (stream as unknown as { destroy(): void }).destroy();
  await container.remove({ force: true });
});

it("hears events until it goes away", async () => {
  const stream = (await docker.getEvents({ filters: { type: ["container"], event: ["create"] } })) as Readable;
  const event = new Promise<Buffer>((resolve) => stream.once("data", resolve));
  const container = await docker.createContainer({ name: "heard", Image: "busybox" });
  expect(JSON.parse((await event).toString())).toMatchObject({ Type: "container", Action: "create" });
  stream.destroy();
  await container.remove();
});

it("makes networks and volumes, and lets containers use them", async () => {
  const network = await docker.createNetwork({ Name: "meeting" });
  await docker.createVolume({ Name: "shared" });
  const host = { NetworkMode: "meeting", Binds: ["shared:/data"] };
  const server = await sleeper("server", {
    Cmd: ["sh", "-c", "echo kept > /data/note; exec httpd -f -h /data"],
    HostConfig: host,
  });
  const output = new PassThrough();
  const read = text(output);
  const command = "cat /data/note; for i in $(seq 50); do wget -qO- http://server/note && break; sleep 0.1; done";
  await docker.run("busybox", ["sh", "-c", command], output, { HostConfig: { ...host, AutoRemove: true } });
  output.end();
  expect((await read).trim().split(/\s+/)).toEqual(["kept", "kept"]);
  expect(Object.values((await network.inspect()).Containers ?? {})).toMatchObject([{ Name: "server" }]);
  await server.remove({ force: true });
  await network.remove();
  await docker.getVolume("shared").remove();
});

it("commits, saves, loads and exports", async () => {
  const container = await sleeper("author", { Cmd: ["sh", "-c", "echo mine > /mine"] });
  await container.wait();
  await container.commit({ repo: "authored", tag: "one" });
  const saved = await buffer(await docker.getImage("authored:one").get());
  const { Id } = await docker.getImage("authored:one").inspect();
  await docker.getImage("authored:one").remove();
  const loading = await docker.loadImage(Readable.from([saved]));
  expect(await text(loading)).toContain("Loaded image: authored:one");
  expect((await docker.getImage("authored:one").inspect()).Id).toBe(Id);
  const root = await container.export();
  expect(await extractText(root, "mine")).toBe("mine\n");
  await container.remove();
});

it("builds an image of a context", async () => {
  const stream = await docker.buildImage(tarOf({ Dockerfile: "FROM busybox\nLABEL made=here\n" }), { t: "built" });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
  });
  expect((await docker.getImage("built").inspect()).Config.Labels).toMatchObject({ made: "here" });
  await docker.getImage("built").remove();
});
