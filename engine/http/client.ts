import type { ByteStream } from "../base/streams.ts";
import { decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import { ByteSource } from "./byte-source.ts";
import { readResponseBody } from "./response-body.ts";

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

const MAX_HEAD_BYTES = 64 << 10;

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
    const head = await readHead(source);
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

interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
}

/** The final answer's head; interim ones (1xx) are passed over. */
async function readHead(source: ByteSource): Promise<ResponseHead> {
  for (;;) {
    const text = await readHeadText(source);
    const [statusLine = "", ...lines] = text.split(/\r?\n/);
    const match = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(statusLine);
    if (match === null) throw malformed(statusLine);
    const status = Number(match[1]);
    if (status >= 100 && status < 200) continue;
    const headers = new Headers();
    for (const line of lines) {
      const colon = line.indexOf(":");
      if (colon <= 0) throw malformed(line);
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    }
    return { status, statusText: match[2] ?? "", headers };
  }
}

async function readHeadText(source: ByteSource): Promise<string> {
  for (;;) {
    const text = decodeUtf8(source.buffered);
    const end = /\r?\n\r?\n/.exec(text);
    if (end !== null) {
      source.skip(encodeUtf8(text.slice(0, end.index + end[0].length)).length);
      return text.slice(0, end.index);
    }
    if (source.buffered.length > MAX_HEAD_BYTES) throw malformed(text.slice(0, 40));
    if (!(await source.fill())) throw hungUp();
  }
}

/** Go's words for it. */
function malformed(line: string): TypeError {
  const cause = Object.assign(new Error(`malformed HTTP response ${JSON.stringify(line)}`), { code: "EPROTO" });
  return new TypeError("fetch failed", { cause });
}

function hungUp(): TypeError {
  return new TypeError("fetch failed", { cause: Object.assign(new Error("EOF"), { code: "ECONNRESET" }) });
}
