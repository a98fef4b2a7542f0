import type { Clock } from "../base/clock.ts";

/** Docker tells about each percent, or each 512 KiB (moby `pkg/progress/progressreader.go`), at most ten times a second. */
const MAX_STEP_BYTES = 512 * 1024;
const MIN_INTERVAL_MS = 100;

interface Progress {
  readonly status: string;
  readonly currentBytes: number;
  readonly totalBytes: number;
}

/** Bounds the number of lines about one layer. */
export class ProgressThrottle {
  readonly #clock: Clock;
  #shown: { readonly status: string; readonly currentBytes: number; readonly atMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when this is to be told: enough is new, or it is the end. */
  isNews({ status, currentBytes, totalBytes }: Progress): boolean {
    const atMs = this.#clock.monotonic();
    const before = this.#shown?.status === status ? this.#shown : undefined;
    const isStep =
      !before ||
      (currentBytes - before.currentBytes > Math.min(MAX_STEP_BYTES, totalBytes / 100) &&
        atMs - before.atMs >= MIN_INTERVAL_MS);
    const isNews = isStep || (currentBytes === totalBytes && before.currentBytes !== totalBytes);
    if (isNews) this.#shown = { status, currentBytes, atMs };
    return isNews;
  }
}
