import http2 from "node:http2";
import { deferred } from "../base/deferred.ts";
import { Duplex } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { chunksOf, collect, encodeUtf8 } from "../base/streams.ts";
import { Http2Connection, type Http2Options } from "./connection.ts";
import { callUnary, GrpcClientCall, GrpcError, serveCall } from "./grpc.ts";
import type { Http2Stream } from "./stream.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

/** Two ends of one connection: ours, and a stream for Node's `http2`. */
function pair(): {
  readonly ours: { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> };
  readonly nodes: Duplex;
} {
  const there = new TransformStream<Uint8Array, Uint8Array>();
  const back = new TransformStream<Uint8Array, Uint8Array>();
  const writer = there.writable.getWriter();
  const reader = back.readable.getReader();
  const nodes = new Duplex({
    write: (chunk: Uint8Array, _encoding, finish) =>
      void writer.write(Uint8Array.from(chunk)).then(() => finish(), finish),
    final: (finish) => void writer.close().then(() => finish(), finish),
    read() {
      reader.read().then(
        ({ done, value }) => this.push(done ? null : value),
        (error: Error) => this.destroy(error),
      );
    },
  });
  return { ours: { readable: there.readable, writable: back.writable }, nodes };
}

/** Node's client, our server. */
function serve(accept: (stream: Http2Stream) => void): http2.ClientHttp2Session {
  const { ours, nodes } = pair();
  const connection = new Http2Connection(ours, { role: "server", accept });
  const session = http2.connect("http://localhost", { createConnection: () => nodes });
  session.on("error", () => undefined);
  open.push({ close: () => (connection[Symbol.dispose](), session.destroy()) });
  return session;
}

/** Two of ours. */
function both(options: Omit<Http2Options, "role">): { client: Http2Connection; server: Http2Connection } {
  const there = new TransformStream<Uint8Array, Uint8Array>();
  const back = new TransformStream<Uint8Array, Uint8Array>();
  const server = new Http2Connection(
    { readable: there.readable, writable: back.writable },
    { role: "server", ...options },
  );
  const client = new Http2Connection({ readable: back.readable, writable: there.writable }, { role: "client" });
  open.push({ close: () => client[Symbol.dispose]() });
  return { client, server };
}

async function request(
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body: Uint8Array = new Uint8Array(0),
): Promise<{ status: unknown; body: Buffer; trailers: http2.IncomingHttpHeaders }> {
  const stream = session.request({ ":method": "POST", ...headers });
  const chunks: Buffer[] = [];
  const done = deferred<void>();
  let status: unknown;
  let trailers: http2.IncomingHttpHeaders = {};
  stream.on("response", (answer) => (status = answer[":status"]));
  stream.on("trailers", (answer) => (trailers = answer));
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => done.resolve());
  stream.on("error", (error) => done.reject(error));
  stream.end(body);
  await done.promise;
  return { status, body: Buffer.concat(chunks), trailers };
}

/** Answers with what it was sent. */
async function echo(stream: Http2Stream): Promise<void> {
  await stream.send([[":status", "200"]]);
  for await (const chunk of chunksOf(stream.body)) await stream.write(chunk);
  await stream.send([["x-end", "yes"]], { end: true });
}

