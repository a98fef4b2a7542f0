import { expect } from "vitest";
import { encodeUtf8 } from "../../base/streams.ts";
import { MemoryBlobStore } from "../../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../../content/memory-record-store.ts";
import { type Digest, digestOf } from "../../oci/digest.ts";
import { OCI_LAYER } from "../../oci/media-types.ts";
import { parseReference } from "../../oci/reference.ts";
import type { RemovedImage } from "../image-service.ts";
import { Images, type ImagesPorts } from "../images.ts";
import { createRegistryHosts } from "../registry-hosts.ts";
import { FakeLayerStore } from "./fake-layer-store.ts";
import { type Fixture, putImage, tarOf } from "./image-fixture.ts";
import { InstantClock } from "./instant-clock.ts";
import { RegistryDouble } from "./registry-double.ts";

/** The repository that the recorded answers are about. */
export const B = "127.0.0.1:5001/library/busybox";

export interface ImagesWorld {
  readonly images: Images;
  readonly registry: RegistryDouble;
  readonly blobs: MemoryBlobStore;
  readonly layers: FakeLayerStore;
  readonly records: MemoryRecordStore;
  readonly clock: InstantClock;
  readonly busybox: Fixture;
  readonly containers: { id: string; running: boolean; image: Digest }[];
  reload(): Images;
}

/** A registry with one image under two tags, and empty stores. */
export async function imagesWorld(ports: Partial<ImagesPorts> = {}): Promise<ImagesWorld> {
  const registry = new RegistryDouble({ baseUrl: "http://127.0.0.1:5001/" });
  const busybox = await putImage(registry, {
    repository: "library/busybox",
    tags: ["latest", "1.35"],
    layers: [{ tar: await tarOf("bin", "busybox") }],
  });
  const stores = {
    blobs: new MemoryBlobStore(),
    layers: new FakeLayerStore(),
    records: new MemoryRecordStore(),
    clock: new InstantClock(),
  };
  const reload = (): Images => new Images({ ...stores, fetch: registry.fetch, hosts: createRegistryHosts(), ...ports });
  return { ...stores, registry, busybox, images: reload(), reload, containers: [] };
}

export async function pull(images: Images, ...names: readonly string[]): Promise<void> {
  for (const name of names) for await (const _event of images.pull(name));
}

/** What `docker rmi` prints. */
export async function rmi({ images, containers }: ImagesWorld, name: string, force = false): Promise<string[]> {
  const inUseBy = (id: Digest) => containers.filter(({ image }) => image === id);
  const removed = await images.remove(name, { force, inUseBy });
  return removed.map(({ untagged, deleted }: RemovedImage) =>
    untagged === undefined ? `Deleted: ${deleted}` : `Untagged: ${untagged}`,
  );
}

/** Nothing is left in any store. */
export async function expectEmpty({ blobs, layers, records }: ImagesWorld): Promise<void> {
  const left: string[] = [];
  for await (const { digest } of blobs.list()) left.push(digest);
  expect({ left, layers: [...layers.layers.keys()], records: await records.entries("") }).toEqual({
    left: [],
    layers: [],
    records: [],
  });
}

/** An image made here, of one layer; named when the text is `named`. */
export async function create(w: ImagesWorld, text: string, created = "2020-01-01T00:00:00Z") {
  const tar = await tarOf("f", text.slice(0, 1));
  const diffId = await digestOf(tar);
  await w.layers.unpack(diffId, new Blob([tar as Uint8Array<ArrayBuffer>]).stream());
  const config = encodeUtf8(
    JSON.stringify({
      os: "linux",
      architecture: "386",
      created,
      author: text,
      rootfs: { type: "layers", diff_ids: [diffId] },
    }),
  );
  return await w.images.create(
    config,
    [{ mediaType: OCI_LAYER, digest: diffId, size: tar.length }],
    text === "named" ? [parseReference("named")] : [],
  );
}
