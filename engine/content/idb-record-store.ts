import { openDatabase, requested, type Transact } from "./idb.ts";
import type { RecordStore } from "./record-store.ts";

/** Records in IndexedDB, shared by all tabs of the page's origin. */
export class IdbRecordStore implements RecordStore {
  readonly #transact: Transact;

  constructor(options: { readonly database: string }) {
    this.#transact = openDatabase(options.database);
  }

  async get<T>(key: string): Promise<T | undefined> {
    return this.#transact("readonly", async (store) => requested<T | undefined>(store.get(key)));
  }

  async set(key: string, value: unknown): Promise<void> {
    await this.#transact("readwrite", async (store) => requested(store.put(value, key)));
  }

  async delete(key: string): Promise<void> {
    await this.#transact("readwrite", async (store) => requested(store.delete(key)));
  }

  async entries<T>(prefix: string): Promise<readonly (readonly [key: string, value: T])[]> {
    const range = prefixRange(prefix);
    return this.#transact("readonly", async (store) => {
      const [keys, values] = await Promise.all([
        requested(store.getAllKeys(range)),
        requested<T[]>(store.getAll(range)),
      ]);
      return keys.map((key, index) => [key as string, values[index] as T] as const);
    });
  }
}

/** All strings that start with `prefix`. IndexedDB compares strings by UTF-16 code unit, as `<` does. */
function prefixRange(prefix: string): IDBKeyRange | undefined {
  const stem = prefix.replace(/\uffff+$/, "");
  if (stem === "") return prefix === "" ? undefined : IDBKeyRange.bound(prefix, []);
  const successor = stem.slice(0, -1) + String.fromCharCode(stem.charCodeAt(stem.length - 1) + 1);
  return IDBKeyRange.bound(prefix, successor, false, true);
}
