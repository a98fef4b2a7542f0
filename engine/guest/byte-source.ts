import type { ByteStream } from "../base/streams.ts";
import { ProtocolError } from "./codec.ts";

/** Reads a byte stream in pieces of the reader's choice. For one reader at a time. */
export class ByteSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #buffer: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(stream: ByteStream) {
    this.#reader = stream.getReader();
  }

  /** At least one byte and at most `limit`, or undefined at the end. */
  async some(limit: number): Promise<Uint8Array | undefined> {
    while (this.#buffer.length === 0) {
      if (this.#ended) return undefined;
      const { done, value } = await this.#reader.read();
      if (done) this.#ended = true;
      else this.#buffer = value;
    }
    const piece = this.#buffer.subarray(0, limit);
    this.#buffer = this.#buffer.subarray(piece.length);
    return piece;
  }

  /** This many bytes. @throws ProtocolError when the stream ends before */
  async exactly(count: number): Promise<Uint8Array> {
    const first = count === 0 ? new Uint8Array(0) : await this.some(count);
    if (first?.length === count) return first;
    const bytes = new Uint8Array(count);
    let fill = 0;
    for (let piece = first; ; piece = await this.some(count - fill)) {
      if (piece === undefined) throw new ProtocolError(`stream ended ${count - fill} bytes early`);
      bytes.set(piece, fill);
      fill += piece.length;
      if (fill === count) return bytes;
    }
  }

  /** The next `size` bytes as a stream of their own. `skip` discards what was not read of it; it must be called. */
  limited(size: number): { readonly size: number; readonly stream: ByteStream; skip(): Promise<void> } {
    let left = size;
    let skipping = false;
    const next = async (): Promise<Uint8Array | undefined> => {
      if (left === 0) return undefined;
      const piece = await this.some(left);
      if (piece === undefined) throw new ProtocolError(`stream ended ${left} bytes early`);
      left -= piece.length;
      return piece;
    };
    const stream: ByteStream = new ReadableStream(
      {
        async pull(controller) {
          if (skipping)
            return controller.error(new Error("the content is no longer there: the next entry was asked for"));
          const piece = await next();
          if (piece !== undefined) controller.enqueue(piece);
          if (left === 0) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const skip = async (): Promise<void> => {
      skipping = true;
      while ((await next()) !== undefined);
    };
    return { size, stream, skip };
  }

  /** Cancels what is left. */
  async cancel(): Promise<void> {
    if (!this.#ended) await this.#reader.cancel().catch(() => undefined);
    this.#reader.releaseLock();
  }
}
