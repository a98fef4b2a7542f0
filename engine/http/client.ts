import type { ByteStream } from "../base/streams.ts";
import { encodeUtf8 } from "../base/streams.ts";
import { ByteSource } from "./byte-source.ts";
import { readResponseBody } from "./response-body.ts";
import { readResponseHead } from "./response-head.ts";

/** Two byte flows to a server: a socket, or a connection into the guest. */
export interface ClientConnection {
  readonly readable: ByteStream;
  readonly writable: WritableStream<Uint8Array>;
}

/** What `fetchOver` knows of `RequestInit`. */
export interface ClientRequest {
  readonly method?: string;
  readonly headers?: HeadersInit | undefined;
  readonly body?: BodyInit | null | undefined;
  readonly signal?: AbortSignal | null | undefined;
}

/**
 * One HTTP/1.1 request (RFC 9112) over a connection that is there, which is closed when the body has been read or cancelled.
 * Redirects are answers like any other.
 * @throws TypeError as `fetch` does, for a server that hangs up or does not speak HTTP
 */
export async function fetchOver(
  connection: ClientConnection,
  url: URL,
  request: ClientRequest = {},
): Promise<Response> {
  const { signal } = request;
  signal?.throwIfAborted();
  const source = new ByteSource(connection.readable);
  const writer = connection.writable.getWriter();
  const close = async (reason?: unknown): Promise<void> => {
    signal?.removeEventListener("abort", abort);
    await Promise.allSettled([source.cancel(reason), writer.abort(reason)]);
  };
  const abort = (): void => void close(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    // The answer may come before all was sent: a refusal ends an upload.
    const sending = send(writer, url, request);
    sending.catch(() => undefined);
    const head = await readResponseHead(source);
    if (head.status < 300) await sending;
    const method = request.method ?? "GET";
    const body = readResponseBody(source, { ...head, method, close });
    if (body === undefined) await close();
    return new Response(body ?? null, { status: head.status, statusText: head.statusText, headers: head.headers });
  } catch (error) {
    await close(error);
    signal?.throwIfAborted();
    throw error instanceof TypeError ? error : new TypeError("fetch failed", { cause: error });
  }
}

async function send(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  url: URL,
  { method = "GET", headers, body }: ClientRequest,
): Promise<void> {
  const fields = new Headers(headers);
  // `Response` knows how every kind of body looks as bytes, and what type it has.
  const content = body === undefined || body === null ? undefined : new Response(body);
  const bytes = content && new Uint8Array(await content.arrayBuffer());
  const type = content?.headers.get("content-type");
  if (type && !fields.has("content-type")) fields.set("content-type", type);
  if (bytes || !["GET", "HEAD"].includes(method)) fields.set("content-length", String(bytes?.length ?? 0));
  fields.set("connection", "close");
  const lines = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `host: ${url.host}`];
  fields.forEach((value, name) => lines.push(`${name}: ${value}`));
  await writer.write(encodeUtf8(`${lines.join("\r\n")}\r\n\r\n`));
  if (bytes && bytes.length > 0) await writer.write(bytes);
}
