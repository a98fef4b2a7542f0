import { Queue } from "../base/queue.ts";
import type { EngineEvent } from "../containers/container-service.ts";
import type { Services } from "./services.ts";

/** What happened lately, and what happens now: the engine's bus as `GET /events` reads it. */
export class EventLog {
  readonly #events: Services["events"];
  #listenerCount = 0;

  constructor(events: Services["events"]) {
    this.#events = events;
  }

  /** Clients that listen now (`NEventsListener` of `docker info`). */
  get listenerCount(): number {
    return this.#listenerCount;
  }

  /** Remembered events of the period, oldest first. */
  between(sinceNs: bigint | undefined, untilNs: bigint | undefined): readonly EngineEvent[] {
    if (sinceNs === undefined) return [];
    return this.#events
      .recent()
      .filter((event) => event.timeNs >= sinceNs && (untilNs === undefined || event.timeNs <= untilNs));
  }

  /** Events from now on, until the signal. Listening begins with the call, not with the first read. */
  follow(signal: AbortSignal): AsyncIterable<EngineEvent> {
    const queue = new Queue<EngineEvent>();
    if (signal.aborted) {
      queue.close();
      return queue;
    }
    const subscription = this.#events.subscribe((event) => queue.push(event));
    this.#listenerCount += 1;
    const stop = (): void => {
      subscription[Symbol.dispose]();
      this.#listenerCount -= 1;
      queue.close();
    };
    signal.addEventListener("abort", stop, { once: true });
    return queue;
  }
}
