import "fake-indexeddb/auto";
import { afterAll, describe, expect, test, vi } from "vitest";
import { isKind } from "../base/errors.ts";
import { collect } from "../base/streams.ts";
import { digestOf } from "../oci/digest.ts";
import { sampleBytes, testBlobStore } from "./blob-store.suite.ts";
import { remoteHashers, serveHashes } from "./chunk-hasher.ts";
import { IdbBlobStore } from "./idb-blob-store.ts";
import { IdbRecordStore } from "./idb-record-store.ts";
import { testRecordStore } from "./record-store.suite.ts";

let databases = 0;
const freshName = (): string => `test-${(databases += 1)}`;

/** Makes every `put` of more than a record fail as a full disk does. */
function fillStorage(): () => Promise<void> {
  const put = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore) {
    this.transaction.abort();
    throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
  });
  return async () => put.mockRestore();
}

/** Web Locks of one origin, with tabs that can be closed. */
function createLocks(): LockManager {
  const held = new Set<string>();
  return {
    async request(name: string, _options: unknown, work: (lock: Lock | null) => Promise<unknown>) {
      if (held.has(name)) return work(null);
      held.add(name);
      try {
        return await work({ name, mode: "exclusive" });
      } finally {
        held.delete(name);
      }
    },
  } as unknown as LockManager;
}

testRecordStore("IdbRecordStore", async () => {
  const database = freshName();
  return { store: new IdbRecordStore({ database }), other: new IdbRecordStore({ database }) };
});

testBlobStore("IdbBlobStore without Web Locks", async () => {
  const options = { database: freshName(), locks: undefined };
  return {
    store: new IdbBlobStore(options),
    other: new IdbBlobStore(options),
    reopen: async () => new IdbBlobStore({ ...options, claimMs: 0 }),
    fill: async () => fillStorage(),
  };
});

const hashChannel = new MessageChannel();
serveHashes(hashChannel.port2);
const createHasher = remoteHashers(hashChannel.port1);
afterAll(() => hashChannel.port1.close());

testBlobStore("IdbBlobStore with Web Locks and hashing in a worker", async () => {
  const options = { database: freshName(), locks: createLocks(), createHasher };
  return {
    store: new IdbBlobStore(options),
    other: new IdbBlobStore(options),
    reopen: async () => new IdbBlobStore({ ...options, locks: createLocks() }),
    fill: async () => fillStorage(),
  };
});

describe("IdbBlobStore in two tabs", () => {
  test("a writer whose claim was taken over cannot write, commit or damage anything any more", async () => {
    const database = freshName();
    const [slow, quick] = [
      new IdbBlobStore({ database, locks: undefined }),
      new IdbBlobStore({ database, locks: undefined, claimMs: 0 }),
    ];
    const bytes = sampleBytes(3_500_000);
    const digest = await digestOf(bytes);
    const lost = await slow.ingest(digest);
    await lost.write(bytes.subarray(0, 1_200_000));
    const winner = await quick.ingest(digest);
    await winner.write(bytes.subarray(winner.offsetBytes));
    const write = (async () => {
      for (let at = 0; at < 4; at += 1) await lost.write(sampleBytes(1 << 20, 7));
    })();
    expect(isKind(await write.catch((error: unknown) => error), "conflict")).toBe(true);
    expect(isKind(await lost.commit().catch((error: unknown) => error), "conflict", "invalid-argument")).toBe(true);
    await winner.commit();
    await lost[Symbol.asyncDispose]();
    expect(Buffer.compare(await collect(await slow.open(digest)), bytes)).toBe(0);
  });

  test("partial ingests that nobody continues are dropped after a day", async () => {
    const database = freshName();
    const options = { database, locks: undefined };
    const bytes = sampleBytes(2_000_000);
    const digest = await digestOf(bytes);
    const ingest = await new IdbBlobStore(options).ingest(digest);
    await ingest.write(bytes);
    await ingest[Symbol.asyncDispose]();
    const now = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 25 * 3_600_000);
    const later = await new IdbBlobStore(options).ingest(digest);
    expect(later.offsetBytes).toBe(0);
    now.mockRestore();
  });
});
