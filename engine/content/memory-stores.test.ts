import { testBlobStore } from "./blob-store.suite.ts";
import { MemoryBlobStore } from "./memory-blob-store.ts";
import { MemoryRecordStore } from "./memory-record-store.ts";
import { testRecordStore } from "./record-store.suite.ts";

testRecordStore("MemoryRecordStore", async () => ({ store: new MemoryRecordStore() }));

testBlobStore("MemoryBlobStore", async () => {
  let limit = Infinity;
  const store = new MemoryBlobStore({
    get capacityBytes() {
      return limit;
    },
  });
  return {
    store,
    fill: async () => {
      limit = 0;
      return async () => void (limit = Infinity);
    },
  };
});
