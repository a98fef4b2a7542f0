import type { RecordStore } from "../content/record-store.ts";
import { decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import type { LogEntry } from "./container-service.ts";

/** Where a container's log outlives memory and page: numbered entries in segments, the numbers without gaps. */
export interface LogStore {
  /** The number of the oldest entry that is kept, and the one behind the newest: once, before anything else. */
  load(): Promise<LogRange>;
  /** Saves behind; never throws. `first`: number of the first of them. */
  append(first: number, entries: readonly LogEntry[]): void;
  /** Forgets, behind, segments that hold nothing from `first` on. */
  dropBefore(first: number): void;
  /** The segment that has entry `sequence`, once everything handed in before is saved; undefined when it is gone. */
  read(sequence: number): Promise<{ readonly first: number; readonly entries: readonly LogEntry[] } | undefined>;
  /** Resolves when not much is waiting to be saved; undefined when that is so already. */
  drained(): Promise<void> | undefined;
  /** Calls `flush` some time later, once for many calls. */
  wake(flush: () => void): void;
  clear(): Promise<void>;
}

export interface LogRange {
  readonly first: number;
  readonly end: number;
}

/** As json-file does: bytes that are not UTF-8 are lost. */
interface SavedEntries {
  /** Of all entries, one behind the other. */
  readonly text: string;
  /** For each entry the stream's letter, nanoseconds since the one before and length of its text, both to base 36: `o1z,2g`. */
  readonly marks: string;
}
type Segment = readonly [first: number, count: number];

const WAKE_MS = 500;
/** Who writes faster than the store saves waits beyond this. */
const BACKLOG_BYTES = 4 << 20;

/** A log in the record store: `logs/<container>/index` has the segments, `logs/<container>/<first>` their entries. */
export class RecordLogStore implements LogStore {
  readonly #records: RecordStore;
  readonly #prefix: string;
  readonly #onError: (error: unknown) => void;
  #last: Promise<void> = Promise.resolve();
  #segments: Segment[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isWritten = false;
  #waitingBytes = 0;

  constructor(records: RecordStore, containerId: string, options: { onError?: (error: unknown) => void } = {}) {
    this.#records = records;
    this.#prefix = `logs/${containerId}/`;
    this.#onError = options.onError ?? (() => undefined);
  }

  async load(): Promise<LogRange> {
    this.#segments = [...((await this.#records.get<readonly Segment[]>(`${this.#prefix}index`)) ?? [])];
    this.#isWritten = this.#segments.length > 0;
    const [first = 0, last] = [this.#segments[0]?.[0], this.#segments.at(-1)];
    return { first, end: last === undefined ? 0 : last[0] + last[1] };
  }

  append(first: number, entries: readonly LogEntry[]): void {
    if (entries.length === 0) return;
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
    this.#waitingBytes += bytes;
    this.#behind(async () => {
      try {
        await this.#records.set(this.#keyOf(first), save(entries));
        this.#segments.push([first, entries.length]);
        await this.#saveIndex();
      } finally {
        this.#waitingBytes -= bytes;
      }
    });
  }

  dropBefore(first: number): void {
    this.#behind(async () => {
      const gone = this.#segments.filter(([start, count]) => start + count <= first);
      if (gone.length === 0) return;
      this.#segments = this.#segments.slice(gone.length);
      await this.#saveIndex();
      for (const [start] of gone) await this.#records.delete(this.#keyOf(start));
    });
  }

  read(sequence: number): Promise<{ first: number; entries: readonly LogEntry[] } | undefined> {
    const result = this.#last.then(async () => {
      const segment = this.#segments.find(([first, count]) => sequence < first + count);
      if (segment === undefined) return undefined;
      const saved = await this.#records.get<SavedEntries>(this.#keyOf(segment[0]));
      return saved && { first: segment[0], entries: restore(saved) };
    });
    this.#last = result.then(() => undefined).catch(this.#onError);
    return result;
  }

  drained(): Promise<void> | undefined {
    return this.#waitingBytes < BACKLOG_BYTES ? undefined : this.#last;
  }

  wake(flush: () => void): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      flush();
    }, WAKE_MS);
  }

  async clear(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#behind(async () => {
      for (const [first] of this.#segments) await this.#records.delete(this.#keyOf(first));
      if (this.#isWritten) await this.#records.delete(`${this.#prefix}index`);
      this.#segments = [];
    });
    await this.#last;
  }

  #keyOf(first: number): string {
    return this.#prefix + first.toString().padStart(12, "0");
  }

  async #saveIndex(): Promise<void> {
    this.#isWritten = true;
    await this.#records.set(`${this.#prefix}index`, this.#segments);
  }

  #behind(work: () => Promise<void>): void {
    this.#last = this.#last.then(work).catch(this.#onError);
  }
}

function save(entries: readonly LogEntry[]): SavedEntries {
  const texts = entries.map(({ bytes }) => decodeUtf8(bytes));
  let last = 0n;
  const marks = entries.map(({ timeNs, stream }, index) => {
    const since = timeNs - last;
    last = timeNs;
    return `${stream === "stdout" ? "o" : "e"}${since.toString(36)},${(texts[index] ?? "").length.toString(36)}`;
  });
  return { text: texts.join(""), marks: marks.join(" ") };
}

function restore({ text, marks }: SavedEntries): readonly LogEntry[] {
  let timeNs = 0n;
  let offset = 0;
  return marks.split(" ").map((mark): LogEntry => {
    const comma = mark.indexOf(",");
    timeNs += parseBase36(mark.slice(1, comma));
    const length = Number.parseInt(mark.slice(comma + 1), 36);
    const bytes = encodeUtf8(text.slice(offset, offset + length));
    offset += length;
    return { timeNs, stream: mark[0] === "o" ? "stdout" : "stderr", bytes };
  });
}

/** The first is more than a number holds exactly; the two streams' times may go back a little. */
function parseBase36(text: string): bigint {
  if (text.length <= 10) return BigInt(Number.parseInt(text, 36));
  let value = 0n;
  for (const digit of text) value = value * 36n + BigInt(Number.parseInt(digit, 36));
  return value;
}
