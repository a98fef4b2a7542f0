import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../base/clock.ts";
import { Trace } from "../base/trace.ts";
import { MemoryBlobStore } from "../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { bootGuest, type V86Guest } from "../guest/v86-guest.ts";
import type { Image } from "../images/image-service.ts";
import { BridgeNetworks } from "../network/bridge-networks.ts";
import { createFileAssets } from "../node/file-assets.ts";
import { digestOf } from "../oci/digest.ts";
import type { ImageConfig } from "../oci/image-config.ts";
import { GuestRuntime } from "../runtime/guest-runtime.ts";
import { createMemoryTree } from "../snapshots/memory-tree.ts";
import { FileTreeServer } from "../snapshots/nine-p-server.ts";
import { OverlaySnapshotter } from "../snapshots/overlay-snapshotter.ts";
import { StoredLayers } from "../snapshots/stored-layers.ts";
import { testVolumes } from "../volumes/testing.ts";
import { Containers } from "./containers.ts";

const assets = createFileAssets(join(dirname(fileURLToPath(import.meta.url)), "..", "..", "public"));

export interface GuestEngine extends AsyncDisposable {
  readonly guest: V86Guest;
  readonly containers: Containers;
  readonly networks: BridgeNetworks;
  readonly trace: Trace;
  readonly runtime: GuestRuntime;
  readonly layers: StoredLayers;
}

/** Containers in a real guest, with the committed busybox image. */
export async function bootGuestEngine(onConsole?: (text: string) => void): Promise<GuestEngine> {
  const artifact = (name: string): Promise<Uint8Array<ArrayBuffer>> => assets.read(`guest/${name}`);
  const server = new FileTreeServer();
  const rootfs = await artifact("rootfs.tar.gz");
  server.add("rootfs", { id: "rootfs", tree: async () => createMemoryTree(rootfs) });
  const records = new MemoryRecordStore();
  const layers = new StoredLayers({ blobs: new MemoryBlobStore(), records, exports: server });
  const busybox = await loadImage("busybox", layers);
  const guest = await bootGuest({
    emulator: await assets.emulator(),
    bios: await artifact("bios.bin"),
    vgaBios: await artifact("vgabios.bin"),
    bzImage: await artifact("bzImage"),
    initramfs: await artifact("initramfs.cpio.gz"),
    ninePServer: server,
    ...(onConsole && { onConsole }),
  });
  const trace = new Trace();
  const runtime = new GuestRuntime(guest, trace);
  const networks = await BridgeNetworks.open({ run: (ops) => guest.run(ops), resolver: guest, records });
  const snapshots = await OverlaySnapshotter.open({ records, layers, guest });
  const containers = new Containers({
    images: { resolve: async () => busybox },
    snapshots,
    runtime,
    networks,
    volumes: testVolumes({ guest, records }),
    records,
    clock: systemClock,
    trace,
  });
  await containers.restore();
  return {
    guest,
    containers,
    networks,
    trace,
    runtime,
    layers,
    [Symbol.asyncDispose]: () => guest[Symbol.asyncDispose](),
  };
}

interface Manifest {
  readonly manifests?: readonly { digest: string; platform?: { architecture: string } }[];
  readonly config?: { digest: string };
  readonly layers?: readonly { digest: string }[];
}

/** From the registry in `public/v2`, without the image service. */
async function loadImage(name: string, layers: StoredLayers): Promise<Image> {
  const json = async <T>(path: string): Promise<T> =>
    JSON.parse(new TextDecoder().decode(await assets.read(`v2/library/${name}/${path}`))) as T;
  const top = await json<Manifest>("manifests/latest");
  const chosen = top.manifests?.find(({ platform }) => platform?.architecture === "386")?.digest;
  const manifest = chosen === undefined ? top : await json<Manifest>(`manifests/${chosen}`);
  const config = await json<ImageConfig>(`blobs/${manifest.config?.digest}`);
  const diffIds = [];
  for (const { digest } of manifest.layers ?? []) {
    const packed = await assets.read(`v2/library/${name}/blobs/${digest}`);
    const tar = new Uint8Array(
      await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer(),
    );
    const diffId = await digestOf(tar);
    await layers.unpack(diffId, new Blob([tar]).stream());
    diffIds.push(diffId);
  }
  const id = await digestOf(new TextEncoder().encode(JSON.stringify(config)));
  return {
    id,
    config,
    repoTags: [`${name}:latest`],
    repoDigests: [],
    layers: diffIds,
    sizeBytes: 0,
    manifest: { mediaType: "", digest: id, size: 0 },
  };
}
