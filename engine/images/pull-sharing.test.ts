import { gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import type { Digest } from "../oci/digest.ts";
import type { PullEvent } from "./image-service.ts";
import { putImage } from "./testing/image-fixture.ts";
import { lines, noise, pull, textLayers, world } from "./testing/pull-world.ts";

describe("several pulls at once", () => {
  it("share each layer's transfer, and all of them tell about it", async () => {
    const { registry, images } = world();
    const fixture = await putImage(registry, { layers: await textLayers(noise(9, 20_000), "b") });
    const all = await Promise.all([pull(images), pull(images), pull(images)]);
    for (const digest of fixture.layerDigests) expect(registry.count(digest)).toBe(1);
    for (const events of all) expect(lines(events).filter((line) => line.endsWith("Pull complete"))).toHaveLength(2);
  });

  it("tell those who join late where a layer stands", async () => {
    const { registry, images } = world();
    const fixture = await putImage(registry, { layers: await textLayers(noise(16, 50_000)) });
    const [digest] = fixture.layerDigests as [Digest];
    let release: () => void = () => undefined;
    registry.fault = ({ path, headers }) => {
      registry.gate = headers.has("range") ? new Promise<void>((resolve) => (release = resolve)) : Promise.resolve();
      return path.endsWith(digest) && !headers.has("range") ? { kind: "reset", atByte: 20_000 } : undefined;
    };
    const first = pull(images);
    await vi.waitUntil(() => registry.count(digest) === 2);
    const second = images.pull("x:latest")[Symbol.asyncIterator]();
    const seen = [(await second.next()).value, (await second.next()).value, (await second.next()).value] as PullEvent[];
    expect(seen[2]?.status).toBe("Retrying in 1 second");
    release();
    await first;
    await second.return?.();
  });

  it("never have more than three downloads open", async () => {
    const { registry, images } = world();
    await putImage(registry, {
      layers: await textLayers(...["a", "b", "c", "d", "e", "f", "g"].map((text, seed) => text + noise(seed, 9000))),
    });
    await pull(images);
    expect(registry.peakBodies).toBeLessThanOrEqual(3);
  });

  it("go on for those who stay when one leaves", async () => {
    const { registry, images } = world();
    const fixture = await putImage(registry, { layers: await textLayers(noise(10, 20_000)) });
    const abort = new AbortController();
    let open: () => void = () => undefined;
    const isLayer = (): boolean => registry.count(fixture.layerDigests[0]!) === 1;
    registry.fault = ({ path }) => {
      if (path.endsWith(fixture.layerDigests[0]!)) registry.gate = new Promise<void>((resolve) => (open = resolve));
      return undefined;
    };
    const leaving = pull(images, "x:latest", { signal: abort.signal });
    const staying = pull(images);
    await vi.waitUntil(isLayer);
    // Both have joined by now, or join a transfer that goes on.
    await new Promise((resolve) => setTimeout(resolve, 20));
    abort.abort(new Error("enough"));
    await expect(leaving).rejects.toThrow("enough");
    open();
    registry.gate = Promise.resolve();
    await staying;
    expect(registry.count(fixture.layerDigests[0]!)).toBe(1);
  });

  it("bring a layer once that two images compress differently", async () => {
    const { registry, images, layers } = world();
    const [layer] = await textLayers(noise(11, 20_000));
    await putImage(registry, { layers: [layer!] });
    await putImage(registry, {
      repository: "library/y",
      layers: [{ ...layer!, compressed: new Uint8Array(gzipSync(layer!.tar, { level: 1 })) }],
    });
    await Promise.all([pull(images), pull(images, "y:latest")]);
    expect(layers.peakUnpacking).toBe(1);
    expect((await images.list()).map(({ repoTags }) => repoTags)).toEqual([["x:latest", "y:latest"]]);
  });
});

describe("leaving", () => {
  it("in the middle of the iteration ends the transfer and leaves no image", async () => {
    const { registry, images, layers } = world();
    await putImage(registry, { layers: await textLayers(noise(12, 20_000)) });
    for await (const event of images.pull("x:latest")) {
      if (event.status === "Downloading") break;
    }
    await vi.waitUntil(() => layers.unpacking === 0);
    expect(layers.layers.size).toBe(0);
    expect(await images.list()).toEqual([]);
  });

  it("by the signal rejects with its reason, also between retries", async () => {
    const { registry, images } = world();
    const fixture = await putImage(registry, { layers: await textLayers("a") });
    const abort = new AbortController();
    registry.fault = ({ path }) => {
      if (!path.endsWith(fixture.layerDigests[0]!)) return undefined;
      queueMicrotask(() => abort.abort(new Error("enough")));
      return { kind: "network" };
    };
    await expect(pull(images, "x:latest", { signal: abort.signal })).rejects.toThrow("enough");
  });
});
