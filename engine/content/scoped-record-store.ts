import type { RecordStore } from "./record-store.ts";

/** The part of a store whose keys begin with `prefix` (for example `machines/1/`), seen without it. */
export function scopedRecords(records: RecordStore, prefix: string): RecordStore {
  return {
    get: (key) => records.get(prefix + key),
    set: (key, value) => records.set(prefix + key, value),
    delete: (key) => records.delete(prefix + key),
    async entries<T>(inner: string) {
      const entries = await records.entries<T>(prefix + inner);
      return entries.map(([key, value]) => [key.slice(prefix.length), value] as const);
    },
  };
}
