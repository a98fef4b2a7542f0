/**
 * The built-in trace: spans of work with their start and length, kept in a ring of bounded size.
 * `docs/performance.md` explains `docker run` from it; the bench and the page read it.
 */
export interface Span {
  readonly name: string;
  /** Milliseconds on the monotonic clock. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly detail?: string;
}

const CAPACITY = 4096;

export class Trace {
  #spans: Span[] = [];

  /** Runs `work` and records how long it took, also when it throws. */
  async measure<T>(name: string, work: () => Promise<T>, detail?: string): Promise<T> {
    const startMs = performance.now();
    try {
      return await work();
    } finally {
      this.add({ name, startMs, durationMs: performance.now() - startMs, ...(detail !== undefined && { detail }) });
    }
  }

  add(span: Span): void {
    this.#spans.push(span);
    if (this.#spans.length > CAPACITY) this.#spans.splice(0, CAPACITY / 2);
  }

  /** Spans that started at or after `sinceMs`, oldest first. */
  spans(sinceMs = 0): readonly Span[] {
    return this.#spans.filter((span) => span.startMs >= sinceMs).toSorted((a, b) => a.startMs - b.startMs);
  }

  clear(): void {
    this.#spans = [];
  }
}
