import { type ByteStream, decodeUtf8 } from "../base/streams.ts";
import type { ByteSource } from "./byte-source.ts";

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Of the request. */
  readonly method: string;
  /** Ends the connection. */
  readonly close: (reason?: unknown) => Promise<void>;
}

const MAX_PIECE_BYTES = 64 << 10;

/**
 * The body of an answer, as long as RFC 9112 §6.3 says: undefined when there is none, else closing the connection at its end.
 * A connection that ends before the body does fails the stream.
 */
export function readResponseBody(source: ByteSource, answer: Answer): ByteStream | undefined {
  const { status, headers, method, close } = answer;
  if (method === "HEAD" || status === 204 || status === 304) return undefined;
  const read = bodyReader(source, headers);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const piece = await read();
          if (piece !== undefined) return controller.enqueue(piece);
          controller.close();
          await close();
        } catch (error) {
          await close(error);
          throw error;
        }
      },
      cancel: (reason) => close(reason),
    },
    { highWaterMark: 0 },
  );
}

type Read = () => Promise<Uint8Array | undefined>;

function bodyReader(source: ByteSource, headers: Headers): Read {
  if (/\bchunked\s*$/i.test(headers.get("transfer-encoding") ?? "")) return chunkedReader(source);
  const length = headers.get("content-length");
  if (length !== null && /^\d+$/.test(length)) return sizedReader(source, Number(length));
  return async () => {
    if (source.buffered.length === 0 && !(await source.fill())) return undefined;
    return source.take(MAX_PIECE_BYTES);
  };
}

function sizedReader(source: ByteSource, length: number): Read {
  let left = length;
  return async () => {
    if (left === 0) return undefined;
    await filled(source);
    const piece = source.take(Math.min(left, MAX_PIECE_BYTES));
    left -= piece.length;
    return piece;
  };
}

function chunkedReader(source: ByteSource): Read {
  let left = 0;
  let isFirst = true;
  return async () => {
    if (left === 0) {
      if (!isFirst) await line(source);
      isFirst = false;
      const size = await line(source);
      if (!/^[0-9a-f]+\s*(;|$)/i.test(size)) throw new TypeError(`invalid chunk size ${JSON.stringify(size)}`);
      left = Number.parseInt(size, 16);
      if (left === 0) {
        // Trailer fields, until the empty line.
        while ((await line(source)) !== "");
        return undefined;
      }
    }
    await filled(source);
    const piece = source.take(Math.min(left, MAX_PIECE_BYTES));
    left -= piece.length;
    return piece;
  };
}

async function line(source: ByteSource): Promise<string> {
  for (;;) {
    const end = source.buffered.indexOf(10);
    if (end >= 0) {
      const text = decodeUtf8(source.buffered.subarray(0, end)).replace(/\r$/, "");
      source.skip(end + 1);
      return text;
    }
    if (source.buffered.length > MAX_PIECE_BYTES || !(await source.fill())) throw new TypeError("terminated");
  }
}

async function filled(source: ByteSource): Promise<void> {
  if (source.buffered.length === 0 && !(await source.fill())) throw new TypeError("terminated");
}
