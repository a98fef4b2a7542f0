import { EngineError } from "../base/errors.ts";
import type { Clock } from "../base/clock.ts";
import type { LogEntry, LogOptions } from "./container-service.ts";
import { isActive } from "./container-state.ts";
import type { LiveContainer } from "./live-container.ts";
import { logDetails } from "./log-config.ts";

/**
 * `docker logs`: what is kept, then with `follow` what comes until the container stops. Nothing is read before somebody asks for
 * it. @throws EngineError not-implemented, at once, when the driver keeps nothing
 */
export function readLogs(
  clock: Clock,
  container: LiveContainer,
  options: LogOptions,
): AsyncIterable<readonly LogEntry[]> {
  if (container.record.host.logConfig.type === "none")
    throw new EngineError("not-implemented", "configured logging driver does not support reading");
  const { logs } = container;
  // Decided now: the lines of this moment.
  const first = options.tail === undefined ? logs.first : Math.max(logs.first, logs.end - options.tail);
  return entries(clock, container, options, { first, end: options.follow ? Infinity : logs.end });
}

async function* entries(
  clock: Clock,
  container: LiveContainer,
  options: LogOptions,
  range: { readonly first: number; readonly end: number },
): AsyncGenerator<readonly LogEntry[], void, undefined> {
  const { logs } = container;
  const details = logDetails(container.record);
  using waiting = new Waiting(clock, container, options);
  let cursor = range.first;
  for (;;) {
    // Looked at first: what was written before the end is read after it.
    const isOver = waiting.isOver;
    while (cursor < Math.min(range.end, logs.end)) {
      const batch = await logs.from(cursor);
      const own = batch.entries.slice(0, range.end - batch.first);
      const late = options.follow ? own.findIndex((entry) => isAfter(entry, options.until)) : -1;
      const wanted = (late < 0 ? own : own.slice(0, late)).filter((entry) => isWanted(entry, options));
      if (options.signal?.aborted) return;
      if (wanted.length > 0) yield options.details === true ? wanted.map((entry) => ({ ...entry, details })) : wanted;
      if (late >= 0) return;
      cursor = batch.next;
    }
    if (!options.follow || isOver || options.signal?.aborted) return;
    await waiting.next();
  }
}

/** Waits for the next line, or for the end: of the container, of the reader, of the period. */
class Waiting implements Disposable {
  isOver = false;
  readonly #end = new AbortController();
  readonly #subscription: Disposable | undefined;
  #wake: () => void = () => undefined;
  #isWoken = false;

  constructor(clock: Clock, container: LiveContainer, { follow, signal, until }: LogOptions) {
    if (!follow) return;
    const wake = (): void => {
      this.#isWoken = true;
      this.#wake();
    };
    const finish = (): void => {
      this.isOver = true;
      wake();
    };
    this.#subscription = container.logs.subscribe(wake);
    signal?.addEventListener("abort", finish, { once: true, signal: this.#end.signal });
    void endOf(container, this.#end.signal).then(finish);
    if (until !== undefined)
      void clock.sleep(Math.max(0, until - clock.now()), { signal: this.#end.signal }).then(finish, () => undefined);
  }

  async next(): Promise<void> {
    if (!this.#isWoken) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#isWoken = false;
  }

  [Symbol.dispose](): void {
    this.#subscription?.[Symbol.dispose]();
    this.#end.abort(new Error("nobody reads"));
  }
}

function isWanted(entry: LogEntry, { stdout, stderr, since, until }: LogOptions): boolean {
  if (entry.stream === "stdout" ? !stdout : !stderr) return false;
  return (since === undefined || Number(entry.timeNs) / 1e6 >= since) && !isAfter(entry, until);
}

function isAfter({ timeNs }: LogEntry, until: number | undefined): boolean {
  return until !== undefined && Number(timeNs) / 1e6 > until;
}

/** Resolves when the container runs no more (a restart policy keeps it going), or nobody waits. */
async function endOf(container: LiveContainer, signal: AbortSignal): Promise<void> {
  while (isActive(container.state) && !signal.aborted)
    await container.waits.register("next-exit", signal).catch(() => undefined);
}
