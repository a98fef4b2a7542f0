/** The only file that knows IndexedDB: one database of one key-value object store each, and transactions on it. */
import { createStore, promisifyRequest } from "idb-keyval";
import { EngineError, messageOf } from "../base/errors.ts";

/** Runs `work` in one transaction. `work` may await requests of this store and nothing else; when it throws, nothing has happened. */
export type Transact = <T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => Promise<T>) => Promise<T>;

export { promisifyRequest as requested };

/** Opens the database on first use, and again when the browser has closed it. */
export function openDatabase(name: string): Transact {
  const useStore = createStore(name, "values");
  const attempt: Transact = async (mode, work) =>
    useStore(mode, async (store) => {
      const completed = promisifyRequest(store.transaction);
      try {
        const result = await work(store);
        if (mode === "readwrite") await completed;
        else completed.catch(() => undefined);
        return result;
      } catch (error) {
        completed.catch(() => undefined);
        abort(store.transaction);
        throw store.transaction.error ?? error;
      }
    });
  return async (mode, work) => {
    try {
      return await attempt(mode, work);
    } catch (error) {
      if (!isClosed(error)) throw asEngineError(error);
    }
    try {
      return await attempt(mode, work);
    } catch (error) {
      throw asEngineError(error);
    }
  };
}

/** Every key that starts with `prefix` and goes on with anything. */
export function arrayPrefix(...prefix: readonly (string | number)[]): IDBKeyRange {
  // Arrays sort after every other kind of key.
  return IDBKeyRange.bound([...prefix], [...prefix, []]);
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It is over already.
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && error.name === "InvalidStateError";
}

function asEngineError(error: unknown): unknown {
  const name = error instanceof Error ? error.name : "";
  if (name === "QuotaExceededError") {
    const advice = "remove images with `docker image prune --all`, or free space on this computer's disk";
    return new EngineError("unavailable", `no space left in the browser's storage for this page: ${advice}`, {
      cause: error,
    });
  }
  const isOurs = error instanceof EngineError || !(error instanceof DOMException);
  return isOurs
    ? error
    : new EngineError("unavailable", `the browser's storage failed: ${messageOf(error)}`, { cause: error });
}
