import { NotReady } from "../snapshots/nine-p-dispatcher.ts";

/** Does something, again and again, until all that it needs from storage is there. */
export async function whenReady<T>(work: () => T): Promise<T> {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof NotReady)) throw error;
      await error.ready();
    }
  }
}
