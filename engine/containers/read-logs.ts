import { Queue } from "../base/queue.ts";
import type { LogEntry, LogOptions } from "./container-service.ts";
import { isActive } from "./container-state.ts";
import type { LiveContainer } from "./live-container.ts";

/** `docker logs`: what is kept, then with `follow` what comes until the container stops. */
export async function* readLogs(
  container: LiveContainer,
  options: LogOptions,
): AsyncGenerator<LogEntry, void, undefined> {
  const live = new Queue<LogEntry>();
  // Subscribed before the first await, so that nothing falls between the past and the present.
  using _subscription = options.follow ? container.logs.subscribe((entry) => live.push(entry)) : undefined;
  const kept = await container.logs.read();
  const wanted = kept.filter((entry) => isWanted(entry, options));
  const tail = options.tail === undefined ? wanted : options.tail === 0 ? [] : wanted.slice(-options.tail);
  yield* tail;
  if (!options.follow) return;
  const known = new Set(kept);
  void endOf(container, options.signal).then(() => live.close());
  for await (const entry of live) {
    if (options.signal?.aborted) return;
    if (!known.has(entry) && isWanted(entry, options)) yield entry;
  }
}

function isWanted({ stream, timeNs }: LogEntry, { stdout, stderr, since, until }: LogOptions): boolean {
  if (stream === "stdout" ? !stdout : !stderr) return false;
  const milliseconds = Number(timeNs) / 1e6;
  return (since === undefined || milliseconds >= since) && (until === undefined || milliseconds <= until);
}

/** Resolves when the container runs no more (a restart policy keeps it going), or the reader has gone. */
async function endOf(container: LiveContainer, signal: AbortSignal | undefined): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
  const isAborted = (): boolean => signal?.aborted ?? false;
  while (isActive(container.state) && !isAborted()) {
    const stop = new AbortController();
    const ended = container.waits.register("next-exit", stop.signal).catch(() => undefined);
    await Promise.race([ended, aborted]);
    stop.abort();
  }
}
