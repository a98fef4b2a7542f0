import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collect } from "../base/streams.ts";
import { MemoryBlobStore } from "../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { digestOf } from "../oci/digest.ts";
import { FileTreeServer } from "../snapshots/nine-p-server.ts";
import { StoredLayers } from "../snapshots/stored-layers.ts";
import type { PullEvent } from "./image-service.ts";
import { Images } from "./images.ts";
import { createRegistryHosts } from "./registry-hosts.ts";
import { InstantClock } from "./testing/instant-clock.ts";
import { serveFiles, type StaticServer } from "./testing/static-server.ts";

const PUBLIC = join(import.meta.dirname, "../../public");

/** The committed images, over real HTTP from a static host, into the engine's own stores. */
describe("the page's own images", () => {
  let server: StaticServer;
  let stores: { blobs: MemoryBlobStore; records: MemoryRecordStore; layers: StoredLayers };
  let images: Images;

  beforeEach(async () => {
    server = await serveFiles(PUBLIC);
    const records = new MemoryRecordStore();
    const layers = new StoredLayers({ blobs: new MemoryBlobStore(), records, exports: new FileTreeServer() });
    stores = { blobs: new MemoryBlobStore(), records, layers };
    const hosts = createRegistryHosts({ mirrors: [server.url] });
    images = new Images({ ...stores, fetch: (url, init) => fetch(url, init), hosts, clock: new InstantClock() });
  });

  afterEach(() => server[Symbol.asyncDispose]());

  const pull = async (name: string): Promise<PullEvent[]> => {
    const events: PullEvent[] = [];
    for await (const event of images.pull(name)) events.push(event);
    return events;
  };

  it("hello-world arrives in four requests and can be mounted", async () => {
    await pull("hello-world:latest");
    expect(server.requests).toHaveLength(4);
    const image = await images.resolve("hello-world");
    expect(image).toMatchObject({
      repoTags: ["hello-world:latest"],
      config: { architecture: "386", config: { Cmd: ["/hello"] } },
    });
    expect(await stores.layers.export(image.layers[0]!)).toMatch(/^\/run\/9p\/l\/[0-9a-f]{16}$/);
    expect(image.sizeBytes).toBeLessThan(2048);
  });

  it("busybox resumes over a connection that broke, and its layer is byte for byte what was signed", async () => {
    const [, layerDigest] = await busyboxDigests();
    server.breakOnce(layerDigest, 400_000);
    const events = await pull("busybox:latest");
    expect(events.some((event) => event.status.startsWith("Retrying in 5 seconds"))).toBe(true);
    expect(
      server.requests.filter((request) => request.includes(layerDigest)).map((request) => request.split(" ")[1]),
    ).toEqual([undefined, "bytes=400000-"]);
    const [diffId] = (await images.resolve("busybox")).layers;
    expect(await digestOf(await collect(await stores.layers.openTar(diffId!)))).toBe(diffId);
  });

  it("all tags of busybox come from its tag list", async () => {
    await pull("busybox");
    expect((await images.resolve("busybox")).repoTags).toEqual([
      "busybox:1.35",
      "busybox:1.35.0",
      "busybox:latest",
      "busybox:stable",
    ]);
  });

  it("are found by name and description", async () => {
    expect(await images.search("hello")).toEqual([
      {
        name: "hello-world",
        description: "One file that says hello and explains what just happened",
        isOfficial: true,
        stars: 0,
      },
    ]);
    expect((await images.search("BASE image")).map(({ name }) => name)).toEqual(["busybox"]);
    expect(await images.search("ubuntu")).toEqual([]);
  });

  it("are removed without a trace", async () => {
    await pull("busybox:latest");
    await images.remove("busybox", { force: false, inUseBy: () => [] });
    expect(await stores.records.entries("")).toEqual([]);
    expect(await images.list()).toEqual([]);
  });

  /** Config and layer, from the manifest. */
  async function busyboxDigests(): Promise<readonly [string, string]> {
    const read = async (path: string): Promise<Record<string, never>> =>
      (await fetch(`${server.url}v2/library/busybox/${path}`)).json() as Promise<Record<string, never>>;
    const index = (await read("manifests/latest")) as unknown as { manifests: { digest: string }[] };
    const manifest = (await read(`manifests/${index.manifests[0]?.digest}`)) as unknown as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    return [manifest.config.digest, manifest.layers[0]?.digest ?? ""];
  }
});
