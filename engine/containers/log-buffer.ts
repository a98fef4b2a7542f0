import type { LogEntry, OutputChunk } from "./container-service.ts";
import type { LogStore } from "./log-store.ts";

/** Longer lines are kept in pieces, as Docker's copier does (`daemon/logger/copier.go`, defaultBufSize). */
const LONGEST_LINE = 16 * 1024;
const MEMORY_LIMIT_BYTES = 1 << 20;
const FLUSH_BYTES = 128 * 1024;
const NEWLINE = 10;

type Stream = OutputChunk["stream"];

/**
 * What a container has written, line by line with the time of each, as Docker's json-file driver keeps it: an unfinished last line
 * gets its end, lines longer than 16 KiB are entries of their own. The newest part is in memory; all of it goes to the store in
 * batches, behind.
 */
export class LogBuffer {
  readonly #store: LogStore;
  readonly #onAppend = new Set<(entry: LogEntry) => void>();
  readonly #partial = new Map<Stream, { bytes: Uint8Array; timeNs: bigint }>();
  #entries: LogEntry[] = [];
  /** How many of `#entries`, from the front, the store has. */
  #saved = 0;
  #memoryBytes = 0;
  #unsavedBytes = 0;

  constructor(store: LogStore) {
    this.#store = store;
  }

  append(stream: Stream, bytes: Uint8Array, timeNs: bigint): void {
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
      startNs = timeNs;
    }
    if (rest.length > 0) this.#partial.set(stream, { bytes: rest.slice(), timeNs: startNs });
  }

  /** The process is gone: unfinished lines end here. `keep`: someone may read this after a reload. */
  end(keep = true): void {
    for (const [stream, { bytes, timeNs }] of this.#partial)
      this.#add({ stream, bytes: join(bytes, Uint8Array.of(NEWLINE)), timeNs });
    this.#partial.clear();
    if (keep) this.flush();
  }

  /** All entries, oldest first; the ones that memory has dropped come from the store. */
  async read(): Promise<readonly LogEntry[]> {
    const memory = [...this.#entries];
    const saved = this.#saved;
    const stored = await this.#store.read();
    return [...stored.slice(0, stored.length - saved), ...memory];
  }

  /** Entries in memory, now, without waiting. */
  recent(): readonly LogEntry[] {
    return [...this.#entries];
  }

  subscribe(listener: (entry: LogEntry) => void): Disposable {
    this.#onAppend.add(listener);
    return { [Symbol.dispose]: () => void this.#onAppend.delete(listener) };
  }

  /** Hands what is not saved yet to the store. */
  flush(): void {
    if (this.#saved === this.#entries.length) return;
    this.#store.append(this.#entries.slice(this.#saved));
    this.#saved = this.#entries.length;
    this.#unsavedBytes = 0;
    this.#trim();
  }

  async clear(): Promise<void> {
    this.#entries = [];
    this.#partial.clear();
    this.#saved = 0;
    await this.#store.clear();
  }

  #add(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#memoryBytes += entry.bytes.length;
    this.#unsavedBytes += entry.bytes.length;
    for (const listener of this.#onAppend) listener(entry);
    if (this.#unsavedBytes >= FLUSH_BYTES) this.flush();
    else this.#store.wake(() => this.flush());
  }

  /** Forgets the oldest saved entries. */
  #trim(): void {
    let drop = 0;
    while (this.#memoryBytes > MEMORY_LIMIT_BYTES && drop < this.#saved) {
      this.#memoryBytes -= this.#entries[drop]?.bytes.length ?? 0;
      drop += 1;
    }
    if (drop === 0) return;
    this.#entries.splice(0, drop);
    this.#saved -= drop;
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
