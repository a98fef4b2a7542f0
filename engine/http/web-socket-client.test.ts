import { expect, it } from "vitest";
import { collect, decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import { ByteSource } from "./byte-source.ts";
import { readRequestHead } from "./request-head.ts";
import { acceptWebSocket, encodeClose, encodeMessage, readMessages } from "./web-socket.ts";
import { openWebSocket, type WebSocketConnection } from "./web-socket-client.ts";

type Serve = (source: ByteSource, write: (bytes: Uint8Array) => void) => Promise<void>;

/** A client's connection to a server that has shaken hands. */
async function connected(
  serve: Serve,
  headers: readonly string[] = [],
  protocols: readonly string[] = [],
): Promise<WebSocketConnection> {
  const toServer = new TransformStream<Uint8Array, Uint8Array>();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const readable = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  const source = new ByteSource(toServer.readable);
  void (async () => {
    const head = await readRequestHead(source);
    const accepted = head && (await acceptWebSocket(head));
    if (!(accepted instanceof Map)) throw new Error(typeof accepted === "string" ? accepted : "no request");
    const lines = [...accepted].map(([name, value]) => `${name}: ${value}`);
    controller.enqueue(encodeUtf8(["HTTP/1.1 101 Switching Protocols", ...lines, ...headers, "", ""].join("\r\n")));
    await serve(source, (bytes) => controller.enqueue(bytes));
    controller.close();
    // What comes after the client has hung up is nobody's.
  })().catch(() => undefined);
  return openWebSocket(
    { readable, writable: toServer.writable },
    { target: "/live", headers: new Headers({ host: "localhost:8080" }), protocols },
  );
}

/** Sends back what comes, by the engine's own server side. */
const echo: Serve = async (source, write) => {
  for await (const piece of readMessages(source, { send: write, onClose: () => undefined }))
    write(encodeMessage("text", piece));
};

async function take(socket: WebSocketConnection, count: number): Promise<unknown[]> {
  const messages = socket.messages();
  const seen: unknown[] = [];
  for (;;) {
    const next = await messages.next();
    if (next.done === true) return [...seen, next.value];
    seen.push([next.value.kind, decodeUtf8(next.value.data)]);
    if (seen.length === count) await socket.close(3000, "done");
  }
}

it.each([0, 5, 125, 126, 65_535, 65_536])(
  "a message of %d bytes comes back as it was, and the closing handshake ends it",
  async (size) => {
    const socket = await connected(echo);
    const text = "x".repeat(size);
    await socket.send({ kind: "text", data: encodeUtf8(text) });
    // The server reads a message in pieces, and echoes an empty one not at all.
    const count = size === 0 ? 1 : Math.ceil(size / 65_536);
    if (size === 0) await socket.send({ kind: "text", data: encodeUtf8("behind") });
    expect(await take(socket, count)).toEqual([["text", size === 0 ? "behind" : text], { code: 3000, reason: "" }]);
  },
);

it("puts fragments together, answers pings between them, and tells how the server closed", async () => {
  let pong: Uint8Array = new Uint8Array(0);
  const socket = await connected(async (source, write) => {
    write(Uint8Array.of(0x01, 2, 0x61, 0x62));
    write(Uint8Array.of(0x89, 1, 0x70));
    write(Uint8Array.of(0x80, 1, 0x63));
    while (source.buffered.length < 7) await source.fill();
    pong = source.take(7);
    write(encodeClose(1001));
  });
  expect(await take(socket, 9)).toEqual([["text", "abc"], { code: 1001, reason: "" }]);
  expect([pong[0], pong[1]]).toEqual([0x8a, 0x81]);
});

it.each([
  ["a masked frame", Uint8Array.of(0x81, 0x80, 1, 2, 3, 4)],
  ["a reserved bit", Uint8Array.of(0xc1, 0)],
  ["an unknown opcode", Uint8Array.of(0x83, 0)],
  ["a long ping", Uint8Array.of(0x89, 126, 0, 126)],
  ["a continuation of nothing", Uint8Array.of(0x80, 0)],
  ["text that is not UTF-8", Uint8Array.of(0x81, 1, 0xff)],
  ["a message beyond bounds", Uint8Array.of(0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0)],
  ["the end of the connection", new Uint8Array(0)],
])("%s ends the connection without a clean close", async (_, bytes) => {
  const socket = await connected(async (_source, write) => write(bytes));
  expect(await take(socket, 9)).toEqual([{ code: 1006, reason: "" }]);
});

it("takes the subprotocol that it asked for and no other", async () => {
  const header = ["Sec-WebSocket-Protocol: chat"];
  expect((await connected(echo, header, ["chat", "x"])).protocol).toBe("chat");
  await expect(connected(echo, header)).rejects.toThrow("unexpected subprotocol chat");
});

it.each([
  ["HTTP/1.1 404 Not Found\r\n\r\n", "unexpected response code: 404"],
  ["HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: AAAA\r\n\r\n", "incorrect 'Sec-WebSocket-Accept'"],
])("a server that answers %j is refused", async (answer, message) => {
  const sent = new TransformStream<Uint8Array, Uint8Array>();
  void collect(sent.readable).catch(() => undefined);
  const opening = openWebSocket(
    { readable: new Response(answer).body as ReadableStream<Uint8Array>, writable: sent.writable },
    { target: "/", headers: new Headers(), protocols: [] },
  );
  await expect(opening).rejects.toThrow(message);
});
