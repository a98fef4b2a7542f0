import type { RecordStore } from "../content/record-store.ts";
import { decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import type { LogEntry } from "./container-service.ts";

/** Where a container's log outlives the page. */
export interface LogStore {
  /** Saves behind; never throws. */
  append(entries: readonly LogEntry[]): void;
  /** Calls `flush` some time later, once for many calls. */
  wake(flush: () => void): void;
  /** Everything that was handed in before this call, oldest first. */
  read(): Promise<readonly LogEntry[]>;
  clear(): Promise<void>;
}

interface Segment {
  readonly bytes: number;
  /** Time in nanoseconds, stream, text: as json-file does, bytes that are not UTF-8 are lost. */
  readonly entries: readonly (readonly [timeNs: string, stream: "o" | "e", text: string])[];
}

const WAKE_MS = 500;
const LIMIT_BYTES = 16 << 20;

/** Segments of a log in the record store, under `logs/<container>/`. When they pass 16 MiB the oldest go. */
export class RecordLogStore implements LogStore {
  readonly #records: RecordStore;
  readonly #prefix: string;
  readonly #onError: (error: unknown) => void;
  #last: Promise<void> = Promise.resolve();
  #segments: { key: string; bytes: number }[] | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #counter = 0;

  /** `isNew`: nothing of this container can be in the store yet. */
  constructor(
    records: RecordStore,
    containerId: string,
    options: { isNew?: boolean; onError?: (error: unknown) => void } = {},
  ) {
    this.#records = records;
    this.#prefix = `logs/${containerId}/`;
    this.#onError = options.onError ?? (() => undefined);
    if (options.isNew) this.#segments = [];
  }

  append(entries: readonly LogEntry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    const key = `${this.#prefix}${first.timeNs.toString().padStart(20, "0")}-${(this.#counter++).toString().padStart(6, "0")}`;
    const segment: Segment = {
      bytes: entries.reduce((sum, entry) => sum + entry.bytes.length, 0),
      entries: entries.map(
        ({ timeNs, stream, bytes }) => [timeNs.toString(), stream === "stdout" ? "o" : "e", decodeUtf8(bytes)] as const,
      ),
    };
    this.#behind(async () => {
      const segments = await this.#known();
      await this.#records.set(key, segment);
      segments.push({ key, bytes: segment.bytes });
      let total = segments.reduce((sum, { bytes }) => sum + bytes, 0);
      while (total > LIMIT_BYTES && segments.length > 1) {
        const oldest = segments.shift() as { key: string; bytes: number };
        total -= oldest.bytes;
        await this.#records.delete(oldest.key);
      }
    });
  }

  wake(flush: () => void): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      flush();
    }, WAKE_MS);
  }

  read(): Promise<readonly LogEntry[]> {
    const result = this.#last.then(() => this.#readAll());
    this.#last = result.then(() => undefined).catch(this.#onError);
    return result;
  }

  async #readAll(): Promise<readonly LogEntry[]> {
    if (this.#segments?.length === 0) return [];
    const segments = await this.#records.entries<Segment>(this.#prefix);
    return segments.flatMap(([, segment]) =>
      segment.entries.map(([timeNs, stream, text]) => ({
        timeNs: BigInt(timeNs),
        stream: stream === "o" ? ("stdout" as const) : ("stderr" as const),
        bytes: encodeUtf8(text),
      })),
    );
  }

  async clear(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#behind(async () => {
      for (const { key } of await this.#known()) await this.#records.delete(key);
      this.#segments = [];
    });
    await this.#last;
  }

  async #known(): Promise<{ key: string; bytes: number }[]> {
    this.#segments ??= (await this.#records.entries<Segment>(this.#prefix)).map(([key, { bytes }]) => ({ key, bytes }));
    return this.#segments;
  }

  #behind(work: () => Promise<void>): void {
    this.#last = this.#last.then(work).catch(this.#onError);
  }
}
