import { hexOf, type Digest } from "../oci/digest.ts";
import { commitError, writerConflict } from "./blob-rules.ts";
import type { Ingest } from "./blob-store.ts";
import type { ChunkHasher } from "./chunk-hasher.ts";
import { arrayPrefix, requested, type Transact } from "./idb.ts";

export const CHUNK_BYTES = 1 << 20;
/** A visible blob, or the part of one that has arrived. `content` names its chunks. */
export interface BlobRecord {
  readonly sizeBytes: number;
  readonly content: string;
}

export interface IngestRecord extends BlobRecord {
  /** Who writes; absent when nobody does. */
  readonly token?: string | undefined;
  readonly touchedMs: number;
}

export interface IdbIngestFields {
  readonly transact: Transact;
  readonly digest: Digest;
  /** The right to write, as it stands in the ingest's record. */
  readonly token: string;
  readonly record: IngestRecord;
  readonly createHasher: () => Promise<ChunkHasher>;
  /** Forfeited: the claim could not be taken back in storage. */
  readonly release: (isForfeited: boolean) => void;
}

/** One writer of one blob in IndexedDB. */
export class IdbIngest implements Ingest {
  readonly #fields: IdbIngestFields;
  #hasher: ChunkHasher | undefined;
  #storedBytes: number;
  /** The chunk that is being filled. */
  #chunk = new Uint8Array(CHUNK_BYTES);
  #fill = 0;
  /** The chunk before it, on its way into storage. */
  #storing: Promise<void> = Promise.resolve();
  #failed = false;
  #over = false;

  constructor(fields: IdbIngestFields) {
    this.#fields = fields;
    this.#storedBytes = fields.record.sizeBytes;
  }

  get offsetBytes(): number {
    return this.#storedBytes + this.#fill;
  }

  /** Hashes what an earlier ingest has stored, and takes its last, shorter chunk up again. */
  async load(): Promise<void> {
    this.#hasher = await this.#fields.createHasher();
    const { sizeBytes, content } = this.#fields.record;
    for (let at = 0; at < sizeBytes; at += CHUNK_BYTES) {
      const chunk = await this.#fields.transact("readonly", async (store) =>
        requested<Uint8Array<ArrayBuffer> | undefined>(store.get(["chunk", content, at / CHUNK_BYTES])),
      );
      if (chunk?.length !== Math.min(CHUNK_BYTES, sizeBytes - at)) return this.truncate();
      if (chunk.length === CHUNK_BYTES) await this.#hasher.update(chunk);
      else this.#takeUp(chunk, at);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#assertUsable();
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + CHUNK_BYTES - this.#fill);
      this.#chunk.set(piece, this.#fill);
      this.#fill += piece.length;
      at += piece.length;
      if (this.#fill === CHUNK_BYTES) await this.#store();
    }
  }

  async truncate(): Promise<void> {
    this.#assertUsable();
    await this.#storing;
    this.#fill = 0;
    this.#storedBytes = 0;
    this.#hasher?.abandon();
    this.#hasher = await this.#fields.createHasher();
    await this.#change(async (store) => {
      store.delete(arrayPrefix("chunk", this.#fields.record.content));
      return 0;
    });
  }

  async commit(expected: { sizeBytes?: number } = {}): Promise<void> {
    this.#assertUsable();
    await this.#store();
    await this.#storing;
    const { digest, transact, record } = this.#fields;
    const actual = { digest: (await this.#hasher?.digest()) as Digest, sizeBytes: this.#storedBytes };
    const wrong = commitError({ digest, ...expected }, actual);
    if (wrong) {
      await this.truncate();
      throw wrong;
    }
    await transact("readwrite", async (store) => {
      await this.#assertClaimed(store);
      await dropBlob(store, digest);
      const blob: BlobRecord = { sizeBytes: actual.sizeBytes, content: record.content };
      store.put(blob, ["blob", hexOf(digest)]);
      store.delete(["ingest", hexOf(digest)]);
    });
    this.#release(false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#over) return;
    let isForfeited = false;
    try {
      await this.#storing.catch(() => undefined);
      if (!this.#failed) await this.#store();
      await this.#storing;
      await this.#fields.transact("readwrite", async (store) => {
        const record = await this.#assertClaimed(store);
        const key = ["ingest", hexOf(this.#fields.digest)];
        if (record.sizeBytes === 0) store.delete(key);
        else store.put({ ...record, token: undefined }, key);
      });
    } catch {
      // The claim was taken over, or storage is full: what is stored stays resumable.
      isForfeited = true;
    } finally {
      this.#release(isForfeited);
    }
  }

  #takeUp(chunk: Uint8Array, at: number): void {
    this.#chunk.set(chunk);
    this.#fill = chunk.length;
    this.#storedBytes = at;
  }

  /** Starts to store what is pending, once what was stored before has arrived. */
  async #store(): Promise<void> {
    await this.#storing;
    if (this.#fill === 0) return;
    const chunk = this.#fill === CHUNK_BYTES ? this.#chunk : this.#chunk.slice(0, this.#fill);
    const n = this.#storedBytes / CHUNK_BYTES;
    this.#chunk = new Uint8Array(CHUNK_BYTES);
    this.#fill = 0;
    this.#storedBytes += chunk.length;
    const sizeBytes = this.#storedBytes;
    const change = this.#change(async (store) => {
      store.put(chunk, ["chunk", this.#fields.record.content, n]);
      return sizeBytes;
    });
    this.#storing = (async () => {
      await change;
      // Storage has a copy of its own by now: the hasher may take this one away.
      await this.#hasher?.update(chunk);
    })();
    // Told at the next write or at the commit.
    this.#storing.catch(() => (this.#failed = true));
  }

  async #change(work: (store: IDBObjectStore) => Promise<number>): Promise<void> {
    await this.#fields.transact("readwrite", async (store) => {
      const record = await this.#assertClaimed(store);
      const sizeBytes = await work(store);
      store.put({ ...record, sizeBytes, touchedMs: Date.now() }, ["ingest", hexOf(this.#fields.digest)]);
    });
  }

  async #assertClaimed(store: IDBObjectStore): Promise<IngestRecord> {
    const { digest, token } = this.#fields;
    const record = await requested<IngestRecord | undefined>(store.get(["ingest", hexOf(digest)]));
    if (record?.token !== token) throw writerConflict(digest);
    return record;
  }

  #assertUsable(): void {
    if (this.#over) throw new Error(`ingest of ${this.#fields.digest} is over`);
  }

  #release(isForfeited: boolean): void {
    this.#over = true;
    this.#hasher?.abandon();
    this.#fields.release(isForfeited);
  }
}

/** Removes a visible blob, if it is there. */
export async function dropBlob(store: IDBObjectStore, digest: Digest): Promise<void> {
  const key = ["blob", hexOf(digest)];
  const blob = await requested<BlobRecord | undefined>(store.get(key));
  if (!blob) return;
  store.delete(arrayPrefix("chunk", blob.content));
  store.delete(key);
}
