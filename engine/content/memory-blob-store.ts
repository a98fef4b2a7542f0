import { EngineError } from "../base/errors.ts";
import { streamFrom, type ByteStream } from "../base/streams.ts";
import { createHasher, type Digest, type Hasher } from "../oci/digest.ts";
import type { BlobStore, Ingest } from "./blob-store.ts";
import { clampRange, commitError, notFound, writerConflict } from "./blob-rules.ts";

const CHUNK_BYTES = 1 << 20;

interface Content {
  /** All of CHUNK_BYTES but the last, which may have room left. */
  readonly chunks: Uint8Array[];
  sizeBytes: number;
}

interface Partial extends Content {
  hasher: Hasher;
  isOpen: boolean;
}

/** Blobs in this process's memory, for tests and for browsers that refuse storage. Ranges are views, not copies: do not write into them. */
export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<Digest, Content>();
  readonly #partials = new Map<Digest, Partial>();
  readonly #options: { readonly capacityBytes?: number };
  #usedBytes = 0;

  constructor(options: { readonly capacityBytes?: number } = {}) {
    this.#options = options;
  }

  async stat(digest: Digest): Promise<{ readonly sizeBytes: number } | undefined> {
    const blob = this.#blobs.get(digest);
    return blob && { sizeBytes: blob.sizeBytes };
  }

  async open(digest: Digest, range?: { offset: number; length?: number }): Promise<ByteStream> {
    const blob = this.#blobs.get(digest);
    if (!blob) throw notFound(digest);
    return streamFrom(views(blob, clampRange(blob.sizeBytes, range)));
  }

  async ingest(digest: Digest): Promise<Ingest> {
    const kept = this.#partials.get(digest);
    if (kept?.isOpen) throw writerConflict(digest);
    const partial: Partial = kept ?? { chunks: [], sizeBytes: 0, hasher: undefined as never, isOpen: true };
    partial.isOpen = true;
    this.#partials.set(digest, partial);
    if (!kept) partial.hasher = await createHasher();
    return this.#writer(digest, partial);
  }

  async delete(digest: Digest): Promise<void> {
    this.#usedBytes -= this.#blobs.get(digest)?.sizeBytes ?? 0;
    this.#blobs.delete(digest);
  }

  async *list(): AsyncGenerator<{ readonly digest: Digest; readonly sizeBytes: number }, void, undefined> {
    for (const [digest, { sizeBytes }] of this.#blobs) yield { digest, sizeBytes };
  }

  #writer(digest: Digest, partial: Partial): Ingest {
    const drop = async (): Promise<void> => {
      this.#usedBytes -= partial.sizeBytes;
      partial.chunks.length = 0;
      partial.sizeBytes = 0;
      partial.hasher = await createHasher();
    };
    const assertOpen = (): void => {
      if (!partial.isOpen) throw new Error(`ingest of ${digest} is over`);
    };
    return {
      get offsetBytes() {
        return partial.sizeBytes;
      },
      write: async (chunk) => {
        assertOpen();
        if (this.#usedBytes + chunk.length > (this.#options.capacityBytes ?? Infinity)) {
          throw new EngineError(
            "unavailable",
            "no space left in memory: remove images with `docker image prune --all`",
          );
        }
        this.#usedBytes += chunk.length;
        partial.hasher.update(chunk);
        append(partial, chunk);
      },
      truncate: async () => {
        assertOpen();
        await drop();
      },
      commit: async (expected = {}) => {
        assertOpen();
        const actual = { digest: partial.hasher.digest(), sizeBytes: partial.sizeBytes };
        const wrong = commitError({ digest, ...expected }, actual);
        if (wrong) {
          await drop();
          throw wrong;
        }
        await this.delete(digest);
        partial.isOpen = false;
        this.#partials.delete(digest);
        this.#blobs.set(digest, { chunks: partial.chunks, sizeBytes: partial.sizeBytes });
      },
      [Symbol.asyncDispose]: async () => {
        partial.isOpen = false;
        if (partial.sizeBytes === 0 && this.#partials.get(digest) === partial) this.#partials.delete(digest);
      },
    };
  }
}

function append(content: Content, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    const used = content.sizeBytes % CHUNK_BYTES;
    if (used === 0) content.chunks.push(new Uint8Array(CHUNK_BYTES));
    const piece = bytes.subarray(at, at + CHUNK_BYTES - used);
    (content.chunks.at(-1) as Uint8Array).set(piece, used);
    content.sizeBytes += piece.length;
    at += piece.length;
  }
}

function* views(
  content: Content,
  { start, end }: { start: number; end: number },
): Generator<Uint8Array, void, undefined> {
  for (let at = start; at < end;) {
    const used = at % CHUNK_BYTES;
    const length = Math.min(CHUNK_BYTES - used, end - at);
    yield (content.chunks[Math.floor(at / CHUNK_BYTES)] as Uint8Array).subarray(used, used + length);
    at += length;
  }
}
