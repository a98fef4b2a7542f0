import { beforeEach, describe, expect, it } from "vitest";
import type { EngineRequest, EngineResponse } from "../api/app.ts";
import { goFileMode } from "../archive/file-mode.ts";
import type { ReadableLowerFiles } from "../archive/lower-files.ts";
import { S_IFDIR, S_IFREG } from "../base/file-types.ts";
import { collectText, decodeUtf8, encodeUtf8, streamFrom } from "../base/streams.ts";
import type { BuildRequest } from "../build/build-request.ts";
import { BuildFailure, type BuildService } from "../build/build-service.ts";
import type { BuildStatus } from "../build/build-status.ts";
import { Http2Connection } from "../http2/connection.ts";
import { callUnary, type GrpcCall, GrpcClientCall, GrpcError, serveCall } from "../http2/grpc.ts";
import { readTar } from "../oci/layer-tar.ts";
import { decodeBuildStatus } from "../wire/build-status.ts";
import { ProtoWriter } from "../wire/protobuf.ts";
import { Buildkit } from "./buildkit.ts";
import { PACKET } from "./client-files.ts";
import { ProtoMessage, writeMap } from "./proto-message.ts";

/** The client's files: text, or a directory. */
type ClientTree = Readonly<Record<string, string | null>>;

const DOCKERFILE = "FROM busybox\nRUN false\n";
const TREE: ClientTree = {
  Dockerfile: DOCKERFILE,
  "a.txt": "one",
  sub: null,
  "sub/large": "x".repeat(3 << 20),
  "sub/z": "two",
};

/** Reads a tar file into a tree of names and texts. */
async function received(tar: ReadableStream<Uint8Array>): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const { entry, content } of readTar(tar))
    texts.set(entry.path, entry.type === "file" ? decodeUtf8(await bytesOf(content)) : entry.type);
  return texts;
}

async function bytesOf(content: AsyncIterable<Uint8Array> | undefined): Promise<Uint8Array> {
  return new Uint8Array(await new Response(streamFrom(content ?? [])).arrayBuffer());
}

const filesOf = (texts: ReadonlyMap<string, string>): ReadableLowerFiles => ({
  find: (path) =>
    texts.has(path)
      ? {
          mode: (texts.get(path) === "directory" ? S_IFDIR : S_IFREG) | 0o644,
          uid: 0,
          gid: 0,
          size: texts.get(path)?.length ?? 0,
          major: 0,
          minor: 0,
          mtimeSeconds: 1,
          mtimeNanoseconds: 0,
          xattrs: [],
        }
      : undefined,
  names: (path) => [...texts.keys()].flatMap((each) => (path === "" && !each.includes("/") ? [each] : [])),
  readLink: () => "",
  read: (path) => streamFrom([encodeUtf8(texts.get(path) ?? "")]),
  identity: () => undefined,
});

let buildkit: Buildkit;
let requests: BuildRequest[];
let outcome: Error | undefined;

