/**
 * Blobs in IndexedDB, shared by all tabs of the page's origin.
 *
 *     ["blob", hex]         → BlobRecord      the blob is visible
 *     ["ingest", hex]       → IngestRecord    a partial one, with the token of who may write to it
 *     ["chunk", content, n] → Uint8Array      1 MiB each, the last one shorter
 *
 * Every write checks the token in its own transaction, so a writer that lost its claim cannot damage the next one's bytes. A claim is lost
 * when its tab is gone: told by a Web Lock where the browser has them, else by its age.
 */
import { streamFrom, type ByteStream } from "../base/streams.ts";
import { hexOf, parseDigest, type Digest } from "../oci/digest.ts";
import { clampRange, notFound, writerConflict } from "./blob-rules.ts";
import type { BlobStore, Ingest } from "./blob-store.ts";
import { createLocalHasher, type ChunkHasher } from "./chunk-hasher.ts";
import { arrayPrefix, openDatabase, requested, type Transact } from "./idb.ts";
import { CHUNK_BYTES, dropBlob, IdbIngest, type BlobRecord, type IngestRecord } from "./idb-ingest.ts";

const HOUR_MS = 3_600_000;

export interface IdbBlobStoreOptions {
  readonly database: string;
  /** Default: the browser's. */
  readonly locks?: LockManager | undefined;
  /** After this long without a write, a claim without Web Lock counts as abandoned. */
  readonly claimMs?: number;
  /** Default: on this thread. */
  readonly createHasher?: () => Promise<ChunkHasher>;
}

export class IdbBlobStore implements BlobStore {
  readonly #transact: Transact;
  readonly #database: string;
  readonly #locks: LockManager | undefined;
  readonly #claimMs: number;
  readonly #createHasher: () => Promise<ChunkHasher>;
  /** Claims of ours that are over, although the storage was too full to say so. */
  readonly #forfeited = new Set<string>();
  #tidied = false;

  constructor(options: IdbBlobStoreOptions) {
    this.#database = options.database;
    this.#transact = openDatabase(options.database);
    this.#locks = "locks" in options ? options.locks : (globalThis.navigator as WorkerNavigator | undefined)?.locks;
    this.#claimMs = options.claimMs ?? 30_000;
    this.#createHasher = options.createHasher ?? createLocalHasher;
  }

  async stat(digest: Digest): Promise<{ readonly sizeBytes: number } | undefined> {
    const blob = await this.#blob(digest);
    return blob && { sizeBytes: blob.sizeBytes };
  }

  async open(digest: Digest, range?: { offset: number; length?: number }): Promise<ByteStream> {
    const blob = await this.#blob(digest);
    if (!blob) throw notFound(digest);
    const { start, end } = clampRange(blob.sizeBytes, range);
    return streamFrom(this.#read(digest, blob.content, start, end));
  }

  async ingest(digest: Digest): Promise<Ingest> {
    if (!this.#tidied) {
      this.#tidied = true;
      await this.#dropAbandoned();
    }
    const unlock = await this.#lock(digest);
    try {
      const token = crypto.randomUUID();
      const record = await this.#claim(digest, token);
      const release = (isForfeited: boolean): void => {
        if (isForfeited) this.#forfeited.add(token);
        unlock?.();
      };
      const fields = { transact: this.#transact, digest, token, record, createHasher: this.#createHasher, release };
      const ingest = new IdbIngest(fields);
      await ingest.load();
      return ingest;
    } catch (error) {
      unlock?.();
      throw error;
    }
  }

  async delete(digest: Digest): Promise<void> {
    await this.#transact("readwrite", async (store) => dropBlob(store, digest));
  }

  async *list(): AsyncGenerator<{ readonly digest: Digest; readonly sizeBytes: number }, void, undefined> {
    const range = arrayPrefix("blob");
    const [keys, records] = await this.#transact("readonly", async (store) =>
      Promise.all([requested(store.getAllKeys(range)), requested<BlobRecord[]>(store.getAll(range))]),
    );
    for (const [index, key] of keys.entries()) {
      const { sizeBytes } = records[index] as BlobRecord;
      yield { digest: parseDigest(`sha256:${String((key as string[])[1])}`), sizeBytes };
    }
  }

  async #blob(digest: Digest): Promise<BlobRecord | undefined> {
    return this.#transact("readonly", async (store) =>
      requested<BlobRecord | undefined>(store.get(["blob", hexOf(digest)])),
    );
  }

  /** One chunk is read ahead, so that storage and the consumer work at the same time. */
  async *#read(
    digest: Digest,
    content: string,
    start: number,
    end: number,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const load = async (n: number): Promise<Uint8Array | undefined> =>
      this.#transact("readonly", async (store) => requested<Uint8Array | undefined>(store.get(["chunk", content, n])));
    const first = Math.floor(start / CHUNK_BYTES);
    const count = Math.ceil(end / CHUNK_BYTES);
    let coming = start < end ? load(first) : undefined;
    for (let n = first; coming !== undefined; n += 1) {
      const chunk = await coming;
      if (!chunk) throw notFound(digest);
      coming = n + 1 < count ? load(n + 1) : undefined;
      // A reader that leaves early must not turn a deleted chunk into an unhandled rejection.
      coming?.catch(() => undefined);
      const base = n * CHUNK_BYTES;
      yield chunk.subarray(Math.max(0, start - base), end - base);
    }
  }

  /** Resolves to what releases the lock, or to undefined where there are no Web Locks. @throws EngineError conflict */
  async #lock(digest: Digest): Promise<(() => void) | undefined> {
    const locks = this.#locks;
    if (!locks) return undefined;
    return new Promise((resolve, reject) => {
      const name = `${this.#database}/ingest/${hexOf(digest)}`;
      const held = locks.request(name, { ifAvailable: true }, async (lock) => {
        if (!lock) throw writerConflict(digest);
        await new Promise<void>((release) => resolve(release));
      });
      held.catch(reject);
    });
  }

  async #claim(digest: Digest, token: string): Promise<IngestRecord> {
    const key = ["ingest", hexOf(digest)];
    const touchedMs = Date.now();
    return this.#transact("readwrite", async (store) => {
      const old = await requested<IngestRecord | undefined>(store.get(key));
      const isAlive =
        old?.token !== undefined && touchedMs - old.touchedMs < this.#claimMs && !this.#forfeited.has(old.token);
      if (isAlive && !this.#locks) throw writerConflict(digest);
      const record: IngestRecord = {
        sizeBytes: old?.sizeBytes ?? 0,
        content: old?.content ?? crypto.randomUUID(),
        token,
        touchedMs,
      };
      await requested(store.put(record, key));
      return record;
    });
  }

  /** Partial ingests that nobody continued for a day. */
  async #dropAbandoned(): Promise<void> {
    const oldest = Date.now() - 24 * HOUR_MS;
    await this.#transact("readwrite", async (store) => {
      const range = arrayPrefix("ingest");
      const [keys, records] = await Promise.all([
        requested(store.getAllKeys(range)),
        requested<IngestRecord[]>(store.getAll(range)),
      ]);
      for (const [index, { touchedMs, content }] of records.entries()) {
        if (touchedMs >= oldest) continue;
        store.delete(arrayPrefix("chunk", content));
        store.delete(keys[index] as IDBValidKey);
      }
    });
  }
}
