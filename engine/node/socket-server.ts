/**
 * Serves `Engine.fetch` over HTTP on a unix socket (or, for tests, a loopback port).
 *
 * What Node's parser does not do for us is written down where it matters: after an `Upgrade` the request's body is not parsed (it arrives in `head`, with
 * early stdin glued behind it), and a client that half-closes after the upgrade has only said "no stdin".
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { EngineFetch, EngineRequest, EngineResponse } from "../api/app.ts";
import { chunksOf, encodeUtf8, streamFrom } from "../base/streams.ts";
import { messageOf } from "../base/errors.ts";

/** A server that is not yet listening. */
export function createSocketServer(fetch: EngineFetch): Server {
  const server = createServer(
    // Node's defaults end idle and long requests; Docker's clients keep both.
    { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, insecureHTTPParser: false },
    (request, response) => void serve(fetch, request, response).catch(() => response.destroy()),
  );
  server.timeout = 0;
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    void upgrade(fetch, { request, socket, head }).catch(() => socket.destroy());
  });
  server.on("clientError", (_error, socket: Duplex) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  return server;
}

async function serve(fetch: EngineFetch, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => {
    if (!outgoing.writableFinished) gone.abort(new Error("the client went away"));
  });
  const response = await answer(fetch, toRequest(incoming, bodyOf(incoming), gone.signal));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === undefined || incoming.method === "HEAD") {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  try {
    for await (const chunk of chunksOf(response.body)) {
      if (gone.signal.aborted) return;
      if (!outgoing.write(chunk)) await drained(outgoing, gone.signal);
    }
    outgoing.end();
  } catch {
    // Headers are out: a broken body is the only way left to tell the client.
    outgoing.destroy();
  }
}

async function upgrade(
  fetch: EngineFetch,
  connection: { request: IncomingMessage; socket: Socket; head: Buffer },
): Promise<void> {
  const { request, socket, head } = connection;
  socket.on("error", () => socket.destroy());
  socket.setTimeout(0);
  if (request.headers.upgrade?.toLowerCase() !== "tcp") {
    socket.end(
      'HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{"message":"page not found"}\n',
    );
    return;
  }
  const gone = new AbortController();
  socket.on("close", () => gone.abort(new Error("the client went away")));
  const input = socketChunks(socket, head);
  const { body, rest } = await splitBody(input, Number(request.headers["content-length"] ?? 0));
  const response = await answer(fetch, toRequest(request, hijackBody(body, rest), gone.signal));
  if (response.hijack !== true) {
    await writeRaw(socket, rawHeaders(response, false));
  } else {
    await writeRaw(socket, rawHeaders(response, true));
  }
  try {
    if (response.body) for await (const chunk of chunksOf(response.body)) await writeRaw(socket, chunk);
  } finally {
    socket.end();
  }
}

async function answer(fetch: EngineFetch, request: EngineRequest): Promise<EngineResponse> {
  try {
    return await fetch(request);
  } catch (error) {
    const body = encodeUtf8(`${JSON.stringify({ message: messageOf(error) })}\n`);
    return { status: 500, headers: new Map([["content-type", "application/json"]]), body: streamFrom([body]) };
  }
}

function toRequest(incoming: IncomingMessage, body: EngineRequest["body"], signal: AbortSignal): EngineRequest {
  const target = incoming.url ?? "/";
  const question = target.indexOf("?");
  const headers = Object.entries(incoming.headers).map(
    ([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")] as const,
  );
  return {
    method: incoming.method ?? "GET",
    path: question < 0 ? target : target.slice(0, question),
    query: new URLSearchParams(question < 0 ? "" : target.slice(question + 1)),
    headers: new Map(headers),
    body,
    signal,
  };
}

function bodyOf(incoming: IncomingMessage): EngineRequest["body"] {
  const has = incoming.headers["content-length"] !== undefined || incoming.headers["transfer-encoding"] !== undefined;
  return has ? streamFrom(incoming as AsyncIterable<Buffer>) : undefined;
}

async function* socketChunks(socket: Socket, head: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
  if (head.length > 0) yield head;
  // A destroyed socket is the end of input, not an error of ours.
  const iterator = socket.iterator({ destroyOnReturn: false });
  try {
    for await (const chunk of iterator) yield chunk as Buffer;
  } catch {
    return;
  }
}

/** Cuts the JSON body (Content-Length bytes) off the raw stream that follows it. */
async function splitBody(
  input: AsyncGenerator<Uint8Array, void, undefined>,
  length: number,
): Promise<{ body: Uint8Array; rest: AsyncGenerator<Uint8Array, void, undefined> }> {
  const parts: Uint8Array[] = [];
  let missing = Math.min(length, 16 << 20);
  let left: Uint8Array | undefined;
  while (missing > 0) {
    const { done, value } = await input.next();
    if (done) break;
    parts.push(value.subarray(0, missing));
    if (value.length > missing) left = value.subarray(missing);
    missing -= Math.min(missing, value.length);
  }
  async function* rest(): AsyncGenerator<Uint8Array, void, undefined> {
    if (left) yield left;
    yield* input;
  }
  return { body: Buffer.concat(parts), rest: rest() };
}

/** The JSON body first, in one chunk, then stdin: the exec route reads exactly the first chunk when a Content-Length was given. */
function hijackBody(body: Uint8Array, rest: AsyncGenerator<Uint8Array, void, undefined>): ReadableStream<Uint8Array> {
  return streamFrom(
    (async function* () {
      if (body.length > 0) yield body;
      yield* rest;
    })(),
  );
}

function rawHeaders(response: EngineResponse, upgraded: boolean): Uint8Array {
  const lines = upgraded
    ? ["HTTP/1.1 101 UPGRADED", "Connection: Upgrade", "Upgrade: tcp"]
    : [`HTTP/1.1 ${response.status} ${response.status < 400 ? "OK" : "Error"}`, "Connection: close"];
  for (const [name, value] of response.headers) lines.push(`${name}: ${value}`);
  return encodeUtf8(`${lines.join("\r\n")}\r\n\r\n`);
}

function writeRaw(socket: Socket, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed) reject(new Error("the client went away"));
    else socket.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

function drained(outgoing: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    outgoing.once("drain", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
