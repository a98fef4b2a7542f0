import type { EngineResponse } from "../api/app.ts";
import { chunksOf, concat, encodeUtf8 } from "../base/streams.ts";

/** Small answers go out in one piece with their head. */
const MAX_JOINED_BYTES = 32 << 10;

/** How an answer ends, decided before its first byte. */
export interface ResponseForm {
  /** Of the request, 0 for HTTP/1.0: it knows no chunks. */
  readonly minorVersion: number;
  readonly isHead: boolean;
  /** What becomes of the connection behind it. */
  readonly keepAlive: boolean;
  /** Milliseconds since 1970, for the Date header. */
  readonly now: number;
}

/** What an HTTP/1.1 server writes into. */
export type Writer = Pick<WritableStreamDefaultWriter<Uint8Array>, "write">;

/**
 * Writes an answer; the head goes out before the body's first byte is known unless the body is of known length. Waits for the client to take each piece.
 * @returns whether the connection can be used for another request
 * @throws what the connection or the body failed with: the answer is broken then, and so must the connection be
 */
export async function writeResponse(writer: Writer, response: EngineResponse, form: ResponseForm): Promise<boolean> {
  const { status, body } = response;
  const headers = new Map(response.headers);
  if (form.isHead || !mayHaveBody(status)) {
    if (!mayHaveBody(status)) headers.delete("content-length");
    else if (body === undefined && !headers.has("content-length")) headers.set("content-length", "0");
    await writer.write(headOf(response, headers, form, form.keepAlive));
    await body?.cancel().catch(() => undefined);
    return form.keepAlive;
  }
  if (body === undefined) headers.set("content-length", "0");
  const declared = headers.get("content-length");
  if (declared !== undefined) {
    const head = headOf(response, headers, form, form.keepAlive);
    await writeExactly(writer, { head, body, length: Number(declared) });
    return form.keepAlive;
  }
  const chunked = form.minorVersion > 0;
  const keepAlive = form.keepAlive && chunked;
  if (chunked) headers.set("transfer-encoding", "chunked");
  await writer.write(headOf(response, headers, form, keepAlive));
  for await (const piece of chunksOf(body as ReadableStream<Uint8Array>)) {
    if (piece.length > 0) await writer.write(chunked ? encodeChunk(piece) : piece);
  }
  if (chunked) await writer.write(encodeUtf8("0\r\n\r\n"));
  return keepAlive;
}

/** @throws Error for a body that is longer or shorter than was said */
async function writeExactly(
  writer: Writer,
  { head, body, length }: { head: Uint8Array; body: EngineResponse["body"]; length: number },
): Promise<void> {
  const joined: Uint8Array[] = [head];
  let missing = length;
  const isSmall = length <= MAX_JOINED_BYTES;
  if (!isSmall) await writer.write(head);
  if (body) {
    for await (const piece of chunksOf(body)) {
      missing -= piece.length;
      if (missing < 0) throw new Error("the body is longer than its Content-Length");
      if (isSmall) joined.push(piece);
      else await writer.write(piece);
    }
  }
  if (missing > 0) throw new Error("the body is shorter than its Content-Length");
  if (isSmall) await writer.write(concat(joined));
}

function mayHaveBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}

function headOf(
  { status }: EngineResponse,
  headers: ReadonlyMap<string, string>,
  { minorVersion, now }: ResponseForm,
  keepAlive: boolean,
): Uint8Array {
  const all = new Map([...headers, ["date", new Date(now).toUTCString()]]);
  if (!keepAlive) all.set("connection", "close");
  else if (minorVersion === 0) all.set("connection", "keep-alive");
  return encodeHead(status, all, { minorVersion });
}

function encodeChunk(piece: Uint8Array): Uint8Array {
  return concat([encodeUtf8(`${piece.length.toString(16)}\r\n`), piece, encodeUtf8("\r\n")]);
}

/** A status line and headers, with the empty line behind them. */
export function encodeHead(
  status: number,
  headers: Iterable<readonly [name: string, value: string]>,
  { reason = reasonOf(status), minorVersion = 1 }: { reason?: string; minorVersion?: number } = {},
): Uint8Array {
  const lines = [`HTTP/1.${Math.min(minorVersion, 1)} ${status} ${reason}`];
  for (const [name, value] of headers) lines.push(`${canonical(name)}: ${oneLine(value)}`);
  return encodeUtf8(`${lines.join("\r\n")}\r\n\r\n`);
}

/** `content-type` → `Content-Type` */
function canonical(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}

/** As Go does: a line end in a value would begin another header. */
function oneLine(value: string): string {
  return value.replace(/[\r\n]/g, " ");
}

const REASONS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  206: "Partial Content",
  301: "Moved Permanently",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  409: "Conflict",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  417: "Expectation Failed",
  426: "Upgrade Required",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

/** Go's `http.StatusText`. */
export function reasonOf(status: number): string {
  return REASONS[status] ?? `status code ${status}`;
}
