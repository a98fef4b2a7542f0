import { type ByteStream, chunksOf, streamFrom } from "../base/streams.ts";
import { type Digest, digestOf } from "../oci/digest.ts";
import type { BlobStore } from "./blob-store.ts";

/** Bytes that were put by. */
export interface Spooled {
  readonly sizeBytes: number;
  open(): ByteStream;
}

const CHUNK_BYTES = 4 << 20;
/** In front of each chunk, so that it is nobody else's blob although the bytes may be. */
const NONCE_BYTES = 16;

/**
 * Puts bytes by whose digest is not known before their end: files of an archive, a layer that is being made. They lie in a blob store in
 * chunks of their own, and are gone with the spool.
 */
export class Spool implements AsyncDisposable {
  readonly #blobs: BlobStore;
  readonly #onChunk: (digest: Digest) => Promise<void>;
  readonly #chunks: Digest[] = [];

  /** @param onChunk told of each chunk before it is stored: what a crash leaves can be collected by these names */
  constructor(blobs: BlobStore, onChunk: (digest: Digest) => Promise<void>) {
    this.#blobs = blobs;
    this.#onChunk = onChunk;
  }

  async add(source: ByteStream): Promise<Spooled> {
    const stored: Digest[] = [];
    let sizeBytes = 0;
    let chunk = newChunk();
    let fill = NONCE_BYTES;
    for await (const bytes of chunksOf(source)) {
      for (let at = 0; at < bytes.length;) {
        const piece = bytes.subarray(at, at + chunk.length - fill);
        chunk.set(piece, fill);
        fill += piece.length;
        at += piece.length;
        if (fill < chunk.length) continue;
        stored.push(await this.#store(chunk));
        chunk = newChunk();
        fill = NONCE_BYTES;
      }
      sizeBytes += bytes.length;
    }
    if (fill > NONCE_BYTES) stored.push(await this.#store(chunk.subarray(0, fill)));
    return { sizeBytes, open: () => streamFrom(this.#read(stored)) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const digest of this.#chunks.splice(0)) await this.#blobs.delete(digest);
  }

  async #store(chunk: Uint8Array): Promise<Digest> {
    const digest = await digestOf(chunk);
    await this.#onChunk(digest);
    this.#chunks.push(digest);
    await using ingest = await this.#blobs.ingest(digest);
    await ingest.write(chunk);
    await ingest.commit({ sizeBytes: chunk.length });
    return digest;
  }

  async *#read(chunks: readonly Digest[]): AsyncGenerator<Uint8Array, void, undefined> {
    for (const digest of chunks) yield* chunksOf(await this.#blobs.open(digest, { offset: NONCE_BYTES }));
  }
}

function newChunk(): Uint8Array {
  const chunk = new Uint8Array(NONCE_BYTES + CHUNK_BYTES);
  crypto.getRandomValues(chunk.subarray(0, NONCE_BYTES));
  return chunk;
}
