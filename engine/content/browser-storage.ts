import { createLocalHasher, remoteHashers, type ChunkHasher } from "./chunk-hasher.ts";
import { IdbBlobStore } from "./idb-blob-store.ts";
import { IdbRecordStore } from "./idb-record-store.ts";
import { claimMachine } from "./machine.ts";
import { MemoryBlobStore } from "./memory-blob-store.ts";
import { MemoryRecordStore } from "./memory-record-store.ts";
import type { BlobStore } from "./blob-store.ts";
import type { RecordStore } from "./record-store.ts";

/** The stores an engine works on. Disposing gives the machine number back; the stores stay. */
export interface Storage extends AsyncDisposable {
  /** Compressed content as it was pulled. */
  readonly blobs: BlobStore;
  /** Unpacked layers. */
  readonly layers: BlobStore;
  /** What volumes hold, as of their last save. */
  readonly volumes: BlobStore;
  /** What the files of workspaces hold. */
  readonly workspaces: BlobStore;
  readonly records: RecordStore;
  /** Whose containers these are, see `machine.ts`. */
  readonly machine: number;
}

/**
 * Storage that survives the page, shared by the tabs of its origin. A `scope` has stores and machines of its own: what other people's
 * documents bring does not meet what belongs to the visitor. @throws when the browser has no IndexedDB, or does not let us use it */
export async function openBrowserStorage(options: { readonly scope?: string } = {}): Promise<Storage> {
  const prefix = options.scope === undefined ? "drydock" : `drydock-${options.scope}`;
  const records = new IdbRecordStore({ database: `${prefix}-records` });
  await records.get("probe");
  const createHasher = lazyHashWorker();
  const claim = await claimMachine((globalThis.navigator as WorkerNavigator | undefined)?.locks, prefix);
  return {
    blobs: new IdbBlobStore({ database: `${prefix}-blobs`, createHasher }),
    layers: new IdbBlobStore({ database: `${prefix}-layers`, createHasher }),
    volumes: new IdbBlobStore({ database: `${prefix}-volumes`, createHasher }),
    workspaces: new IdbBlobStore({ database: `${prefix}-workspaces`, createHasher }),
    records,
    machine: claim.number,
    [Symbol.asyncDispose]: async () => claim[Symbol.dispose](),
  };
}

/** Storage that ends with the tab, for browsers (private windows) that keep nothing. */
export function openMemoryStorage(): Storage {
  return {
    blobs: new MemoryBlobStore(),
    layers: new MemoryBlobStore(),
    volumes: new MemoryBlobStore(),
    workspaces: new MemoryBlobStore(),
    records: new MemoryRecordStore(),
    machine: 1,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Hashing in a worker of its own, started with the first pull: the guest shares this thread. */
function lazyHashWorker(): () => Promise<ChunkHasher> {
  if (typeof Worker === "undefined") return createLocalHasher;
  let create: (() => Promise<ChunkHasher>) | undefined;
  return async () => {
    create ??= remoteHashers(new Worker(new URL("./hash-worker.ts", import.meta.url), { type: "module" }));
    return create();
  };
}
