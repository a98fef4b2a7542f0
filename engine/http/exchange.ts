import { type ByteStream, chunksOf, encodeUtf8 } from "../base/streams.ts";
import { ByteSource } from "./byte-source.ts";
import type { ClientConnection } from "./client.ts";
import { readResponseBody } from "./response-body.ts";
import { readResponseHead, type ResponseHead } from "./response-head.ts";

/** A request whose head is complete: `exchange` adds nothing but the framing of the body. */
export interface ExchangeRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Headers;
  /** Read as the server takes it. Its size is told: chunked requests are more than small servers understand. */
  readonly body?: { readonly stream: ByteStream; readonly sizeBytes: number } | undefined;
}

/** An answer whose body is still coming. */
export interface ExchangeAnswer extends ResponseHead {
  /** Undefined where there is none. Cancelling it ends the connection. */
  readonly body: ByteStream | undefined;
}

/**
 * One HTTP/1.1 request over a connection of its own, streamed both ways: the answer may begin, and end, while the request is still
 * being sent. The connection is closed when the answer's body has been read or cancelled.
 * @throws TypeError for a server that hangs up or does not speak HTTP; the signal's reason
 */
export async function exchange(
  connection: ClientConnection,
  request: ExchangeRequest,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<ExchangeAnswer> {
  const source = new ByteSource(connection.readable);
  const writer = connection.writable.getWriter();
  const abort = (): void => void close(signal?.reason);
  const close = async (reason?: unknown): Promise<void> => {
    signal?.removeEventListener("abort", abort);
    await Promise.allSettled([source.cancel(reason), writer.abort(reason)]);
  };
  signal?.addEventListener("abort", abort, { once: true });
  try {
    signal?.throwIfAborted();
    // A server that refuses an upload answers and hangs up: what it said is what counts.
    send(writer, request).catch(() => undefined);
    const head = await readResponseHead(source);
    const body = readResponseBody(source, { ...head, method: request.method, close });
    if (body === undefined) await close();
    return { ...head, body };
  } catch (error) {
    await close(error);
    signal?.throwIfAborted();
    throw error;
  }
}

async function send(writer: WritableStreamDefaultWriter<Uint8Array>, request: ExchangeRequest): Promise<void> {
  const { method, body } = request;
  const headers = new Headers(request.headers);
  if (body || !["GET", "HEAD", "OPTIONS"].includes(method)) headers.set("content-length", String(body?.sizeBytes ?? 0));
  await writer.write(encodeRequestHead(request, headers));
  if (body) for await (const piece of chunksOf(body.stream)) await writer.write(piece);
}

/** The head as bytes. Values are checked by `Headers`, which takes no line ends. */
export function encodeRequestHead(
  { method, target }: { readonly method: string; readonly target: string },
  headers: Headers,
): Uint8Array<ArrayBuffer> {
  const lines = [`${method} ${target} HTTP/1.1`];
  headers.forEach((value, name) => lines.push(`${name}: ${value}`));
  return encodeLatin1(`${lines.join("\r\n")}\r\n\r\n`);
}

function encodeLatin1(text: string): Uint8Array<ArrayBuffer> {
  // eslint-disable-next-line no-control-regex -- ASCII is the same in both
  if (/^[\u0000-\u007f]*$/.test(text)) return encodeUtf8(text);
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}
