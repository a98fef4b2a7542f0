/** Runs pieces of work one after the other, in the order they were asked for. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();
  #pending = 0;

  /** True when nothing runs or waits. */
  get isIdle(): boolean {
    return this.#pending === 0;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    this.#pending += 1;
    const result = this.#last.then(work).finally(() => (this.#pending -= 1));
    this.#last = result.catch(() => undefined);
    return result;
  }
}
