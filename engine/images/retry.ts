import type { Clock } from "../base/clock.ts";
import { RegistryError } from "./registry-errors.ts";

/** moby `daemon/internal/distribution/xfer/download.go`: `maxDownloadAttempts`, and `retries * 5` seconds between them. */
const MAX_ATTEMPTS = 5;
const DELAY_STEP_SECONDS = 5;

export interface RetryOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Called each second with Docker's text: `Retrying in 4 seconds`. */
  readonly onWait?: (status: string) => void;
  /** Called after a failure: true when so much was achieved that the attempts count from one again. */
  readonly progressed?: () => boolean;
}

/** Runs `work` until it succeeds or fails with what no repetition cures. */
export async function retrying<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal, onWait, progressed } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (progressed?.()) attempt = 1;
      if (!(error instanceof RegistryError) || !error.retryable || attempt >= MAX_ATTEMPTS) throw error;
    }
    for (let left = attempt * DELAY_STEP_SECONDS; left > 0; left -= 1) {
      onWait?.(`Retrying in ${left} second${left === 1 ? "" : "s"}`);
      await clock.sleep(1000, signal ? { signal } : {});
    }
  }
}
