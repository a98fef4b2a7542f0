import type { Clock } from "../base/clock.ts";
import type { EngineEvent } from "./container-service.ts";

/** Where every part of the engine tells of what it does to containers, images, networks and volumes. */
export type EventPublisher = Pick<EventBus, "publish">;

/** The one bus of an engine: keeps the last events and tells listeners of new ones. Times never repeat or go back. */
export class EventBus {
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #clock: Clock;
  #recent: EngineEvent[] = [];
  #lastNs = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  publish(event: Omit<EngineEvent, "timeNs">): void {
    const full: EngineEvent = { ...event, timeNs: this.timeNs() };
    this.#recent.push(full);
    // moby keeps 256 (`daemon/events/events.go`, eventsLimit).
    if (this.#recent.length > 256) this.#recent.splice(0, this.#recent.length - 256);
    for (const listener of this.#listeners) listener(full);
  }

  subscribe(listener: (event: EngineEvent) => void): Disposable {
    const entry = (event: EngineEvent): void => listener(event);
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  /** Oldest first. */
  recent(): readonly EngineEvent[] {
    return [...this.#recent];
  }

  /** Now, in nanoseconds since 1970; later than every answer before. */
  timeNs(): bigint {
    const now = toNanoseconds(this.#clock.now());
    this.#lastNs = now > this.#lastNs ? now : this.#lastNs + 1n;
    return this.#lastNs;
  }
}

/** Milliseconds (with their fraction) as nanoseconds. */
function toNanoseconds(milliseconds: number): bigint {
  const whole = Math.floor(milliseconds);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1_000_000));
}

/** `2026-11-21T02:10:10.287580616Z` (RFC 3339 with nanoseconds, without trailing zeros, as Go writes it). */
export function formatTime(timeNs: bigint): string {
  const seconds = timeNs / 1_000_000_000n;
  const fraction = (timeNs % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${date}${fraction === "" ? "" : `.${fraction}`}Z`;
}
