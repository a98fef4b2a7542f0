/** At most this much waits for the next batch; then the source is left to wait. */
const LIMIT_BYTES = 128 << 10;

/**
 * Moves a stream into `write`, one call at a time, and merges what arrives during a call into the next one: thousands of short
 * lines cost a few writes, and a slow writer holds the source back. Resolves when all has been written.
 */
export async function writeBatched(
  stream: ReadableStream<Uint8Array>,
  write: (batch: Uint8Array) => Promise<void>,
): Promise<void> {
  const reader = stream.getReader();
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let writing: Promise<void> | undefined;
  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.length === 1 ? (waiting[0] as Uint8Array) : joined(waiting, waitingBytes);
      waiting = [];
      waitingBytes = 0;
      await write(batch);
    }
    writing = undefined;
  };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    waiting.push(value);
    waitingBytes += value.length;
    writing ??= writeAll();
    if (waitingBytes >= LIMIT_BYTES) await writing;
  }
  await writing;
}

function joined(chunks: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const all = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}