beforeEach(() => {
  requests = [];
  outcome = undefined;
  const builder = {
    build: (request: BuildRequest) => {
      requests.push(request);
      const statuses: BuildStatus[] = [{ vertexes: [{ digest: "sha256:1", inputs: [], name: "[1/1] RUN false" }] }];
      const result = {
        image: undefined,
        config: { os: "linux" },
        layers: [],
        files: () => Promise.resolve(filesOf(new Map([["out", "made"]]))),
      };
      return {
        id: "b1",
        status: streamFrom(statuses),
        result: outcome ? Promise.reject(outcome) : Promise.resolve(result),
      };
    },
    cacheUsage: () => Promise.resolve([]),
  } as unknown as BuildService;
  buildkit = new Buildkit({
    builder,
    receiveContext: async (tar) => ({
      files: filesOf(await received(tar)),
      sizeBytes: 7,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
    hostGateway: () => "172.17.0.1",
  });
});

/** Opens one of the doors; answers the client's end of the connection. */
function dial(door: (request: EngineRequest) => EngineResponse, headers: readonly (readonly [string, string])[] = []) {
  const there = new TransformStream<Uint8Array, Uint8Array>();
  const response = door({
    method: "POST",
    path: "/",
    query: new URLSearchParams(),
    headers: new Map([["upgrade", "h2c"], ...headers]),
    body: undefined,
    input: there.readable,
  });
  expect(response).toMatchObject({ hijack: true, headers: new Map([["upgrade", "h2c"]]) });
  return { readable: response.body as ReadableStream<Uint8Array>, writable: there.writable };
}

/** What buildx serves on its session. `sent`: what it was given. */
function openSession(id: string, tree: ClientTree, sent: string[] = []): Http2Connection {
  const methods = ["FileSync", "FileSend"].map((each) => `/moby.filesync.v1.${each}/DiffCopy`);
  const secrets = "/moby.buildkit.secrets.v1.Secrets/GetSecret";
  const transport = dial(
    (request) => buildkit.session(request),
    [
      ["x-docker-expose-session-uuid", id],
      ["x-docker-expose-session-grpc-method", [...methods, secrets].join(", ")],
    ],
  );
  return new Http2Connection(transport, {
    role: "server",
    accept: (stream) =>
      void serveCall(stream, async (call) => {
        if (call.method === secrets) return serveSecret(call);
        if (call.method === methods[1]) return receiveFiles(call, sent);
        await sendFiles(call, tree);
      }),
  });
}

async function serveSecret({ messages, send }: GrpcCall): Promise<void> {
  for await (const message of messages) {
    if (new ProtoMessage(message).text(1) !== "token") throw new GrpcError(5, "secret not found");
    await send(new ProtoWriter().bytes(1, encodeUtf8("swordfish")).finish());
    return;
  }
}

async function sendFiles({ messages, metadata, send }: GrpcCall, tree: ClientTree): Promise<void> {
  const excluded = metadata.flatMap(([name, value]) => (name === "exclude-patterns" ? [value] : []));
  const wanted = metadata.flatMap(([name, value]) => (name === "followpaths" ? [value] : []));
  const names = Object.keys(tree).filter(
    (name) => !excluded.includes(name) && (wanted.length === 0 || wanted.includes(name)),
  );
  for (const name of names) {
    const mode = goFileMode(tree[name] === null ? S_IFDIR | 0o755 : S_IFREG | 0o644);
    const stat = new ProtoWriter()
      .string(1, name)
      .integer(2, mode)
      .integer(5, tree[name]?.length ?? 0);
    await send(new ProtoWriter().integer(1, PACKET.stat).message(2, stat.finish()).finish());
  }
  await send(new ProtoWriter().integer(1, PACKET.stat).finish());
  for await (const message of messages) {
    const packet = new ProtoMessage(message);
    const id = packet.integer(3);
    if (packet.integer(1) === PACKET.fin) return send(new ProtoWriter().integer(1, PACKET.fin).finish());
    const bytes = encodeUtf8(tree[names[id] as string] ?? "");
    for (let at = 0; at < bytes.length; at += 32_000)
      await send(
        new ProtoWriter()
          .integer(1, PACKET.data)
          .integer(3, id)
          .bytes(4, bytes.subarray(at, at + 32_000))
          .finish(),
      );
    await send(new ProtoWriter().integer(1, PACKET.data).integer(3, id).finish());
  }
}

async function receiveFiles({ messages, send }: GrpcCall, sent: string[]): Promise<void> {
  let count = 0;
  for await (const message of messages) {
    const packet = new ProtoMessage(message);
    const stat = packet.message(2);
    if (packet.integer(1) === PACKET.stat && stat) sent.push(`${count++}:${stat.text(1)}`);
    else if (packet.integer(1) === PACKET.stat) await send(new ProtoWriter().integer(1, PACKET.request).finish());
    else if (packet.integer(1) === PACKET.data && packet.bytes(4).length > 0) sent.push(decodeUtf8(packet.bytes(4)));
    else if (packet.integer(1) === PACKET.data) await send(new ProtoWriter().integer(1, PACKET.fin).finish());
    else return;
  }
}

const CONTROL = "/moby.buildkit.v1.Control/";
const BRIDGE = "/moby.buildkit.v1.frontend.LLBBridge/";

/** As buildx builds: `Solve`, `Status`, and its own frontend by the gateway, all at once. */
async function solve(
  attributes: Readonly<Record<string, string>>,
  exporter: string,
): Promise<ReadonlyMap<string, string>> {
  const connection = new Http2Connection(
    dial((request) => buildkit.grpc(request)),
    { role: "client" },
  );
  const belongs = [["buildkit-controlapi-buildid", "r1"]] as const;
  const exporters = writeMap(new ProtoWriter().string(1, exporter), 2, [["name", "docker.io/library/x:1"]]).finish();
  const solving = callUnary(
    connection,
    `${CONTROL}Solve`,
    new ProtoWriter().string(1, "r1").string(5, "s1").message(13, exporters).finish(),
  );
  const frontend = (async () => {
    await callUnary(connection, `${BRIDGE}Ping`, new Uint8Array(0), belongs);
    const request = writeMap(new ProtoWriter().string(2, "dockerfile.v0"), 3, Object.entries(attributes)).finish();
    const returned = new ProtoWriter();
    try {
      const answer = new ProtoMessage(await callUnary(connection, `${BRIDGE}Solve`, request, belongs));
      const reference = answer.message(3)?.message(3)?.text(1) ?? "";
      returned.message(1, new ProtoWriter().message(3, new ProtoWriter().string(1, reference).finish()).finish());
    } catch (error) {
      returned.message(
        2,
        new ProtoWriter()
          .integer(1, 2)
          .string(2, (error as Error).message)
          .finish(),
      );
    }
    await callUnary(connection, `${BRIDGE}Return`, returned.finish(), belongs);
  })();
  const [answer] = await Promise.all([solving, frontend]);
  const status = new GrpcClientCall(connection, `${CONTROL}Status`);
  await status.send(new ProtoWriter().string(1, "r1").finish());
  await status.closeSend();
  const names: string[] = [];
  for await (const message of status.messages())
    names.push(...decodeBuildStatus(message).vertexes.map(({ name }) => name));
  expect(names).toEqual(["[1/1] RUN false"]);
  connection[Symbol.dispose]();
  return new ProtoMessage(answer).map(1);
}

describe("a build of buildx", () => {
  it("gets its files from the client's session, without what .dockerignore excludes", async () => {
    openSession("s1", { ...TREE, ".dockerignore": "a.txt\n" });
    const told = await solve({ "build-arg:V": "2", target: "t", "no-cache": "", "add-hosts": "h=1.2.3.4" }, "moby");
    expect(told.get("image.name")).toBe("docker.io/library/x:1");
    const [request] = requests;
    expect(request).toMatchObject({
      dockerfile: { name: "Dockerfile", text: DOCKERFILE },
      target: "t",
      tags: ["docker.io/library/x:1"],
      noCache: true,
      extraHosts: ["h:1.2.3.4"],
      contextBytes: 7,
      filesOnly: false,
    });
    expect(request?.buildArgs.get("V")).toBe("2");
    expect(request?.context.find("a.txt")).toBeUndefined();
    expect(await collectText(request?.context.read("sub/large") as ReadableStream<Uint8Array>)).toBe(TREE["sub/large"]);
    expect(await collectText(request?.context.read("sub/z") as ReadableStream<Uint8Array>)).toBe("two");
  });

  it("asks the session for secrets", async () => {
    openSession("s1", TREE);
    await solve({}, "moby");
    expect(decodeUtf8((await requests[0]?.session.secret("token")) ?? new Uint8Array(0))).toBe("swordfish");
    expect(await requests[0]?.session.secret("other")).toBeUndefined();
  });

  it("sends the result as files", async () => {
    const sent: string[] = [];
    openSession("s1", TREE, sent);
    await solve({}, "local");
    expect(requests[0]?.filesOnly).toBe(true);
    expect(sent).toEqual(["0:out", "made"]);
  });

  it("tells the place of a failure in the error's details", async () => {
    openSession("s1", TREE);
    outcome = new BuildFailure("process did not complete", {
      source: { fileName: "Dockerfile", data: DOCKERFILE, ranges: [{ start: 2, end: 2 }] },
    });
    await expect(solve({}, "moby")).rejects.toThrow("process did not complete");
  });

  it("refuses frontends that are programs of images", async () => {
    openSession("s1", TREE);
    const connection = new Http2Connection(
      dial((request) => buildkit.grpc(request)),
      { role: "client" },
    );
    const request = new ProtoWriter().string(1, "r2").string(5, "s1").string(6, "gateway.v0").finish();
    await expect(callUnary(connection, `${CONTROL}Solve`, request)).rejects.toMatchObject({
      code: 12,
      message: "frontend gateway.v0 is not supported here: only dockerfile.v0 is",
    });
  });
});

it("asks for an upgrade to h2c", () => {
  const request = { method: "POST", path: "/grpc", query: new URLSearchParams(), headers: new Map(), body: undefined };
  expect(() => buildkit.grpc(request)).toThrow("no upgrade proto in request");
});
