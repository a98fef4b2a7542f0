import { chunksOf, streamFrom } from "../../base/streams.ts";

/** The same bytes; `count` is told of each chunk's size when it goes through. */
export function countedStream(
  stream: ReadableStream<Uint8Array>,
  count: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of chunksOf(stream)) {
      count(chunk.length);
      yield chunk;
    }
  }
  return streamFrom(chunks());
}
