import type { RecordStore } from "../content/record-store.ts";
import { isDigest, type Digest } from "../oci/digest.ts";

/** The layers below the snapshots of every machine on this storage: no image's removal may take them. */
export async function layersBelowSnapshots(records: RecordStore): Promise<Digest[]> {
  const entries = await records.entries<{ readonly layers?: readonly string[] }>("machines/");
  const layers = entries.flatMap(([key, record]) =>
    /^machines\/\d+\/snapshots\//.test(key) ? (record.layers ?? []) : [],
  );
  return [...new Set(layers.filter(isDigest))];
}
