/**
 * Layers arrive as gzip, zstd or plain tar. Media types lie, so, as Docker does, the first bytes decide
 * (moby `pkg/archive/compression`): RFC 1952 §2.3.1 for gzip, RFC 8878 §3.1 for zstd.
 */
import { Decompress } from "fzstd";
import { EngineError } from "../base/errors.ts";
import { type ByteStream, concat } from "../base/streams.ts";
import { type Source, through } from "./through.ts";

/**
 * zstd data is fed in pieces of this size: each can become at most 32 blocks of 128 KiB per 128 bytes, so even a bomb (run-length
 * blocks of 4 bytes) stays below 64 MiB between two looks at the limit.
 */
const ZSTD_PIECE_BYTES = 2048;

export type Compression = "gzip" | "zstd" | "none";

/** First bytes, in hexadecimal. Skippable frames (0x50 to 0x5f) come first in zstd:chunked layers. */
const SIGNATURES: readonly (readonly [name: Compression | "xz" | "bzip2", pattern: RegExp])[] = [
  ["gzip", /^1f8b08/],
  ["zstd", /^28b52ffd/],
  ["zstd", /^5.2a4d18/],
  ["bzip2", /^425a68/],
  ["xz", /^fd377a58/],
];

/** @throws EngineError for what no browser unpacks */
export function detectCompression(head: Uint8Array): Compression {
  const hex = Array.from(head.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const name = SIGNATURES.find(([, pattern]) => pattern.test(hex))?.[0] ?? "none";
  if (name !== "xz" && name !== "bzip2") return name;
  throw new EngineError("invalid-argument", `layers compressed with ${name} are not supported`);
}

/**
 * The bytes inside. Cancelling the result cancels `source`; nothing is read ahead of what is asked for.
 * @throws EngineError invalid-argument, also from the stream, when they are damaged or more than `limitBytes`
 */
export async function decompressed(source: ByteStream, limitBytes: number): Promise<ByteStream> {
  const reader = source.getReader();
  try {
    const head = await readHead(reader);
    const compression = detectCompression(head);
    const whole = withHead(head, reader);
    if (compression === "none") return limited(whole, limitBytes);
    const inflate = compression === "zstd" ? zstdStream() : new DecompressionStream("gzip");
    return limited(through(whole, inflate as ReadableWritablePair<Uint8Array, Uint8Array>), limitBytes);
  } catch (error) {
    await reader.cancel(error).catch(() => undefined);
    throw error;
  }
}

function withHead(head: Uint8Array, reader: Source): Source {
  let isFirst = head.length > 0;
  return {
    read: async () => {
      if (!isFirst) return await reader.read();
      isFirst = false;
      return { done: false, value: head };
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

function zstdStream(): TransformStream<Uint8Array, Uint8Array> {
  let decompress: Decompress;
  return new TransformStream<Uint8Array, Uint8Array>({
    start(controller) {
      decompress = new Decompress((chunk) => void (chunk.length > 0 && controller.enqueue(chunk)));
    },
    transform(chunk) {
      for (let at = 0; at < chunk.length; at += ZSTD_PIECE_BYTES) {
        decompress.push(chunk.slice(at, at + ZSTD_PIECE_BYTES));
      }
    },
    flush() {
      decompress.push(new Uint8Array(0), true);
    },
  });
}

function limited(source: Source, limitBytes: number): ByteStream {
  let size = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await source.read().catch((error: unknown) => Promise.reject(damageError(error)));
        if (done) return controller.close();
        size += value.length;
        if (size <= limitBytes) return controller.enqueue(value);
        const error = new EngineError("invalid-argument", `layer is larger than ${limitBytes} bytes`);
        await source.cancel(error);
        throw error;
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Engines word damage differently (`TypeError: Compressed input was truncated.`); errors of the source pass as they are. */
function damageError(error: unknown): unknown {
  if (error instanceof EngineError || !isDamage(error)) return error;
  return new EngineError("invalid-argument", `invalid compressed data: ${error.message}`, { cause: error });
}

function isDamage(error: unknown): error is Error {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return (
    error instanceof TypeError ||
    (error instanceof Error && (typeof code === "number" || String(code).startsWith("Z_")))
  );
}

async function readHead(reader: Source): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 4) {
    const { done, value } = await reader.read();
    if (done) break;
    head = head.length === 0 ? value : concat([head, value]);
  }
  return head;
}
