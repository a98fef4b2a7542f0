import type { BlobStore, Ingest } from "../../content/blob-store.ts";
import type { RecordStore } from "../../content/record-store.ts";
import type { LayerStore } from "../../snapshots/snapshotter.ts";

export class Crash extends Error {}

interface Stores {
  readonly blobs: BlobStore;
  readonly layers: LayerStore;
  readonly records: RecordStore;
}

/**
 * Stores of a process that dies at its `at`-th operation, `before` it takes effect or `after`: that one and all later ones fail.
 * What was stored until then is in the stores underneath.
 */
export function crashingStores(
  stores: Stores,
  at: number,
  when: "before" | "after",
): Stores & { readonly operations: () => number } {
  let count = 0;
  const step = async <T>(operation: () => Promise<T>): Promise<T> => {
    count += 1;
    if (count > at || (count === at && when === "before")) throw new Crash(`operation ${count}`);
    const result = await operation();
    if (count < at) return result;
    // A dead process lets go of its locks.
    await (result as Partial<AsyncDisposable> | undefined)?.[Symbol.asyncDispose]?.();
    throw new Crash(`after operation ${at}`);
  };
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, key) {
        const value = Reflect.get(target, key, target) as unknown;
        if (typeof value !== "function" || key === Symbol.asyncDispose)
          return typeof value === "function" ? value.bind(target) : value;
        return async (...parameters: unknown[]) => {
          const result = await step(() =>
            (value as (...parameters: unknown[]) => Promise<unknown>).apply(target, parameters),
          );
          return key === "ingest" ? wrap(result as Ingest) : result;
        };
      },
    });
  return {
    blobs: wrap(stores.blobs),
    layers: wrap(stores.layers),
    records: wrap(stores.records),
    operations: () => count,
  };
}
