/** At most so many downloads at a time, first come first served. dockerd's `max-concurrent-downloads` is 3. */
export class TransferSlots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count = 3) {
    this.#free = count;
  }

  /** @param onWait called when there is no free slot right now. Dispose the result to give the slot back. */
  async acquire(options: { onWait?: () => void; signal?: AbortSignal } = {}): Promise<Disposable> {
    const { onWait, signal } = options;
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else {
      onWait?.();
      await this.#turn(signal);
    }
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#release();
        isHeld = false;
      },
    };
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        reject(signal?.reason as Error);
      };
      this.#waiting.push(start);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  /** A slot goes to the next in line without becoming free in between. */
  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}
