import { describe, expect, it } from "vitest";
import { encodeUtf8, streamOf } from "../base/streams.ts";
import type { MemoryBlobStore } from "../content/memory-blob-store.ts";
import type { Digest } from "../oci/digest.ts";
import { B, create, imagesWorld, pull, rmi } from "./testing/images-world.ts";

describe("a damaged store", () => {
  it("hides only the image whose document rotted, and a pull mends it", async () => {
    const w = await imagesWorld();
    await pull(w.images, `${B}:latest`);
    const other = await create(w, "named");
    await rot(w, w.busybox.id);
    const images = w.reload();
    expect((await images.list()).map(({ id }) => id)).toEqual([other.id]);
    await expect(images.resolve(`${B}:latest`)).rejects.toMatchObject({ kind: "not-found" });
    await pull(images, `${B}:latest`);
    expect((await images.resolve(`${B}:latest`)).id).toBe(w.busybox.id);
  });

  it("lets the damaged image be removed", async () => {
    const w = await imagesWorld();
    await pull(w.images, `${B}:latest`);
    await rot(w, w.busybox.manifestDigest);
    expect(await rmi({ ...w, images: w.reload() }, `${B}:latest`)).toContain(`Deleted: ${w.busybox.id}`);
    expect(await w.records.entries("images/")).toEqual([]);
  });

  it("with records that are none lists the others", async () => {
    const w = await imagesWorld();
    await pull(w.images, `${B}:latest`);
    await w.records.set("images/docker.io/library/half:1", { id: w.busybox.id });
    await w.records.set("images/Not A Name", { id: w.busybox.id, manifest: { digest: w.busybox.manifestDigest } });
    await w.records.set("image-ids/x", null);
    expect((await w.images.list()).map(({ repoTags }) => repoTags)).toEqual([[`${B}:latest`]]);
    await expect(w.images.resolve("half:1")).rejects.toThrow("No such image: half:1");
  });
});

describe("a pull while the image is removed", () => {
  it("ends with the image, whichever came first", async () => {
    const w = await imagesWorld();
    for (let round = 0; round < 20; round += 1) {
      await pull(w.images, `${B}:latest`);
      const pulling = pull(w.images, `${B}:1.35`);
      for (let step = 0; step < round; step += 1) await Promise.resolve();
      await Promise.allSettled([pulling, rmi(w, w.busybox.id, true)]);
      await pulling;
      const image = await w.images.resolve(`${B}:1.35`).catch(() => undefined);
      if (image) for (const layer of image.layers) expect(await w.layers.has(layer)).toBe(true);
    }
  });
});

/** Another content under the same digest: what a disk may do. */
async function rot({ blobs }: { blobs: MemoryBlobStore }, digest: Digest): Promise<void> {
  const open = blobs.open.bind(blobs);
  let isRotten = true;
  blobs.open = async (asked, range) =>
    asked === digest && isRotten ? streamOf(encodeUtf8("{}")) : await open(asked, range);
  const remove = blobs.delete.bind(blobs);
  blobs.delete = async (asked) => {
    if (asked === digest) isRotten = false;
    await remove(asked);
  };
}
