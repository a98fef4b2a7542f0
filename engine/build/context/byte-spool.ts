import { type ByteStream, collect, streamFrom } from "../../base/streams.ts";
import type { BlobStore } from "../../content/blob-store.ts";
import { type Digest, digestOf } from "../../oci/digest.ts";

/** Where bytes are put by that are too many for memory. */
export interface SpoolPorts {
  readonly blobs: BlobStore;
  /** Told of each chunk before it is stored: what a crash leaves can be collected by these names. */
  readonly onChunk: (digest: Digest) => Promise<void>;
  /** This much of each spool stays in memory; 64 MiB. */
  readonly memoryBytes?: number;
}

const CHUNK_BYTES = 4 << 20;
const READ_BYTES = 256 << 10;
const MEMORY_BYTES = 64 << 20;
/** In front of each stored chunk, so that it is nobody else's blob although the bytes may be. */
const NONCE_BYTES = 16;
/** Stored chunks that are kept after they were read. */
const CACHED_CHUNKS = 4;

type Chunk = { readonly bytes: Uint8Array } | { readonly digest: Digest };

/**
 * Bytes as they come, then random access to them: a build context, a download, an unpacked archive. The beginning stays in memory, the rest
 * lies in a blob store; all of it is gone with the spool.
 */
export class ByteSpool implements AsyncDisposable {
  readonly #ports: SpoolPorts | undefined;
  readonly #memoryBytes: number;
  readonly #chunks: Chunk[] = [];
  /** By number, oldest use first. */
  readonly #cache = new Map<number, Promise<Uint8Array>>();
  #last: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #sizeBytes = 0;

  /** @param ports without them everything stays in memory */
  constructor(ports?: SpoolPorts) {
    this.#ports = ports;
    this.#memoryBytes = ports === undefined ? Infinity : (ports.memoryBytes ?? MEMORY_BYTES);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Copies the bytes. Answers a promise only when it has to wait. */
  append(bytes: Uint8Array): Promise<void> | undefined {
    let full: Uint8Array<ArrayBuffer>[] | undefined;
    for (let at = 0; at < bytes.length;) {
      const used = this.#sizeBytes % CHUNK_BYTES;
      if (used === 0) this.#last = newChunk();
      const piece = bytes.subarray(at, at + CHUNK_BYTES - used);
      this.#last.set(piece, NONCE_BYTES + used);
      this.#sizeBytes += piece.length;
      at += piece.length;
      if (this.#sizeBytes % CHUNK_BYTES !== 0) continue;
      if (this.#sizeBytes <= this.#memoryBytes) this.#chunks.push({ bytes: this.#last.subarray(NONCE_BYTES) });
      else (full ??= []).push(this.#last);
    }
    return full === undefined ? undefined : this.#storeAll(full);
  }

  /** Fills `target` from `offset` on; false when not all of it is in memory. @throws RangeError beyond the end */
  readNow(offset: number, target: Uint8Array): boolean {
    this.#check(offset, target);
    for (let done = 0; done < target.length;) {
      const chunk = this.#chunkNow(Math.floor((offset + done) / CHUNK_BYTES));
      if (chunk === undefined) return false;
      done += copy(chunk, offset + done, target.subarray(done));
    }
    return true;
  }

  /** The same, wherever the bytes are. */
  async read(offset: number, target: Uint8Array): Promise<void> {
    this.#check(offset, target);
    for (let done = 0; done < target.length;) {
      const number = Math.floor((offset + done) / CHUNK_BYTES);
      const chunk = this.#chunkNow(number) ?? (await this.#load(number));
      done += copy(chunk, offset + done, target.subarray(done));
    }
  }

  /** A range as a stream; by default all. */
  open(offset = 0, length = this.#sizeBytes - offset): ByteStream {
    return streamFrom(this.#range(offset, offset + length));
  }

  async *#range(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = start; at < end; at += READ_BYTES) {
      const bytes = new Uint8Array(Math.min(READ_BYTES, end - at));
      if (!this.readNow(at, bytes)) await this.read(at, bytes);
      yield bytes;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cache.clear();
    this.#last = new Uint8Array(0);
    for (const chunk of this.#chunks.splice(0)) if ("digest" in chunk) await this.#ports?.blobs.delete(chunk.digest);
  }

  #check(offset: number, target: Uint8Array): void {
    if (offset + target.length > this.#sizeBytes) throw new RangeError("read beyond the end of a spool");
  }

  #chunkNow(number: number): Uint8Array | undefined {
    const chunk = this.#chunks[number];
    if (chunk === undefined) return this.#last.subarray(NONCE_BYTES);
    return "bytes" in chunk ? chunk.bytes : undefined;
  }

  #load(number: number): Promise<Uint8Array> {
    const known = this.#cache.get(number);
    const chunk = this.#chunks[number];
    if (chunk === undefined || !("digest" in chunk)) throw new Error("this spool is gone");
    const loading = known ?? this.#open(chunk.digest);
    this.#cache.delete(number);
    this.#cache.set(number, loading);
    loading.catch(() => this.#cache.delete(number));
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= CACHED_CHUNKS) break;
      this.#cache.delete(oldest);
    }
    return loading;
  }

  async #open(digest: Digest): Promise<Uint8Array> {
    if (this.#ports === undefined) throw new Error("a spool without a store has stored a chunk");
    return await collect(await this.#ports.blobs.open(digest, { offset: NONCE_BYTES }));
  }

  async #storeAll(chunks: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    for (const chunk of chunks) this.#chunks.push({ digest: await this.#store(chunk) });
  }

  async #store(chunk: Uint8Array<ArrayBuffer>): Promise<Digest> {
    const { blobs, onChunk } = this.#ports as SpoolPorts;
    crypto.getRandomValues(chunk.subarray(0, NONCE_BYTES));
    const digest = await digestOf(chunk);
    await onChunk(digest);
    await using ingest = await blobs.ingest(digest);
    await ingest.write(chunk);
    await ingest.commit({ sizeBytes: chunk.length });
    return digest;
  }
}

function newChunk(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(NONCE_BYTES + CHUNK_BYTES);
}

/** Copies what this chunk has from `offset` of the spool on; answers how much that was. */
function copy(chunk: Uint8Array, offset: number, target: Uint8Array): number {
  const piece = chunk.subarray(offset % CHUNK_BYTES, (offset % CHUNK_BYTES) + target.length);
  target.set(piece);
  return piece.length;
}
