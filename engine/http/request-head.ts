/**
 * RFC 9112's request head, read strictly: two servers that read the same bytes differently are how requests are smuggled. Stricter
 * than Go's net/http (which Docker uses) where the RFC allows to refuse: folded header lines and lines that end with a bare LF.
 */
import type { ByteSource } from "./byte-source.ts";
import { HttpError } from "./http-error.ts";
import { decodeLatin1 } from "./latin1.ts";

/** Go's `DefaultMaxHeaderBytes`, and the slack it adds for what it read ahead. */
const MAX_HEAD_BYTES = (1 << 20) + 4096;
/** Go has no limit of its own; a path is at most a few names. */
const MAX_REQUEST_LINE_BYTES = 64 << 10;

const CR = 13;
const LF = 10;

/** A request without its body. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, as they were sent: `/v1.50/images/json?all=1`; `*` for OPTIONS. */
  readonly target: string;
  /** 0 for HTTP/1.0. */
  readonly minorVersion: number;
  /** Lower-case names, each with all its values in order (bytes as Latin-1). */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** Undefined when the client closed the connection between two requests. @throws HttpError */
export async function readRequestHead(source: ByteSource): Promise<RequestHead | undefined> {
  const end = await findHeadEnd(source);
  return end === undefined ? undefined : parseRequestHead(source.take(end));
}

/** Where the empty line ends. */
async function findHeadEnd(source: ByteSource): Promise<number | undefined> {
  let lineStart = 0;
  let searched = 0;
  for (;;) {
    const bytes = source.buffered;
    const lf = bytes.indexOf(LF, searched);
    if (lf >= 0) {
      if (lf === lineStart || bytes[lf - 1] !== CR) throw new HttpError(400);
      if (lineStart > 0 && lf - lineStart === 1) return lf + 1;
      lineStart = lf + 1;
    }
    searched = lf >= 0 ? lineStart : bytes.length;
    if (lineStart === 0 && searched > MAX_REQUEST_LINE_BYTES) throw new HttpError(431);
    if (searched > MAX_HEAD_BYTES) throw new HttpError(431);
    if (lf >= 0) continue;
    if (await source.fill()) continue;
    if (source.buffered.length === 0) return undefined;
    throw new HttpError(400);
  }
}

/** `head` ends with its empty line. @throws HttpError */
function parseRequestHead(head: Uint8Array): RequestHead {
  const [requestLine = "", ...lines] = decodeLatin1(head).split("\r\n").slice(0, -2);
  const { method, target, minorVersion } = parseRequestLine(requestLine);
  const headers = parseHeaders(lines);
  const host = headers.get("host");
  if (host === undefined && minorVersion > 0) throw new HttpError(400, "missing required Host header");
  if ((host?.length ?? 0) > 1) throw new HttpError(400, "too many Host headers");
  return { method, target: originForm(target, method), minorVersion, headers };
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible ASCII; a path with other bytes has them percent-encoded. */
const TARGET = /^[!-~\u0080-\u00ff]+$/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

function parseRequestLine(line: string): { method: string; target: string; minorVersion: number } {
  const [method = "", target = "", protocol = "", ...rest] = line.split(" ");
  const version = /^HTTP\/(\d)\.(\d)$/.exec(protocol);
  if (rest.length > 0 || version === null || !TOKEN.test(method) || !TARGET.test(target)) throw new HttpError(400);
  if (version[1] !== "1") throw new HttpError(505, "unsupported protocol version");
  return { method, target, minorVersion: Number(version[2]) };
}

/** `http://host/path` means `/path` to the server that is asked. */
function originForm(target: string, method: string): string {
  if (target === "*" && method === "OPTIONS") return target;
  const path = /^https?:\/\/[^/?#]*/i.test(target) ? target.replace(/^https?:\/\/[^/?#]*/i, "") : target;
  const origin = path.startsWith("?") || path === "" ? `/${path}` : path;
  if (!origin.startsWith("/") || BAD_ESCAPE.test(origin.split("?", 1)[0] as string)) throw new HttpError(400);
  return origin;
}

/** A value holds no control character but the tab. */
// eslint-disable-next-line no-control-regex -- those are what is looked for
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;

function parseHeaders(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0));
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
    if (!TOKEN.test(name)) throw new HttpError(400, colon < 0 ? "" : "invalid header name");
    if (CONTROL.test(value)) throw new HttpError(400, "invalid header value");
    const key = name.toLowerCase();
    const values = headers.get(key);
    if (values === undefined) headers.set(key, [value]);
    else values.push(value);
  }
  return headers;
}

/** True when one of the comma-separated tokens of a header is this one, in any case. */
export function hasToken(head: RequestHead, name: string, token: string): boolean {
  return (head.headers.get(name) ?? [])
    .flatMap((value) => value.split(","))
    .some((item) => item.trim().toLowerCase() === token);
}
