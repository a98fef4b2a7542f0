import { expect, onTestFinished } from "vitest";
import { MemoryBlobStore } from "../../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../../content/memory-record-store.ts";
import type { Digest } from "../../oci/digest.ts";
import type { PullEvent, PullOptions } from "../image-service.ts";
import { Images, type ImagesPorts } from "../images.ts";
import { createRegistryHosts } from "../registry-hosts.ts";
import { FakeLayerStore } from "./fake-layer-store.ts";
import { tarOf } from "./image-fixture.ts";
import { InstantClock } from "./instant-clock.ts";
import { RegistryDouble, type RegistryDoubleOptions } from "./registry-double.ts";

export interface World {
  readonly registry: RegistryDouble;
  readonly blobs: MemoryBlobStore;
  readonly layers: FakeLayerStore;
  readonly records: MemoryRecordStore;
  readonly clock: InstantClock;
  readonly images: Images;
  /** The same stores after a reload. */
  readonly reload: () => Images;
}

/** An engine's images on empty stores, and a registry. No body of the registry may be left open when the test ends. */
export function world(options: RegistryDoubleOptions = {}, ports: Partial<ImagesPorts> = {}): World {
  const registry = new RegistryDouble(options);
  const parts = {
    registry,
    blobs: new MemoryBlobStore(),
    layers: new FakeLayerStore(),
    records: new MemoryRecordStore(),
    clock: new InstantClock(),
  };
  const reload = (): Images =>
    new Images({ ...parts, fetch: registry.fetch, hosts: createRegistryHosts({ proxyHint: "Use a proxy" }), ...ports });
  const made = { ...parts, images: reload(), reload };
  onTestFinished(() => expect(registry.openBodies).toBe(0));
  return made;
}

/** All events of a pull. */
export async function pull(images: Images, name = "x:latest", options: PullOptions = {}): Promise<PullEvent[]> {
  const events: PullEvent[] = [];
  for await (const event of images.pull(name, options)) events.push(event);
  return events;
}

/** What the CLI prints without a terminal, progress left out. */
export const lines = (events: readonly PullEvent[]): string[] =>
  events
    .filter((event) => event.kind === "status")
    .map((event) => (event.id === undefined ? event.status : `${event.id}: ${event.status}`));

/** Layers of one file each. */
export async function textLayers(...texts: string[]): Promise<{ tar: Uint8Array }[]> {
  return await Promise.all(texts.map(async (text, index) => ({ tar: await tarOf(`file${index}`, text) })));
}

/** Text that gzip makes little of: 6 bits of entropy in each byte. */
export const noise = (seed: number, length: number): string => {
  let state = seed + 1;
  const next = (): number => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return (state >>> 13) & 63;
  };
  return Array.from({ length }, () => String.fromCharCode(48 + next())).join("");
};
export const blobList = async (blobs: MemoryBlobStore): Promise<Digest[]> => {
  const found: Digest[] = [];
  for await (const { digest } of blobs.list()) found.push(digest);
  return found.toSorted();
};
