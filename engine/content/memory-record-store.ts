import type { RecordStore } from "./record-store.ts";

/** Records in this process's memory, for tests. Values are cloned on the way in and out, as any real store does. */
export class MemoryRecordStore implements RecordStore {
  readonly #records = new Map<string, unknown>();

  async get<T>(key: string): Promise<T | undefined> {
    return structuredClone(this.#records.get(key)) as T | undefined;
  }

  async set(key: string, value: unknown): Promise<void> {
    this.#records.set(key, structuredClone(value));
  }

  async delete(key: string): Promise<void> {
    this.#records.delete(key);
  }

  async entries<T>(prefix: string): Promise<readonly (readonly [key: string, value: T])[]> {
    const found = [...this.#records].filter(([key]) => key.startsWith(prefix));
    return structuredClone(found.toSorted(([a], [b]) => (a < b ? -1 : 1))) as [string, T][];
  }
}
