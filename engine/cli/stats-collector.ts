import { messageOf } from "../base/errors.ts";
import { type Client, containerPath, jsonLinesOf } from "./client.ts";
import type { StatsRow, StatsSample } from "./format/stats.ts";

/** A container that says nothing for so long is shown without numbers. */
const STALE_AFTER_MS = 2000;
/** How long the first sample may take: it needs two readings of a container's counters. */
const FIRST_WITHIN_MS = 10_000;

interface Watched {
  readonly container: string;
  sample: StatsSample | undefined;
  heardAtMs: number;
  ended: boolean;
  problem: string | undefined;
}

/** Listens to the statistics of a changing set of containers. */
export class StatsCollector {
  readonly #client: Client;
  readonly #streams: boolean;
  readonly #signal: AbortSignal;
  readonly #watched: Watched[] = [];

  /** `streams`: go on after the first sample. */
  constructor(client: Client, options: { streams: boolean; signal: AbortSignal }) {
    this.#client = client;
    this.#streams = options.streams;
    this.#signal = options.signal;
  }

  /** Resolves when the container has been heard of, or cannot be. */
  async add(container: string): Promise<void> {
    if (this.#watched.some((item) => item.container === container)) return;
    const item: Watched = { container, sample: undefined, heardAtMs: 0, ended: false, problem: undefined };
    this.#watched.push(item);
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FIRST_WITHIN_MS);
      void this.#listen(item, resolve).then(resolve);
    });
    clearTimeout(timer);
  }

  remove(container: string): void {
    const index = this.#watched.findIndex((item) => item.container === container);
    if (index >= 0) this.#watched.splice(index, 1);
  }

  /** What went wrong with single containers. */
  get problems(): readonly string[] {
    return this.#watched.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  }

  rows(nowMs: number): readonly StatsRow[] {
    return this.#watched.map(({ container, sample, heardAtMs, ended }) => ({
      container,
      sample,
      isInvalid: ended || (this.#streams && nowMs - heardAtMs > STALE_AFTER_MS),
    }));
  }

  async #listen(item: Watched, heard: () => void): Promise<void> {
    try {
      const { body } = await this.#client.call({
        method: "GET",
        path: `${containerPath(item.container)}/stats`,
        query: { stream: this.#streams ? "1" : "0" },
        signal: this.#signal,
      });
      for await (const sample of jsonLinesOf(body, (line) => JSON.parse(line) as StatsSample)) {
        item.sample = sample;
        item.heardAtMs = Date.now();
        heard();
      }
      item.ended = this.#streams;
    } catch (error) {
      item.ended = true;
      item.problem = messageOf(error);
    }
  }
}
