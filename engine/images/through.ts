/** The half of a stream's reader that is needed here. */
export type Source = Pick<ReadableStreamDefaultReader<Uint8Array>, "read" | "cancel">;

/**
 * `pipeThrough` by hand: Node's DecompressionStream queues 16,384 chunks, whatever their size, before it holds its source back, and does
 * not pass a cancellation on. Here each chunk waits until it was taken.
 */
export function through(source: Source, transform: ReadableWritablePair<Uint8Array, Uint8Array>): Source {
  const writer = transform.writable.getWriter();
  const output = transform.readable.getReader();
  let failure: { readonly error: unknown } | undefined;
  const pump = async (): Promise<void> => {
    try {
      for (;;) {
        const { done, value } = await source.read().catch((error: unknown) => {
          failure = { error };
          throw error;
        });
        if (done) break;
        await writer.write(value);
      }
      await writer.close();
    } catch (error) {
      await Promise.allSettled([source.cancel(error), writer.abort(error)]);
    }
  };
  let pumping: Promise<void> | undefined;
  return {
    read: async () => {
      pumping ??= pump();
      try {
        return await output.read();
      } catch (error) {
        // The transform may have reworded why its input broke off.
        throw failure ? failure.error : error;
      }
    },
    cancel: async (reason) => {
      await Promise.allSettled([source.cancel(reason), output.cancel(reason)]);
      await pumping;
    },
  };
}
