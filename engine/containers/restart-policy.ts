import type { HostConfig } from "./container.ts";

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 60_000;
/** A container that ran this long starts again with the first delay. */
const HEALTHY_MS = 10_000;

export interface EndedRun {
  readonly exitCode: number;
  readonly ranMs: number;
  /** `docker stop`, `kill` or `rm -f` ended it. */
  readonly stoppedByUser: boolean;
  /** Restarts that the policy made before this run. */
  readonly restartCount: number;
}

/** moby's `libcontainerd/.../restartmanager`: whether to start again, and after which delay. */
export class RestartPolicy {
  #delayMs = 0;

  /** The user has started it: the next delay is the first. */
  reset(): void {
    this.#delayMs = 0;
  }

  /** The delay in milliseconds, or undefined to leave the container exited. */
  next(policy: HostConfig["restartPolicy"], run: EndedRun): number | undefined {
    if (!shouldRestart(policy, run)) {
      this.#delayMs = 0;
      return undefined;
    }
    this.#delayMs =
      run.ranMs >= HEALTHY_MS || this.#delayMs === 0 ? FIRST_DELAY_MS : Math.min(this.#delayMs * 2, LONGEST_DELAY_MS);
    return this.#delayMs;
  }
}

/** Would the policy start it when the engine itself starts? */
export function startsWithEngine(
  policy: HostConfig["restartPolicy"],
  run: { exitCode: number; stoppedByUser: boolean; restartCount: number },
): boolean {
  if (policy.name === "always") return true;
  return shouldRestart(policy, run);
}

function shouldRestart(
  policy: HostConfig["restartPolicy"],
  run: { exitCode: number; stoppedByUser: boolean; restartCount: number },
): boolean {
  if (run.stoppedByUser) return false;
  if (policy.name !== "on-failure") return policy.name !== "no";
  return run.exitCode !== 0 && (policy.maximumRetryCount === 0 || run.restartCount < policy.maximumRetryCount);
}
