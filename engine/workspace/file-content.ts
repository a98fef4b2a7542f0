import { ERRNO } from "../guest/errno.ts";
import { NotReady } from "../snapshots/nine-p-dispatcher.ts";
import { FileError } from "./file-error.ts";
import type { Quota } from "./quota.ts";

/** What a file is cut into; only the pieces that changed are saved again. */
export const CHUNK_BYTES = 128 << 10;

/** A saved blob that holds chunks of many files. */
export interface Segment {
  /** The chunks whose saved bytes are here and current. */
  readonly chunks: Set<Chunk>;
  /** Reads the blob and gives its chunks their bytes. */
  load(): Promise<void>;
}

/** A piece of a file: in memory, saved, or both. Behind `length` it is zero. */
export class Chunk {
  readonly content: FileContent;
  /** May be longer than `length`. Undefined while it is only in `segment`. */
  bytes: Uint8Array | undefined;
  length = 0;
  /** Where it was saved last, and whether that is still what it holds. */
  segment: Segment | undefined;
  offset = 0;
  isDirty = false;
  /** `bytes` is being saved: a writer makes itself a copy. */
  isFrozen = false;
  /** No file has it any more. */
  isGone = false;

  constructor(content: FileContent) {
    this.content = content;
  }

  drop(): void {
    this.isGone = true;
    this.segment?.chunks.delete(this);
  }

  /** @throws NotReady */
  loaded(): Uint8Array {
    const { bytes, segment } = this;
    if (bytes !== undefined) return bytes;
    if (segment === undefined) return (this.bytes = new Uint8Array(0));
    throw new NotReady(() => segment.load());
  }

  /** Makes room to write up to `end`; what lies between is zero. */
  reserve(end: number): Uint8Array {
    const old = this.bytes ?? new Uint8Array(0);
    if (old.length < end || this.isFrozen) {
      const capacity = end > this.length && this.length > 0 ? Math.min(CHUNK_BYTES, end * 2) : end;
      const bytes = new Uint8Array(Math.max(capacity, this.length));
      bytes.set(old.subarray(0, this.length));
      this.bytes = bytes;
      this.isFrozen = false;
    } else if (end > this.length) old.fill(0, this.length, end);
    this.length = Math.max(this.length, end);
    this.isDirty = true;
    this.segment?.chunks.delete(this);
    return this.bytes as Uint8Array;
  }
}

/** A regular file's bytes, with holes. Reading and writing throw {@link NotReady} before anything has changed when bytes are still in storage. */
export class FileContent {
  readonly chunks: (Chunk | undefined)[] = [];
  readonly #quota: Quota;
  /** Told whenever what is to be saved has changed. */
  readonly touch: () => void;
  #size = 0;

  constructor(quota: Quota, touch: () => void) {
    this.#quota = quota;
    this.touch = touch;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes that are really held. */
  get storedBytes(): number {
    return this.chunks.reduce((total, chunk) => total + (chunk?.length ?? 0), 0);
  }

  /** Fills `target`; answers how much of it, less only at the end of the file. @throws NotReady */
  read(offset: number, target: Uint8Array): number {
    const count = Math.max(0, Math.min(target.length, this.#size - offset));
    for (let done = 0; done < count;) {
      const [index, start] = place(offset + done);
      const step = Math.min(count - done, CHUNK_BYTES - start);
      const chunk = this.chunks[index];
      const here = chunk === undefined ? 0 : Math.max(0, Math.min(step, chunk.length - start));
      if (chunk !== undefined && here > 0) target.set(chunk.loaded().subarray(start, start + here), done);
      target.fill(0, done + here, done + step);
      done += step;
    }
    return count;
  }

  /** Answers how much was written: less than all when there is no room for more. @throws NotReady; FileError ENOSPC */
  write(offset: number, bytes: Uint8Array): number {
    if (bytes.length === 0) return 0;
    if (offset + bytes.length > this.#quota.limits.maxBytes) throw new FileError(ERRNO.ENOSPC);
    this.#loadPartial(offset, bytes.length);
    let done = 0;
    while (done < bytes.length) {
      const [index, start] = place(offset + done);
      const step = Math.min(bytes.length - done, CHUNK_BYTES - start);
      const chunk = this.chunks[index] ?? new Chunk(this);
      const growth = Math.max(0, start + step - chunk.length);
      if (growth > this.#quota.freeBytes && growth > 0) break;
      this.#quota.take(growth);
      this.chunks[index] = chunk;
      // What is replaced as a whole need not be read back first.
      if (start === 0 && step >= chunk.length) chunk.bytes ??= new Uint8Array(0);
      chunk.reserve(start + step).set(bytes.subarray(done, done + step), start);
      done += step;
    }
    if (done === 0) throw new FileError(ERRNO.ENOSPC);
    this.#size = Math.max(this.#size, offset + done);
    this.touch();
    return done;
  }

  /** Cuts, or adds a hole. @throws FileError EFBIG */
  truncate(size: number): void {
    if (size > this.#quota.limits.maxBytes) throw new FileError(ERRNO.EFBIG);
    if (size < this.#size) {
      const [last, length] = place(size);
      for (const chunk of this.chunks.splice(length === 0 ? last : last + 1)) this.#drop(chunk);
      const chunk = this.chunks[last];
      if (chunk !== undefined && chunk.length > length) {
        this.#quota.take(length - chunk.length);
        chunk.length = length;
      }
    }
    this.#size = size;
    this.touch();
  }

  /** No file has these bytes any more. */
  dispose(): void {
    for (const chunk of this.chunks.splice(0)) this.#drop(chunk);
  }

  /** What storage says of the file. */
  restore(
    size: number,
    chunks: readonly (readonly [index: number, segment: Segment, offset: number, length: number])[],
  ) {
    this.#size = size;
    for (const [index, segment, offset, length] of chunks) {
      const chunk = Object.assign(new Chunk(this), { segment, offset, length });
      segment.chunks.add(chunk);
      this.chunks[index] = chunk;
      this.#quota.usedBytes += length;
    }
  }

  #drop(chunk: Chunk | undefined): void {
    if (chunk === undefined) return;
    this.#quota.take(-chunk.length);
    chunk.drop();
  }

  /** The chunks that a write changes only in part must be here. */
  #loadPartial(offset: number, length: number): void {
    const end = offset + length;
    for (const at of [offset, end - 1]) {
      const [index] = place(at);
      const chunk = this.chunks[index];
      const from = index * CHUNK_BYTES;
      if (chunk !== undefined && (offset > from || end < from + chunk.length)) chunk.loaded();
    }
  }
}

/** The chunk that a byte is in, and where there. */
function place(offset: number): readonly [index: number, start: number] {
  return [Math.floor(offset / CHUNK_BYTES), offset % CHUNK_BYTES];
}
