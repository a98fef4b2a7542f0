import type { Clock } from "../../base/clock.ts";

/** A clock whose short sleeps take no time and whose long ones (time limits) last until {@link expire}. */
export class InstantClock implements Clock {
  #now = 1_800_000_000_000;
  readonly #limits = new Set<() => void>();
  readonly slept: number[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  /** Lets everything that waits for a time limit time out. */
  expire(): void {
    this.#limits.forEach((limit) => limit());
  }

  sleep(ms: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    if (ms < 60_000) {
      this.slept.push(ms);
      this.#now += ms;
      return signal?.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const limit = (): void => {
        this.#limits.delete(limit);
        resolve();
      };
      this.#limits.add(limit);
      signal?.addEventListener("abort", () => {
        this.#limits.delete(limit);
        reject(signal.reason as Error);
      });
    });
  }
}
