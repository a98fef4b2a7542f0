/** A build's status for readers that come when they like: each sees all of it, from the beginning. */
import type { BuildStatus } from "../build/build-status.ts";

export class StatusStream {
  readonly #told: BuildStatus[] = [];
  #isOver = false;
  #waiting: (() => void)[] = [];

  push(status: BuildStatus): void {
    this.#told.push(status);
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *read(signal: AbortSignal): AsyncGenerator<BuildStatus, void, undefined> {
    const wake = (): void => this.#wake();
    signal.addEventListener("abort", wake);
    try {
      for (let at = 0; !signal.aborted;) {
        if (at < this.#told.length) yield this.#told[at++] as BuildStatus;
        else if (this.#isOver) return;
        else await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
