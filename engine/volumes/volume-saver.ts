import type { Clock } from "../base/clock.ts";
import type { LiveVolume } from "./live-volume.ts";

/** After the last container has let go of a volume: a next one often comes at once. */
const SETTLE_MS = 500;
/** While a container has it, and after a save that failed. */
const PERIOD_MS = 30_000;
/** Saves of a volume that is in use take at most this part of the time. */
const SHARE = 20;

/** Decides when volumes are saved. */
export class VolumeSaver implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #report: (error: unknown) => void;
  readonly #timers = new Map<LiveVolume, AbortController>();
  #isClosed = false;

  constructor(clock: Clock, report: (error: unknown) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /** A container may write to it from now on. */
  inUse(volume: LiveVolume): void {
    volume.isDirty = true;
    this.#arm(volume, PERIOD_MS);
  }

  /** Something was written, and nobody has it any more. */
  settled(volume: LiveVolume): void {
    if (volume.isDirty) this.#arm(volume, SETTLE_MS);
  }

  forget(volume: LiveVolume): void {
    this.#timers.get(volume)?.abort();
    this.#timers.delete(volume);
  }

  /** Stops the timers; what is left to save is the caller's. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const volume of this.#timers.keys()) this.forget(volume);
  }

  #arm(volume: LiveVolume, delayMs: number): void {
    this.forget(volume);
    if (this.#isClosed || !volume.isKept) return;
    const timer = new AbortController();
    this.#timers.set(volume, timer);
    void this.#clock.sleep(delayMs, { signal: timer.signal }).then(
      () => this.#save(volume, timer),
      () => undefined,
    );
  }

  async #save(volume: LiveVolume, timer: AbortController): Promise<void> {
    const startMs = this.#clock.monotonic();
    const failed = await volume.saves
      .run(async () => {
        const isIdle = volume.mounts.size === 0;
        await volume.save({ always: isIdle });
        if (isIdle) volume.isDirty = false;
      })
      .then(
        () => false,
        (error: unknown) => {
          this.#report(error);
          return true;
        },
      );
    // Somebody has armed it anew meanwhile, or it is gone.
    if (this.#timers.get(volume) !== timer) return;
    this.#timers.delete(volume);
    const tookMs = this.#clock.monotonic() - startMs;
    if (failed || volume.mounts.size > 0) this.#arm(volume, Math.max(PERIOD_MS, tookMs * SHARE));
  }
}
