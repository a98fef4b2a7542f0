import { decodeLatin1 } from "./latin1.ts";
import type { ByteSource } from "./byte-source.ts";

/** An answer without its body. */
export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  /** With every `Set-Cookie`; bytes as Latin-1. */
  readonly headers: Headers;
}

const MAX_HEAD_BYTES = 64 << 10;
const SWITCHING_PROTOCOLS = 101;

/**
 * The final answer's head; interim ones (1xx) are passed over, but for `101` where `upgrade` was asked for.
 * @throws TypeError as `fetch` does, for a server that hangs up or does not speak HTTP
 */
export async function readResponseHead(
  source: ByteSource,
  options: { readonly upgrade?: boolean } = {},
): Promise<ResponseHead> {
  for (;;) {
    const text = await readHeadText(source);
    const [statusLine = "", ...lines] = text.split(/\r?\n/);
    const match = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(statusLine);
    if (match === null) throw malformed(statusLine);
    const status = Number(match[1]);
    const isUpgrade = status === SWITCHING_PROTOCOLS && options.upgrade === true;
    if (status >= 100 && status < 200 && !isUpgrade) continue;
    return { status, statusText: match[2] ?? "", headers: parseFields(lines) };
  }
}

function parseFields(lines: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) throw malformed(line);
    try {
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    } catch (cause) {
      throw malformed(line, cause);
    }
  }
  return headers;
}

async function readHeadText(source: ByteSource): Promise<string> {
  for (;;) {
    const text = decodeLatin1(source.buffered);
    const end = /\r?\n\r?\n/.exec(text);
    if (end !== null) {
      source.skip(end.index + end[0].length);
      return text.slice(0, end.index);
    }
    if (source.buffered.length > MAX_HEAD_BYTES) throw malformed(text.slice(0, 40));
    // What does not begin as HTTP does will never be a head.
    if (text.length >= 5 && !text.startsWith("HTTP/")) throw malformed(text.slice(0, 40));
    if (!(await source.fill())) throw text === "" ? hungUp() : malformed(text.slice(0, 40));
  }
}

/** Go's words for it. */
function malformed(line: string, error?: unknown): TypeError {
  const cause = new Error(`malformed HTTP response ${JSON.stringify(line)}`, { cause: error });
  return new TypeError("fetch failed", { cause: Object.assign(cause, { code: "EPROTO" }) });
}

function hungUp(): TypeError {
  return new TypeError("fetch failed", { cause: Object.assign(new Error("EOF"), { code: "ECONNRESET" }) });
}
