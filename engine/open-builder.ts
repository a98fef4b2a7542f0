import type { Clock } from "./base/clock.ts";
import type { Trace } from "./base/trace.ts";
import { Builder } from "./build/builder.ts";
import type { BuildPorts } from "./build/build-ports.ts";
import { BuildCache } from "./build/cache/build-cache.ts";
import { CacheMounts } from "./build/run/cache-mounts.ts";
import { removeLostSnapshots } from "./build/run/lost-snapshots.ts";
import type { BlobStore } from "./content/blob-store.ts";
import type { RecordStore } from "./content/record-store.ts";
import { scopedRecords } from "./content/scoped-record-store.ts";
import type { Guest } from "./guest/guest.ts";
import type { UrlFetcher } from "./build/files/copy-request.ts";
import { layerUsage, listLayer } from "./build/files/layer-contents.ts";
import type { LayerContentsService } from "./api/services.ts";
import type { Digest } from "./oci/digest.ts";
import type { FileTree } from "./snapshots/file-tree.ts";
import { emptyStream } from "./base/streams.ts";
import type { Fetch } from "./images/registry-transport.ts";
import { LayerStack } from "./snapshots/layer-stack.ts";
import type { StoredLayers } from "./snapshots/stored-layers.ts";
import { Volumes } from "./volumes/volumes.ts";

/** Parts of the engine that the builder is made of. */
export type BuilderParts = Omit<
  BuildPorts,
  "lower" | "usage" | "cache" | "cacheMounts" | "fetcher" | "layers" | "guest"
> & {
  readonly guest: Guest;
  readonly layers: StoredLayers;
  readonly clock: Clock;
  readonly trace: Trace;
  /** Of all machines on this storage. */
  readonly sharedRecords: RecordStore;
  readonly volumeBlobs: BlobStore;
  readonly fetch: Fetch;
};

/** Wires the builder; disposing it ends its builds and saves what its cache mounts hold. */
export async function openBuilder(parts: BuilderParts): Promise<Builder> {
  const { guest, layers, clock, records, sharedRecords, images, runtime, snapshots } = parts;
  await removeLostSnapshots(records, snapshots);
  const volumes = await Volumes.open({
    guest,
    records: scopedRecords(records, "build-mounts/"),
    blobs: parts.volumeBlobs,
    clock,
    // Nobody sees these volumes.
    events: { publish: () => undefined },
    report: parts.report,
  });
  return await Builder.open(
    {
      ...parts,
      fetcher: urlFetcher(parts.fetch),
      lower: async (digests) => new LayerStack(await treesOf(layers, digests)),
      usage: async (digests) => layerUsage(await treesOf(layers, digests)),
      cache: await BuildCache.open({ records: sharedRecords, layers, images, clock }),
      cacheMounts: new CacheMounts({ volumes, clock, run: (ops) => runtime.run(ops) }),
    },
    volumes,
  );
}

/** What layers hold, for people who look. */
export function layerContents(layers: StoredLayers): LayerContentsService {
  return {
    usage: async (digests) => layerUsage(await treesOf(layers, digests)),
    list: async (digests, options) => listLayer(await treesOf(layers, digests), digests.length - 1, options),
  };
}

async function treesOf(layers: StoredLayers, digests: readonly Digest[]): Promise<readonly FileTree[]> {
  return await Promise.all(digests.map((diffId) => layers.openTree(diffId)));
}

/** The engine's own way out, for `ADD https://…`. */
export function urlFetcher(fetch: Fetch): UrlFetcher {
  return {
    get: async (url, { signal }) => {
      const { status, headers, body } = await fetch(url, signal ? { signal } : {});
      return { status, headers: new Map(headers), body: body ?? emptyStream() };
    },
  };
}
