/** Helpers for byte streams (`ReadableStream<Uint8Array>`), the engine's currency for bulk data. */

export type ByteStream = ReadableStream<Uint8Array>;

/** A stream of what an (async) iterable yields. `ReadableStream.from` is not in every browser. */
export function streamFrom<T>(source: AsyncIterable<T> | Iterable<T>): ReadableStream<T> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        await iterator.return?.(reason as never);
      },
    },
    { highWaterMark: 0 },
  );
}

/** A stream of one chunk. */
export function streamOf(...chunks: readonly Uint8Array[]): ByteStream {
  return streamFrom(chunks);
}

/** A stream that ends at once. */
export function emptyStream(): ByteStream {
  return streamFrom<Uint8Array>([]);
}

/** Iterates a stream; leaving the loop early cancels it. (Not every browser iterates streams itself.) */
export async function* chunksOf<T>(stream: ReadableStream<T>): AsyncGenerator<T, void, undefined> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        ended = true;
        return;
      }
      yield value;
    }
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    if (!ended) await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}

/** The same stream, and a promise that resolves once it has ended, failed or been cancelled. */
export function untilOver(source: ByteStream): { readonly stream: ByteStream; readonly over: Promise<void> } {
  const reader = source.getReader();
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read().catch((error: unknown) => {
          end();
          throw error;
        });
        if (!done) return controller.enqueue(value);
        controller.close();
        end();
      },
      async cancel(reason) {
        await reader.cancel(reason).catch(() => undefined);
        end();
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, over };
}

/** All bytes of a stream. Throws when there are more than `limit` (default 64 MiB): never collect a layer. */
export async function collect(stream: ByteStream, limit = 64 << 20): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunksOf(stream)) {
    size += chunk.length;
    if (size > limit) throw new RangeError(`stream is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return concat(chunks);
}

/** One array holding all of these. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    result.set(chunk, offset);
    offset += chunk.length;
  }
  return result;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const encodeUtf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);
export const decodeUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

/** All text of a stream. */
export async function collectText(stream: ByteStream, limit?: number): Promise<string> {
  return decodeUtf8(await collect(stream, limit));
}
