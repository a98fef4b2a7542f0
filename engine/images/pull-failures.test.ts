import { gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { EngineError } from "../base/errors.ts";
import { MemoryBlobStore } from "../content/memory-blob-store.ts";
import { digestOf, hexOf } from "../oci/digest.ts";
import { FakeLayerStore } from "./testing/fake-layer-store.ts";
import { putImage, tarOf } from "./testing/image-fixture.ts";
import { lines, noise, pull, textLayers, world } from "./testing/pull-world.ts";
import { type Fault, faultsFor } from "./testing/registry-double.ts";

describe("a layer that breaks off", () => {
  const big = noise(3, 50_000);

  it.each(["reset", "truncate"] as const)("(%s) goes on where it stopped, after Docker's countdown", async (kind) => {
    const { registry, images, clock } = world();
    const fixture = await putImage(registry, { layers: await textLayers(big) });
    const [digest] = fixture.layerDigests;
    registry.fault = faultsFor(digest!, { kind, atByte: 20_000 });
    const id = hexOf(digest!).slice(0, 12);
    const printed = lines(await pull(images));
    expect(printed.filter((line) => line.includes("Retrying"))).toEqual(
      [5, 4, 3, 2, 1].map((left) => `${id}: Retrying in ${left} second${left === 1 ? "" : "s"}`),
    );
    expect(clock.slept).toEqual([1000, 1000, 1000, 1000, 1000]);
    const asked = registry.requests.filter(({ path }) => path.endsWith(digest!));
    expect(asked.map(({ headers }) => headers.get("range"))).toEqual([null, "bytes=20000-"]);
    expect((await images.resolve("x")).sizeBytes).toBe(50_000);
  });

  it("is never given up while each try brings a good part of it", async () => {
    const { registry, images } = world({ chunkBytes: 1 << 16 });
    const fixture = await putImage(registry, { layers: await textLayers(noise(15, 12 << 20)) });
    const [digest] = fixture.layerDigests;
    registry.fault = ({ path }) => (path.endsWith(digest!) ? { kind: "reset", atByte: 5 << 18 } : undefined);
    await pull(images);
    expect(registry.count(digest!)).toBeGreaterThan(5);
  });

  it("gives up after five tries with the last reason", async () => {
    const { registry, images, clock } = world();
    const fixture = await putImage(registry, { layers: await textLayers(big) });
    const fault: Fault = { kind: "status", status: 500 };
    registry.fault = ({ path }) => (path.endsWith(fixture.layerDigests[0]!) ? fault : undefined);
    await expect(pull(images)).rejects.toThrow("received unexpected HTTP status: 500 Internal Server Error");
    expect(registry.count(fixture.layerDigests[0]!)).toBe(5);
    expect(clock.slept).toHaveLength(5 + 10 + 15 + 20);
    expect(await images.list()).toEqual([]);
  });

  it("resumes in another session", async () => {
    const { registry, images, layers, reload } = world();
    const fixture = await putImage(registry, { layers: await textLayers(big) });
    const [digest] = fixture.layerDigests;
    const abort = new AbortController();
    registry.fault = faultsFor(digest!, { kind: "stall", atByte: 30_000 });
    const stopped = pull(images, "x:latest", { signal: abort.signal });
    await vi.waitUntil(() => registry.stalls === 1);
    abort.abort(new Error("the tab was closed"));
    await expect(stopped).rejects.toThrow("the tab was closed");
    await vi.waitUntil(() => layers.unpacking === 0);
    await pull(reload());
    expect(registry.requests.findLast(({ path }) => path.endsWith(digest!))?.headers.get("range")).toBe("bytes=30000-");
  });

  it("is tried again although the layer store words the failure in its own way", async () => {
    class Wrapping extends FakeLayerStore {
      override async unpack(...parameters: Parameters<FakeLayerStore["unpack"]>): Promise<void> {
        await super.unpack(...parameters).catch((cause: unknown) => {
          throw new EngineError("internal", "cannot unpack", { cause });
        });
      }
    }
    const { registry, images } = world({}, { layers: new Wrapping() });
    const fixture = await putImage(registry, { layers: await textLayers(big) });
    registry.fault = faultsFor(fixture.layerDigests[0]!, { kind: "reset", atByte: 20_000 });
    const printed = lines(await pull(images));
    expect(printed.some((line) => line.includes("Retrying"))).toBe(true);
  });

  it("leaves nothing partial when another tab brought the layer meanwhile", async () => {
    class Shared extends FakeLayerStore {
      override async unpack(...[diffId, tar]: Parameters<FakeLayerStore["unpack"]>): Promise<void> {
        const reader = tar.getReader();
        await reader.read();
        await reader.cancel();
        this.layers.set(diffId, await tarOf("file0", big));
      }
    }
    const { registry, images, blobs } = world({}, { layers: new Shared() });
    const fixture = await putImage(registry, { layers: await textLayers(noise(14, 1 << 20)) });
    await pull(images);
    expect(await blobs.stat(fixture.layerDigests[0]!)).toBeUndefined();
    await using ingest = await blobs.ingest(fixture.layerDigests[0]!);
    expect(ingest.offsetBytes).toBe(0);
  });

  it("is not tried again where nothing would change", async () => {
    const { registry, images } = world();
    const fixture = await putImage(registry, { layers: await textLayers("a") });
    registry.fault = faultsFor(fixture.layerDigests[0]!, { kind: "status", status: 404 });
    await expect(pull(images)).rejects.toThrow("unknown blob");
    registry.fault = faultsFor(fixture.layerDigests[0]!, { kind: "status", status: 403, body: "no" });
    await expect(pull(images)).rejects.toThrow(
      "pull access denied for x, repository does not exist or may require 'docker login': denied: no",
    );
    expect(registry.count(fixture.layerDigests[0]!)).toBe(2);
  });
});

describe("content that is not what it claims", () => {
  it.each([10, 3000])("is refused when a byte at %i was changed on the way", async (atByte) => {
    const { registry, images, layers } = world();
    const fixture = await putImage(registry, { layers: await textLayers(noise(4, 5000)) });
    const [digest] = fixture.layerDigests;
    registry.fault = ({ path, headers }) =>
      path.endsWith(digest!) && !headers.has("range") ? { kind: "tamper", atByte } : undefined;
    await expect(pull(images)).rejects.toThrow(`filesystem layer verification failed for digest ${digest}`);
    expect(layers.layers.size).toBe(0);
  });

  it("is refused when it is longer than its descriptor, without reading on", async () => {
    const { registry, images, blobs } = world();
    const [layer] = await textLayers("a");
    const fixture = await putImage(registry, { layers: [layer!] });
    const [digest] = fixture.layerDigests;
    registry.fault = faultsFor(digest!, { kind: "body", body: "x".repeat(1 << 20) });
    await expect(pull(images)).rejects.toThrow(`filesystem layer verification failed for digest ${digest}`);
    await using ingest = await blobs.ingest(digest!);
    expect(ingest.offsetBytes).toBe(0);
  });

  it("is downloaded anew when what an earlier try left was damaged", async () => {
    const { registry, images, blobs } = world();
    const fixture = await putImage(registry, { layers: await textLayers(noise(5, 5000)) });
    const [digest] = fixture.layerDigests;
    {
      await using ingest = await blobs.ingest(digest!);
      await ingest.write(new Uint8Array(1000));
    }
    await pull(images);
    const asked = registry.requests.filter(({ path }) => path.endsWith(digest!));
    expect(asked.map(({ headers }) => headers.get("range"))).toEqual(["bytes=1000-", null]);
  });

  it("is refused when the config names other layers", async () => {
    const { registry, images } = world();
    const [layer] = await textLayers("a");
    await putImage(registry, { layers: [{ ...layer!, diffId: await digestOf(new Uint8Array(1)) }] });
    await expect(pull(images)).rejects.toThrow("layers from manifest don't match image configuration");
    expect(await images.list()).toEqual([]);
  });

  it("is refused when it is no tar, or no gzip, although the digest is right", async () => {
    const { registry, images } = world();
    const junk = new TextEncoder().encode("this is no tar at all. ".repeat(100));
    await putImage(registry, { layers: [{ tar: junk, compressed: junk }] });
    await expect(pull(images)).rejects.toThrow(/^failed to register layer: /);
    const cut = new Uint8Array(gzipSync(await tarOf("f", noise(6, 5000)))).slice(0, 3000);
    await putImage(registry, {
      repository: "library/y",
      layers: [{ tar: await tarOf("f", noise(6, 5000)), compressed: cut }],
    });
    await expect(pull(images, "y:latest")).rejects.toThrow(/^failed to register layer: invalid compressed data/);
  });

  it("is refused when it inflates beyond the limit", async () => {
    const { registry, images } = world({}, { maxLayerBytes: 1 << 20 });
    await putImage(registry, { layers: [{ tar: await tarOf("zeros", "\0".repeat(4 << 20)) }] });
    await expect(pull(images)).rejects.toThrow("failed to register layer: layer is larger than 1048576 bytes");
  });

  it("is refused for a config that was changed, or is larger than it says", async () => {
    const { registry, images } = world();
    const fixture = await putImage(registry, { layers: await textLayers("a") });
    registry.fault = faultsFor(fixture.id, { kind: "tamper", atByte: 5 });
    await expect(pull(images)).rejects.toThrow(
      `error pulling image configuration: download failed after attempts=1: image config verification failed for digest ${fixture.id}`,
    );
    registry.fault = faultsFor(fixture.id, { kind: "body", body: "x".repeat(1 << 20) });
    await expect(pull(images)).rejects.toThrow("image config verification failed");
  });
});

describe("a full disk", () => {
  it("ends the pull with the store's words, and keeps what was downloaded", async () => {
    const small = new MemoryBlobStore({ capacityBytes: 20_000 });
    const { registry, images } = world({}, { blobs: small });
    await putImage(registry, { layers: await textLayers(noise(7, 60_000)) });
    await expect(pull(images)).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("no space left") as string,
    });
    expect(await images.list()).toEqual([]);
  });

  it("of the layer store is not retried", async () => {
    const { registry, images } = world({}, { layers: new FakeLayerStore({ capacityBytes: 5000 }) });
    const fixture = await putImage(registry, { layers: await textLayers(noise(8, 60_000)) });
    await expect(pull(images)).rejects.toMatchObject({ kind: "unavailable", message: "no space left on device" });
    expect(registry.count(fixture.layerDigests[0]!)).toBe(1);
  });
});
