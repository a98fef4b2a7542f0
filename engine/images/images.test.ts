import { describe, expect, it } from "vitest";
import { encodeUtf8 } from "../base/streams.ts";
import { type Digest, digestOf } from "../oci/digest.ts";
import { OCI_LAYER } from "../oci/media-types.ts";
import { tarOf } from "./testing/image-fixture.ts";
import { B, create, expectEmpty, imagesWorld, pull, rmi } from "./testing/images-world.ts";

describe("an image", () => {
  it("is found by familiar and canonical names, by id and by unique beginnings of the id", async () => {
    const w = await imagesWorld();
    await pull(w.images, `${B}:latest`);
    await w.images.tag(B, "bb");
    const { id, digest } = w.busybox;
    for (const name of [
      "bb",
      "bb:latest",
      "docker.io/library/bb",
      B,
      `${B}@${digest}`,
      `${B}:x@${digest}`,
      id,
      id.slice(7),
      id.slice(0, 12),
      id.slice(7, 9),
    ]) {
      expect((await w.images.resolve(name)).id, name).toBe(id);
    }
  });

  it("is not found by a beginning that two ids share, and a name goes before an id", async () => {
    const w = await imagesWorld();
    // Seventeen images: two ids begin with the same digit.
    const made = await Promise.all(Array.from({ length: 17 }, (_, n) => create(w, `n${n}`)));
    const first = made.map(({ id }) => id.slice(7, 8));
    const shared = first.find((digit, index) => first.indexOf(digit) !== index) ?? "";
    await expect(w.images.resolve(shared)).rejects.toThrow(`No such image: ${shared}:latest`);
    await w.images.tag(made[0]!.id, shared);
    expect((await w.images.resolve(shared)).id).toBe(made[0]!.id);
  });

  it("with both a tag and names elsewhere lists them sorted, and newer images come first", async () => {
    const w = await imagesWorld();
    await pull(w.images, `${B}:latest`);
    for (const name of ["zz", "aa:2", "aa:1"]) await w.images.tag(B, name);
    const newer = await create(w, "newer", "2027-01-01T00:00:00Z");
    const images = await w.images.list();
    expect(images.map(({ id }) => id)).toEqual([newer.id, w.busybox.id]);
    expect(images[1]?.repoTags).toEqual([`${B}:latest`, "aa:1", "aa:2", "zz:latest"]);
  });

  it("whose blobs another tab removed is neither listed nor found", async () => {
    const w = await imagesWorld();
    await pull(w.images, `${B}:latest`);
    await w.blobs.delete(w.busybox.id);
    const reloaded = w.reload();
    expect(await reloaded.list()).toEqual([]);
    await expect(reloaded.resolve(B)).rejects.toMatchObject({ kind: "not-found" });
    await pull(reloaded, `${B}:latest`);
    expect(await reloaded.resolve(B)).toMatchObject({ id: w.busybox.id });
  });
});

describe("tag", () => {
  it("moves a name, and the image that had it stays", async () => {
    const w = await imagesWorld();
    const [one, two] = [await create(w, "one"), await create(w, "two")];
    await w.images.tag(one.id, "x");
    await w.images.tag(two.id, "x");
    expect((await w.images.resolve("x")).id).toBe(two.id);
    expect(await w.images.resolve(one.id)).toMatchObject({ repoTags: [] });
  });

  it("keeps an image that loses its only name to another", async () => {
    const w = await imagesWorld();
    const one = await create(w, "named");
    expect(one.repoTags).toEqual(["named:latest"]);
    const two = await create(w, "two");
    await w.images.tag(two.id, "named");
    expect(await w.reload().resolve(one.id)).toMatchObject({ repoTags: [] });
  });

  it.each([
    ["nope", "x:1", "No such image: nope:latest"],
    ["one", `x@sha256:${"0".repeat(64)}`, "refusing to create a tag with a digest reference"],
    ["one", "sha256:1", "refusing to create an ambiguous tag using digest algorithm as name"],
    ["one", "X", "invalid reference format: repository name (library/X) must be lowercase"],
  ])("of %s as %s fails as in Docker", async (from, to, message) => {
    const w = await imagesWorld();
    await create(w, "one");
    await w.images.tag((await w.images.list())[0]!.id, "one");
    await expect(w.images.tag(from, to)).rejects.toThrow(message);
  });
});

describe("create", () => {
  it("makes an image of layers that are here, with or without a name", async () => {
    const w = await imagesWorld();
    const image = await create(w, "a");
    expect(image).toMatchObject({ repoTags: [], sizeBytes: 1 });
    expect(await w.reload().resolve(image.id)).toEqual(image);
    await rmi(w, image.id);
    await expectEmpty(w);
  });

  it("refuses layers that are not here", async () => {
    const w = await imagesWorld();
    const diffId = await digestOf(new Uint8Array(3));
    const config = encodeUtf8(
      JSON.stringify({ os: "linux", architecture: "386", rootfs: { type: "layers", diff_ids: [diffId] } }),
    );
    await expect(w.images.create(config, [{ mediaType: OCI_LAYER, digest: diffId, size: 3 }])).rejects.toThrow(
      "was removed while it was being stored",
    );
    expect(await w.images.list()).toEqual([]);
  });
});

describe("collectGarbage", () => {
  it("leaves alone what it does not know, what is leased, and what others use", async () => {
    const w = await imagesWorld({ users: async () => ({ blobs: [], layers: [foreign] }) });
    const tar = await tarOf("f", "foreign");
    const foreign = await digestOf(tar);
    await w.layers.unpack(foreign, new Blob([tar as Uint8Array<ArrayBuffer>]).stream());
    {
      await using ingest = await w.blobs.ingest(foreign);
      await ingest.write(tar);
      await ingest.commit();
    }
    const lease = await w.images.lease({ blobs: [foreign], layers: [foreign] });
    await w.images.collectGarbage({ everything: true });
    expect([...w.layers.layers.keys()]).toEqual([foreign]);
    w.clock.advance(11 * 60_000);
    await w.images.collectGarbage();
    expect(await w.blobs.stat(foreign)).toBeDefined();
    expect(await w.images.collectGarbage({ everything: true })).toEqual({ blobs: [foreign], layers: [] });
    await lease.end();
  });

  it("keeps what work under way needs, although the image that had it goes", async () => {
    const w = await imagesWorld();
    await pull(w.images, `${B}:latest`);
    const lease = await w.images.lease({ blobs: [], layers: w.busybox.diffIds });
    await rmi(w, `${B}:latest`);
    expect([...w.layers.layers.keys()]).toEqual(w.busybox.diffIds);
    await lease.end();
  });

  it("keeps what a broken pull left for a day, partial downloads included", async () => {
    const w = await imagesWorld();
    const [digest] = w.busybox.layerDigests as [Digest];
    let broken = false;
    w.registry.fault = ({ path }) => {
      if (!path.endsWith(digest)) return undefined;
      if (broken) return { kind: "status", status: 500 };
      broken = true;
      return { kind: "reset", atByte: 50 };
    };
    await expect(pull(w.images, `${B}:latest`)).rejects.toThrow("500");
    const partial = async (): Promise<number> => {
      await using ingest = await w.blobs.ingest(digest);
      return ingest.offsetBytes;
    };
    w.clock.advance(23 * 3_600_000);
    await w.images.collectGarbage();
    expect(await partial()).toBeGreaterThan(0);
    w.clock.advance(2 * 3_600_000);
    await w.images.collectGarbage();
    expect(await partial()).toBe(0);
    await expectEmpty(w);
  });
});