describe("HTTP/2 with Node's own client", () => {
  it("echoes a body much larger than every window, and its trailers", async () => {
    const session = serve((stream) => void echo(stream));
    const body = new Uint8Array(9 << 20).map((_, index) => index * 7);
    const answer = await request(session, { ":path": "/" }, body);
    expect(answer.status).toBe(200);
    expect(Buffer.compare(answer.body, Buffer.from(body))).toBe(0);
    expect(answer.trailers["x-end"]).toBe("yes");
  });

  it("reads compressed headers that refer to earlier ones, and headers longer than a frame", async () => {
    const seen: (readonly [string, string])[][] = [];
    const session = serve((stream) => {
      void stream.headers.then((headers) => seen.push([...headers]));
      void echo(stream);
    });
    const long = "ö~".repeat(5_000);
    for (let count = 0; count < 3; count += 1)
      await request(session, { ":path": "/a", "x-docker": "grpc-method /moby.filesync.v1.FileSync/DiffCopy" });
    await request(session, { ":path": "/b", "x-long": encodeURIComponent(long) });
    expect(seen.map((headers) => new Map(headers).get(":path"))).toEqual(["/a", "/a", "/a", "/b"]);
    expect(new Map(seen[2]).get("x-docker")).toBe("grpc-method /moby.filesync.v1.FileSync/DiffCopy");
    expect(decodeURIComponent(new Map(seen[3]).get("x-long") ?? "")).toBe(long);
  });

  it("serves many streams at once, each in its own order", async () => {
    const session = serve((stream) => void echo(stream));
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => request(session, { ":path": "/" }, new Uint8Array(100_000).fill(index))),
    );
    for (const [index, { body }] of answers.entries()) {
      expect(body.length).toBe(100_000);
      expect(body.every((byte) => byte === index)).toBe(true);
    }
  });

  it("tells the server when a client gives up", async () => {
    const accepted = deferred<Http2Stream>();
    const session = serve((stream) => accepted.resolve(stream));
    const stream = session.request({ ":method": "POST", ":path": "/" }, { endStream: false });
    stream.on("error", () => undefined);
    const server = await accepted.promise;
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await new Promise((resolve) => server.signal.addEventListener("abort", resolve));
    await expect(server.write(new Uint8Array(1))).rejects.toThrow("reset");
  });

  it("keeps an answer that is whole when the server resets what it no longer reads", async () => {
    const { ours, nodes } = pair();
    const server = http2.performServerHandshake(nodes);
    const client = new Http2Connection(ours, { role: "client" });
    open.push({ close: () => (client[Symbol.dispose](), server.destroy()) });
    server.on("stream", (stream) => {
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => {
        stream.sendTrailers({ "grpc-status": "0" });
        setTimeout(() => stream.close(http2.constants.NGHTTP2_NO_ERROR), 5);
      });
      stream.end(Buffer.alloc(40_000, 7));
    });
    const stream = client.open([
      [":method", "POST"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", "localhost"],
    ]);
    await stream.trailers;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await collect(stream.body)).length).toBe(40_000);
  });

  it("ends a connection that is no HTTP/2", async () => {
    const there = new TransformStream<Uint8Array, Uint8Array>();
    const back = new TransformStream<Uint8Array, Uint8Array>();
    const connection = new Http2Connection({ readable: there.readable, writable: back.writable }, { role: "server" });
    void collect(back.readable).catch(() => undefined);
    void there.writable.getWriter().write(encodeUtf8("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    await connection.closed;
    expect(() => connection.open([])).toThrow("this is not HTTP/2");
  });
});

describe("gRPC between two of ours", () => {
  it("carries messages both ways and the error with its code", async () => {
    const { client } = both({
      accept: (stream) =>
        void serveCall(stream, async ({ method, messages, send }) => {
          if (method !== "/echo") throw new GrpcError(12, `unknown method ${method} — 50%`);
          for await (const message of messages) await send(message);
        }),
    });
    const call = new GrpcClientCall(client, "/echo", [["dir-name", "context"]]);
    const sizes = [0, 1, 70_000, 3 << 20];
    const sending = (async () => {
      for (const size of sizes) await call.send(new Uint8Array(size).fill(size % 251));
      await call.closeSend();
    })();
    const got: number[] = [];
    for await (const message of call.messages()) {
      got.push(message.length);
      expect(message.every((byte) => byte === message.length % 251)).toBe(true);
    }
    await sending;
    expect(got).toEqual(sizes);
    await expect(callUnary(client, "/nothing", new Uint8Array(3))).rejects.toThrow(
      expect.objectContaining({ code: 12, message: "unknown method /nothing — 50%" }),
    );
  });

  it("fails every call when the connection ends", async () => {
    const { client, server } = both({ accept: () => undefined });
    const call = callUnary(client, "/never", encodeUtf8("x"));
    const failed = expect(call).rejects.toThrow("http2:");
    await new Promise((resolve) => setTimeout(resolve, 10));
    server[Symbol.dispose]();
    await failed;
  });
});
