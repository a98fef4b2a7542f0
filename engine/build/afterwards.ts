/** Work that is put off until nobody waits for the guest: it has one CPU, and shares its thread with the engine. */
export class Afterwards {
  #waiting: (() => Promise<void>)[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #report: (error: unknown) => void;

  /** @param report told what failed */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  add(work: () => Promise<void>): void {
    this.#waiting.push(work);
  }

  /** Begins what was put off. */
  begin(): void {
    for (const work of this.#waiting.splice(0)) {
      const over = work()
        .catch((error: unknown) => this.#report(error))
        .finally(() => this.#running.delete(over));
      this.#running.add(over);
    }
  }

  /** Begins what was put off, and waits for all that goes on. */
  async settled(): Promise<void> {
    this.begin();
    await Promise.all(this.#running);
  }
}
