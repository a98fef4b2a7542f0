import type { LogEntry, OutputChunk } from "./container-service.ts";
import type { LogLimits } from "./log-config.ts";
import type { LogStore } from "./log-store.ts";

/** Longer lines are kept in pieces, as Docker's copier does (`daemon/logger/copier.go`, defaultBufSize). */
const LONGEST_LINE = 16 * 1024;
const MEMORY_LIMIT_BYTES = 1 << 20;
const FLUSH_BYTES = 256 * 1024;
/** How many entries a reader takes out of memory at once. */
const BATCH = 512;
const NEWLINE = 10;

type Stream = OutputChunk["stream"];

/** A beginning of an entry that is still being written. */
interface Partial {
  readonly bytes: Uint8Array;
  readonly timeNs: bigint;
}

/** Entries in order, and the number to go on with. */
export interface LogBatch {
  /** Number of the first of them. */
  readonly first: number;
  readonly entries: readonly LogEntry[];
  readonly next: number;
}

/**
 * What a container has written, line by line with the time of each, as Docker's json-file driver keeps it: an unfinished last line
 * gets its end, lines longer than 16 KiB are entries of their own. Entries are numbered. The newest part is in memory; all of it
 * goes to the store in batches, behind; the oldest is forgotten as the driver's rotation of files would.
 */
export class LogBuffer {
  readonly #store: LogStore;
  readonly #limits: LogLimits;
  readonly #onAppend = new Set<() => void>();
  readonly #partial = new Map<Stream, Partial>();
  /** In memory; `#memoryFirst` is the number of the first. */
  #entries: LogEntry[] = [];
  #memoryFirst = 0;
  #memoryBytes = 0;
  /** The store has everything before this. */
  #saved = 0;
  #unsavedBytes = 0;
  /** What the driver's files hold, oldest first. */
  #files: { readonly first: number; bytes: number }[] = [{ first: 0, bytes: 0 }];

  constructor(store: LogStore, limits: LogLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  /** Takes up what an earlier engine has left. */
  async load(): Promise<void> {
    const { first, end } = await this.#store.load();
    this.#files = [{ first, bytes: 0 }];
    this.#memoryFirst = end;
    this.#saved = end;
  }

  /** Number of the oldest entry. */
  get first(): number {
    return this.#files[0]?.first ?? 0;
  }

  /** Number that the next entry will have. */
  get end(): number {
    return this.#memoryFirst + this.#entries.length;
  }

  /** A promise when the writer should wait for the store. */
  append(stream: Stream, bytes: Uint8Array, timeNs: bigint): Promise<void> | undefined {
    if (this.#limits.files === 0) return undefined;
    const pending = this.#partial.get(stream);
    this.#partial.delete(stream);
    let rest = pending === undefined ? bytes : join(pending.bytes, bytes);
    let startNs = pending?.timeNs ?? timeNs;
    for (;;) {
      const end = rest.subarray(0, LONGEST_LINE).indexOf(NEWLINE);
      const length = end >= 0 ? end + 1 : LONGEST_LINE;
      if (end < 0 && rest.length < LONGEST_LINE) break;
      this.#add({ stream, bytes: rest.slice(0, length), timeNs: startNs });
      rest = rest.subarray(length);
      // All pieces of a line have the time of its beginning.
      if (end >= 0) startNs = timeNs;
    }
    if (rest.length > 0) this.#partial.set(stream, { bytes: rest.slice(), timeNs: startNs });
    return this.#store.drained();
  }

  /** The process is gone: unfinished lines end here. `keep`: someone may read this after a reload. */
  finish(keep = true): void {
    for (const [stream, { bytes, timeNs }] of this.#partial)
      this.#add({ stream, bytes: join(bytes, Uint8Array.of(NEWLINE)), timeNs });
    this.#partial.clear();
    if (keep) this.flush();
  }

  /** Some entries from `sequence` on, or from the oldest when that is gone already; none at the end. */
  async from(sequence: number): Promise<LogBatch> {
    const first = Math.max(sequence, this.first);
    if (first >= this.#memoryFirst) return this.#fromMemory(first);
    const segment = await this.#store.read(first);
    if (segment === undefined) return this.#fromMemory(Math.max(this.first, this.#memoryFirst));
    const start = Math.max(first, segment.first, this.first);
    const entries = segment.entries.slice(start - segment.first);
    return { first: start, entries, next: start + entries.length };
  }

  /** `listener` is called, without a word, when there is something new. */
  subscribe(listener: () => void): Disposable {
    const entry = (): void => listener();
    this.#onAppend.add(entry);
    return { [Symbol.dispose]: () => void this.#onAppend.delete(entry) };
  }

  /** Hands what is not saved yet to the store. */
  flush(): void {
    if (this.#saved === this.end) return;
    this.#store.append(this.#saved, this.#entries.slice(this.#saved - this.#memoryFirst));
    this.#saved = this.end;
    this.#unsavedBytes = 0;
    this.#trim();
  }

  async clear(): Promise<void> {
    this.#memoryFirst = this.end;
    this.#entries = [];
    this.#memoryBytes = 0;
    this.#partial.clear();
    this.#saved = this.#memoryFirst;
    this.#files = [{ first: this.#memoryFirst, bytes: 0 }];
    await this.#store.clear();
  }

  #fromMemory(first: number): LogBatch {
    const index = first - this.#memoryFirst;
    const entries = this.#entries.slice(index, index + BATCH);
    return { first, entries, next: first + entries.length };
  }

  #add(entry: LogEntry): void {
    this.#rotate(entry.bytes.length + this.#limits.entryBytes);
    this.#entries.push(entry);
    this.#memoryBytes += entry.bytes.length;
    this.#unsavedBytes += entry.bytes.length;
    for (const listener of this.#onAppend) listener();
    if (this.#unsavedBytes >= FLUSH_BYTES) this.flush();
    else this.#store.wake(() => this.flush());
  }

  /** Begins a new file when the last is full; the oldest goes when there are too many (`loggerutils/logfile.go`). */
  #rotate(bytes: number): void {
    let file = this.#files.at(-1) as { first: number; bytes: number };
    if (file.bytes >= this.#limits.fileBytes) {
      file = { first: this.end, bytes: 0 };
      this.#files.push(file);
      if (this.#files.length > this.#limits.files) {
        this.#files.shift();
        this.#forget();
      }
    }
    file.bytes += bytes;
  }

  #forget(): void {
    const { first } = this;
    const drop = Math.max(0, Math.min(first - this.#memoryFirst, this.#entries.length));
    this.#drop(drop);
    this.#saved = Math.max(this.#saved, this.#memoryFirst);
    this.#store.dropBefore(first);
  }

  /** Forgets the oldest saved entries when memory is full. */
  #trim(): void {
    let drop = 0;
    let bytes = this.#memoryBytes;
    while (bytes > MEMORY_LIMIT_BYTES && drop < this.#saved - this.#memoryFirst) {
      bytes -= this.#entries[drop]?.bytes.length ?? 0;
      drop += 1;
    }
    this.#drop(drop);
  }

  #drop(count: number): void {
    for (const { bytes } of this.#entries.slice(0, count)) this.#memoryBytes -= bytes.length;
    this.#entries.splice(0, count);
    this.#memoryFirst += count;
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
