import { encodeUtf8 } from "../base/streams.ts";
import { encodeGoJson } from "../wire/go-json.ts";
import type { EngineResponse } from "./app.ts";

/** Aborted when the client has gone: its connection closed, or it stopped reading the answer. */
export function clientGone(signal: AbortSignal | undefined): AbortController {
  const gone = new AbortController();
  const abort = (): void => gone.abort(signal?.reason);
  if (signal?.aborted === true) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  return gone;
}

/**
 * A body made of `encode(value)` for each value. Cancelling it aborts `gone`, which must end the values: an async generator that
 * waits cannot be ended otherwise.
 */
export function streamed<T>(
  values: AsyncIterable<T>,
  encode: (value: T) => Uint8Array,
  gone: AbortController,
): ReadableStream<Uint8Array> {
  const iterator = values[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await iterator.next();
          if (done !== true) controller.enqueue(encode(value));
          else controller.close();
        } catch (error) {
          if (!gone.signal.aborted) throw error;
          controller.close();
        }
      },
      cancel(reason) {
        gone.abort(reason);
        void iterator.return?.().then(undefined, () => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

/** JSON documents as they come; the headers go out at once. Docker ends progress messages with CR LF, others with LF. */
export function jsonLines(values: AsyncIterable<unknown>, gone: AbortController, lineEnd = "\n"): EngineResponse {
  const body = streamed(values, (value) => encodeUtf8(encodeGoJson(value) + lineEnd), gone);
  return { status: 200, headers: new Map([["content-type", "application/json"]]), body };
}
