import type { RecordStore } from "../../content/record-store.ts";
import type { Snapshotter } from "../../snapshots/snapshotter.ts";

/** Keys of a build's snapshots begin with this, so that what a crash leaves of them is known. */
export const SNAPSHOT_PREFIX = "build-";

/** Forgets snapshots of steps that an earlier engine did not end. Call it before anything is built. */
export async function removeLostSnapshots(records: RecordStore, snapshots: Pick<Snapshotter, "remove">): Promise<void> {
  const lost = await records.entries(`snapshots/${SNAPSHOT_PREFIX}`);
  for (const [key] of lost) await snapshots.remove(key.slice("snapshots/".length));
}
