import type { WireCacheEntry } from "./builds.ts";
import type { ContainerSummary } from "./container-summary.ts";
import type { ImageSummary } from "./images.ts";
import type { WireVolume } from "./volumes.ts";

/** `GET /system/df`, in Docker's order of fields; null: nobody asked for these. */
export interface DiskUsage {
  /** Bytes of all layers, each counted once. */
  readonly LayersSize: number;
  readonly Images: readonly ImageSummary[] | null;
  readonly Containers: readonly ContainerSummary[] | null;
  readonly Volumes: readonly WireVolume[] | null;
  readonly BuildCache: readonly WireCacheEntry[] | null;
}

/** What a prune of an empty build cache answers. */
export const PRUNED_BUILD_CACHE = { CachesDeleted: null, SpaceReclaimed: 0 } as const;
