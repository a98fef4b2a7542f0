import type { WaitCondition } from "./container-service.ts";

export interface WaitResult {
  readonly exitCode: number;
  readonly error?: string;
}

/** Who waits for a container to stop or to be gone. Registration is synchronous: what happens afterwards is never missed. */
export class ContainerWaits {
  readonly #waiting = new Set<{ readonly condition: WaitCondition; readonly resolve: (result: WaitResult) => void }>();

  register(condition: WaitCondition, signal?: AbortSignal): Promise<WaitResult> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const abort = (): void => {
        this.#waiting.delete(entry);
        reject(signal?.reason as Error);
      };
      const entry = {
        condition,
        resolve: (result: WaitResult): void => {
          signal?.removeEventListener("abort", abort);
          resolve(result);
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.add(entry);
    });
  }

  /** The process ended. */
  exited(result: WaitResult): void {
    this.#settle(result, (condition) => condition !== "removed");
  }

  /** The container is gone: nobody has anything left to wait for. */
  removed(result: WaitResult): void {
    this.#settle(result, () => true);
  }

  #settle(result: WaitResult, matches: (condition: WaitCondition) => boolean): void {
    for (const entry of this.#waiting) {
      if (!matches(entry.condition)) continue;
      this.#waiting.delete(entry);
      entry.resolve(result);
    }
  }
}
