/** Bytes that may still be sent (RFC 9113, 5.2). Senders wait in line for it. */
export class FlowWindow {
  #bytes: number;
  #error: Error | undefined;
  #waiting: (() => void)[] = [];

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** May make it negative: a peer can take back what it promised. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > 0) this.#wake();
  }

  /** Waits until something may be sent. @returns at most `wanted`, which is then spent. @throws what {@link fail} was given */
  async take(wanted: number): Promise<number> {
    for (;;) {
      if (this.#error) throw this.#error;
      if (this.#bytes > 0) break;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const count = Math.min(wanted, this.#bytes);
    this.#bytes -= count;
    return count;
  }

  fail(error: Error): void {
    this.#error ??= error;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
