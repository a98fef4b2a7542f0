import { Queue } from "../base/queue.ts";
import type { EngineEvent } from "../containers/container-service.ts";

/** How many events Docker remembers for `--since`. */
const CAPACITY = 256;

/** What happened lately, and what happens now: the source of `GET /events`. */
export class EventLog {
  #past: EngineEvent[] = [];
  readonly #listeners = new Set<(event: EngineEvent) => void>();

  get listenerCount(): number {
    return this.#listeners.size;
  }

  add(event: EngineEvent): void {
    this.#past.push(event);
    if (this.#past.length > CAPACITY) this.#past.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /** Remembered events of the period. */
  between(sinceNs: bigint | undefined, untilNs: bigint | undefined): readonly EngineEvent[] {
    if (sinceNs === undefined) return [];
    return this.#past.filter((event) => event.timeNs >= sinceNs && (untilNs === undefined || event.timeNs <= untilNs));
  }

  /** Events from now on, until the signal. Listening begins with the call, not with the first read. */
  follow(signal: AbortSignal): AsyncIterable<EngineEvent> {
    const queue = new Queue<EngineEvent>();
    const listener = (event: EngineEvent): void => queue.push(event);
    const stop = (): void => {
      this.#listeners.delete(listener);
      queue.close();
    };
    if (signal.aborted) stop();
    else {
      this.#listeners.add(listener);
      signal.addEventListener("abort", stop, { once: true });
    }
    return queue;
  }
}
