/** Things that are named on one connection while they are still on their way on another. */
export class AwaitedMap<T> {
  readonly #values = new Map<string, T>();
  readonly #waiting = new Set<() => void>();

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** What is there now. */
  peek(key: string): T | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: T): void {
    this.#values.set(key, value);
    for (const wake of this.#waiting) wake();
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  /** Undefined when it has not come within the time. */
  async get(key: string, waitMs: number): Promise<T | undefined> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const leftMs = deadline - performance.now();
      if (this.#values.has(key) || leftMs <= 0) return this.#values.get(key);
      await this.#change(leftMs);
    }
  }

  async #change(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#waiting.add(wake);
    });
  }
}
