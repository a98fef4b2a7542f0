import { Trace } from "../../base/trace.ts";
import { streamOf } from "../../base/streams.ts";
import { EventBus } from "../../containers/event-bus.ts";
import type { EngineEvent } from "../../containers/container-service.ts";
import { MemoryBlobStore } from "../../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../../content/memory-record-store.ts";
import { scopedRecords } from "../../content/scoped-record-store.ts";
import { FakeGuest } from "../../guest/fake-guest.ts";
import { Images } from "../../images/images.ts";
import { createRegistryHosts } from "../../images/registry-hosts.ts";
import { tarOf } from "../../images/testing/image-fixture.ts";
import { InstantClock } from "../../images/testing/instant-clock.ts";
import { RegistryDouble } from "../../images/testing/registry-double.ts";
import { FakeNetworks } from "../../network/fake-networks.ts";
import { digestOf } from "../../oci/digest.ts";
import type { ImageRunConfig } from "../../oci/image-config.ts";
import { OCI_LAYER } from "../../oci/media-types.ts";
import { parseReference } from "../../oci/reference.ts";
import { FakeRuntime } from "../../runtime/fake-runtime.ts";
import { LayerStack } from "../../snapshots/layer-stack.ts";
import { OverlaySnapshotter } from "../../snapshots/overlay-snapshotter.ts";
import { layersBelowSnapshots } from "../../snapshots/snapshot-users.ts";
import { StoredLayers } from "../../snapshots/stored-layers.ts";
import { Volumes } from "../../volumes/volumes.ts";
import { Builder } from "../builder.ts";
import { BuildCache, layersOfBuildCache } from "../cache/build-cache.ts";
import { layerUsage } from "../files/layer-contents.ts";
import { CacheMounts } from "../run/cache-mounts.ts";

/** A builder on fakes: no kernel. `RUN write PATH TEXT` makes a file, `say TEXT` prints, `fail CODE` fails, `wait` ends when it is killed. */
export interface BuilderWorld {
  readonly builder: Builder;
  readonly images: Images;
  readonly layers: StoredLayers;
  readonly records: MemoryRecordStore;
  readonly blobs: MemoryBlobStore;
  readonly runtime: FakeRuntime;
  readonly networks: FakeNetworks;
  readonly guest: FakeGuest;
  readonly events: EngineEvent[];
  readonly clock: InstantClock;
  /** Lines that the fake's shell ran, in order. */
  readonly ran: string[];
  /** Another engine on the same storage. */
  reload(): Promise<BuilderWorld>;
  /** An image of one file, `base`. */
  addImage(name: string, config?: ImageRunConfig): Promise<void>;
}

interface Stores {
  readonly blobs: MemoryBlobStore;
  readonly layerBlobs: MemoryBlobStore;
  readonly volumeBlobs: MemoryBlobStore;
  readonly records: MemoryRecordStore;
}

export async function builderWorld(): Promise<BuilderWorld> {
  const stores = {
    blobs: new MemoryBlobStore(),
    layerBlobs: new MemoryBlobStore(),
    volumeBlobs: new MemoryBlobStore(),
    records: new MemoryRecordStore(),
  };
  const world = await openWorld(stores);
  await world.addImage("busybox");
  return world;
}

async function openWorld(stores: Stores): Promise<BuilderWorld> {
  const { blobs, layerBlobs, volumeBlobs, records: sharedRecords } = stores;
  const records = scopedRecords(sharedRecords, "machines/1/");
  const guest = new FakeGuest();
  const clock = new InstantClock();
  const layers = new StoredLayers({
    blobs: layerBlobs,
    records: sharedRecords,
    exports: { add: () => undefined, remove: () => undefined },
  });
  const images = new Images({
    blobs,
    records: sharedRecords,
    layers,
    clock,
    fetch: new RegistryDouble({ baseUrl: "http://127.0.0.1:5001/" }).fetch,
    hosts: createRegistryHosts(),
    users: async () => ({
      blobs: [],
      layers: [...(await layersBelowSnapshots(sharedRecords)), ...(await layersOfBuildCache(sharedRecords))],
    }),
  });
  const snapshots = await OverlaySnapshotter.open({ records, layers, guest });
  const runtime = new FakeRuntime();
  const ran: string[] = [];
  runtime.programs.set("/bin/sh", async ({ spec, write, signal }) => {
    const line = spec.args[2] ?? "";
    ran.push(line);
    const [word, first = "", ...rest] = line.split(" ");
    if (word === "say") await write(`${[first, ...rest].join(" ")}\n`);
    if (word === "wait") await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    if (word === "write") {
      const upper = runtime.requests.find((request) => request.spec.process === spec)?.rootfs.upper ?? "";
      await guest.run([{ op: "write", path: `${upper}/${first}`, data: rest.join(" ") }]);
    }
    return word === "fail" ? Number(first) : 0;
  });
  const networks = new FakeNetworks();
  const bus = new EventBus(clock);
  const events: EngineEvent[] = [];
  bus.subscribe((event) => events.push(event));
  const volumes = await Volumes.open({
    guest,
    records: scopedRecords(records, "build-mounts/"),
    blobs: volumeBlobs,
    clock,
    events: { publish: () => undefined },
    report: () => undefined,
  });
  const builder = await Builder.open({
    images,
    blobs,
    layers,
    clock,
    snapshots,
    runtime,
    networks,
    guest,
    records,
    events: bus,
    trace: new Trace(),
    lower: async (digests) => new LayerStack(await Promise.all(digests.map((digest) => layers.openTree(digest)))),
    usage: async (digests) => layerUsage(await Promise.all(digests.map((digest) => layers.openTree(digest)))),
    cache: await BuildCache.open({ records: sharedRecords, layers, images, clock }),
    cacheMounts: new CacheMounts({ volumes, clock, run: async (ops) => void (await guest.run(ops)) }),
    report: () => undefined,
  });
  return {
    builder,
    images,
    layers,
    records: sharedRecords,
    blobs,
    runtime,
    networks,
    guest,
    events,
    clock,
    ran,
    reload: async () => {
      await builder[Symbol.asyncDispose]();
      return await openWorld(stores);
    },
    addImage: async (name, config = {}) => {
      const tar = await tarOf("base", name);
      const diffId = await digestOf(tar);
      if (!(await layers.has(diffId))) await layers.unpack(diffId, streamOf(tar));
      const document = {
        architecture: "386",
        config,
        created: "2026-01-01T00:00:00Z",
        history: [{ created: "2026-01-01T00:00:00Z", created_by: name }],
        os: "linux",
        rootfs: { type: "layers", diff_ids: [diffId] },
      };
      await images.create(
        new TextEncoder().encode(JSON.stringify(document)),
        [{ mediaType: OCI_LAYER, digest: diffId, size: tar.length }],
        [parseReference(name)],
      );
    },
  };
}
