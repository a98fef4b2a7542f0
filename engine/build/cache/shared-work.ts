/** Equal work that is under way at the same time is done once. */
export class SharedWork<T> {
  readonly #running = new Map<string, Promise<T>>();

  /**
   * @param work what to do when nobody does it
   * @param options.signal of whoever asks: one that waits for another's work leaves at once
   * @returns whether it was this caller's own work. When another's fails (its build was cancelled), the caller does it itself.
   */
  async run(
    key: string,
    work: () => Promise<T>,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<{ readonly value: T; readonly isOwn: boolean }> {
    for (;;) {
      signal.throwIfAborted();
      const running = this.#running.get(key);
      if (running === undefined) break;
      const value = await orAborted(
        running.catch(() => FAILED),
        signal,
      );
      if (value !== FAILED) return { value: value as T, isOwn: false };
    }
    const own = work();
    this.#running.set(key, own);
    try {
      return { value: await own, isOwn: true };
    } finally {
      if (this.#running.get(key) === own) this.#running.delete(key);
    }
  }
}

const FAILED = Symbol("failed");

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
