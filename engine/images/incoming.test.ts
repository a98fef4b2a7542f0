import { expect, test } from "vitest";
import { collect, streamFrom, streamOf } from "../base/streams.ts";
import { sampleBytes } from "../content/blob-store.suite.ts";
import { digestOf } from "../oci/digest.ts";
import { writeTar } from "../oci/tar-writer.ts";
import { Incoming } from "./incoming.ts";
import { imagesWorld } from "./testing/images-world.ts";

test.each([
  ["stays in memory", 8 << 20],
  ["is put by in part", 2 << 20],
  ["is put by but for its first chunk", 1],
])("a new layer whose content %s is stored as it is", async (_, maxKeptBytes) => {
  const world = await imagesWorld();
  const content = sampleBytes(5_000_000, 3);
  const tar = await collect(writeTar([{ entry: { path: "a", size: content.length }, content: streamOf(content) }]));
  const pieces = Array.from({ length: Math.ceil(tar.length / 70_001) }, (_unused, n) =>
    tar.slice(n * 70_001, (n + 1) * 70_001),
  );
  const layer = await Incoming.during({ ...world, maxKeptBytes }, (incoming) => incoming.newLayer(streamFrom(pieces)));
  expect(layer.digest).toBe(await digestOf(tar));
  expect(Buffer.from(await collect(await world.layers.openTar(layer.digest))).equals(Buffer.from(tar))).toBe(true);
  for await (const { sizeBytes } of world.blobs.list())
    expect(sizeBytes, "nothing is left of what was put by").toBeLessThan(70_000);
});
