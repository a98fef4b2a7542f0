import { describe, expect, it } from "vitest";
import { encodeUtf8 } from "../base/streams.ts";
import { chainIds } from "../oci/chain-id.ts";
import { type Digest, digestOf } from "../oci/digest.ts";
import { OCI_LAYER } from "../oci/media-types.ts";
import { parseReference } from "../oci/reference.ts";
import type { Image } from "./image-service.ts";
import { putImage, tarOf } from "./testing/image-fixture.ts";
import { B, expectEmpty, imagesWorld, pull, rmi } from "./testing/images-world.ts";

// What dockerd 28.5.2 answered to the same commands.
describe("rmi", () => {
  it("of a name among several takes away the name only", async () => {
    const w = await imagesWorld();
    await pull(w.images, `${B}:latest`);
    await w.images.tag(`${B}:latest`, "bb:1");
    expect(await rmi(w, "bb:1")).toEqual(["Untagged: bb:1"]);
    await pull(w.images, `${B}:1.35`);
    expect(await rmi(w, B)).toEqual([`Untagged: ${B}:latest`]);
    expect(await w.images.resolve(`${B}:1.35`)).toMatchObject({
      repoTags: [`${B}:1.35`],
      repoDigests: [`${B}@${w.busybox.digest}`],
    });
  });

  it("of the last name takes away digests, image and layers", async () => {
    const w = await imagesWorld();
    await pull(w.images, `${B}:1.35`);
    const { id, digest, diffIds } = w.busybox;
    expect(await rmi(w, `${B}:1.35`)).toEqual([
      `Untagged: ${B}:1.35`,
      `Untagged: ${B}@${digest}`,
      `Deleted: ${id}`,
      ...(await chainIds(diffIds)).map((chain) => `Deleted: ${chain}`),
    ]);
    await expectEmpty(w);
  });

  it("of an id takes away all names of one repository, and refuses several", async () => {
    const w = await imagesWorld();
    await pull(w.images, B);
    const id = w.busybox.id.slice(7, 19);
    await w.images.tag(`${B}:latest`, "bb:1");
    await expect(rmi(w, id)).rejects.toMatchObject({
      kind: "conflict",
      message: `conflict: unable to delete ${id} (must be forced) - image is referenced in multiple repositories`,
    });
    expect((await rmi(w, id, true)).toSorted()).toEqual(
      [
        `Untagged: ${B}:1.35`,
        `Untagged: ${B}:latest`,
        `Untagged: ${B}@${w.busybox.digest}`,
        "Untagged: bb:1",
        `Deleted: ${w.busybox.id}`,
        `Deleted: ${w.busybox.diffIds[0]}`,
      ].toSorted(),
    );
    await expectEmpty(w);
  });

  it("of a digest reference takes away an image that has no other", async () => {
    const w = await imagesWorld();
    await pull(w.images, `${B}@${w.busybox.digest}`);
    expect((await rmi(w, `${B}@${w.busybox.digest}`))[0]).toBe(`Untagged: ${B}@${w.busybox.digest}`);
    await expectEmpty(w);
  });

  it("of a name that a stopped container uses must be forced, and then keeps the image", async () => {
    const w = await imagesWorld();
    await pull(w.images, `${B}:latest`);
    w.containers.push({ id: "09d66be5715310e75dd3", running: false, image: w.busybox.id });
    const id = w.busybox.id.slice(7, 19);
    await expect(rmi(w, `${B}:latest`)).rejects.toMatchObject({
      kind: "conflict",
      message: `conflict: unable to remove repository reference "${B}:latest" (must force) - container 09d66be57153 is using its referenced image ${id}`,
    });
    await expect(rmi(w, id)).rejects.toThrow(
      `conflict: unable to delete ${id} (must be forced) - image is being used by stopped container 09d66be57153`,
    );
  });

  it("of a name that a running container uses, forced, leaves the image without a name", async () => {
    const w = await imagesWorld();
    await pull(w.images, `${B}:latest`);
    w.containers.push({ id: "1eb8211122e5f1bae956", running: true, image: w.busybox.id });
    const id = w.busybox.id.slice(7, 19);
    expect(await rmi(w, `${B}:latest`, true)).toEqual([`Untagged: ${B}:latest`, `Untagged: ${B}@${w.busybox.digest}`]);
    expect(await w.reload().list()).toMatchObject([{ id: w.busybox.id, repoTags: [], repoDigests: [] }]);
    const refusal = `conflict: unable to delete ${id} (cannot be forced) - image is being used by running container 1eb8211122e5`;
    await expect(rmi(w, id, true)).rejects.toThrow(refusal);
    await w.images.tag(id, "again:1");
    expect(await rmi(w, "again:1", true)).toEqual(["Untagged: again:1"]);
    w.containers.length = 0;
    expect(await rmi(w, id)).toEqual([`Deleted: ${w.busybox.id}`, `Deleted: ${w.busybox.diffIds[0]}`]);
    await expectEmpty(w);
  });

  it("of an image whose stopped container stays, forced, keeps that container's layers", async () => {
    const used: Digest[] = [];
    const w = await imagesWorld({ users: async () => ({ blobs: [], layers: used }) });
    await pull(w.images, `${B}:latest`);
    used.push(...w.busybox.diffIds);
    w.containers.push({ id: "1eb8211122e5f1bae956", running: false, image: w.busybox.id });
    expect(await rmi(w, w.busybox.id, true)).toEqual([
      `Untagged: ${B}:latest`,
      `Untagged: ${B}@${w.busybox.digest}`,
      `Deleted: ${w.busybox.id}`,
    ]);
    expect([...w.layers.layers.keys()]).toEqual(used);
  });

  it("keeps layers that another image has", async () => {
    const w = await imagesWorld();
    const [base, top] = [await tarOf("bin", "busybox"), await tarOf("top", "more")];
    const other = await putImage(w.registry, { repository: "other", layers: [{ tar: base }, { tar: top }] });
    await pull(w.images, `${B}:latest`, "127.0.0.1:5001/other:latest");
    const [, chain] = await chainIds(other.diffIds);
    expect((await rmi(w, "127.0.0.1:5001/other")).filter((line) => line.startsWith("Deleted"))).toEqual([
      `Deleted: ${other.id}`,
      `Deleted: ${chain}`,
    ]);
    expect([...w.layers.layers.keys()]).toEqual(w.busybox.diffIds);
  });

  it.each([
    ["nope", "not-found", "No such image: nope:latest"],
    ["0000", "not-found", "No such image: 0000:latest"],
    ["sha256:00", "not-found", "No such image: sha256:00"],
    [`sha256:${"0".repeat(64)}`, "not-found", `No such image: sha256:${"0".repeat(64)}`],
    ["0".repeat(64), "not-found", `No such image: sha256:${"0".repeat(64)}`],
    [`nope:1@sha256:${"0".repeat(64)}`, "not-found", `No such image: nope:1@sha256:${"0".repeat(64)}`],
    ["zzz/Upper", "invalid-argument", "invalid reference format: repository name (zzz/Upper) must be lowercase"],
  ])("of %s fails as in Docker", async (name, kind, message) => {
    await expect(rmi(await imagesWorld(), name)).rejects.toMatchObject({ kind, message });
  });
});

describe("images made of one another", () => {
  /** `base:1` → an image without a name → `kid:1`. */
  async function family() {
    const w = await imagesWorld();
    const make = async (text: string, name: string | undefined, parent?: Image): Promise<Image> => {
      const tars = [...(parent ? (parents.get(parent.id) ?? []) : []), await tarOf(text, text)];
      const diffIds = await Promise.all(tars.map((tar) => digestOf(tar)));
      await w.layers.unpack(diffIds.at(-1)!, new Blob([tars.at(-1) as Uint8Array<ArrayBuffer>]).stream());
      const config = { os: "linux", architecture: "386", rootfs: { type: "layers", diff_ids: diffIds } };
      const image = await w.images.create(
        encodeUtf8(JSON.stringify(config)),
        tars.map((tar, index) => ({ mediaType: OCI_LAYER, digest: diffIds[index]!, size: tar.length })),
        name === undefined ? [] : [parseReference(name)],
        parent ? { parent: parent.id } : {},
      );
      parents.set(image.id, tars);
      return image;
    };
    const parents = new Map<string, Uint8Array[]>();
    const base = await make("base", "base:1");
    const middle = await make("middle", undefined, base);
    const kid = await make("kid", "kid:1", middle);
    return { ...w, base, middle, kid };
  }

  it("stay while others are made of them, even by force", async () => {
    const w = await family();
    const text = `conflict: unable to delete ${w.middle.id.slice(7, 19)} (cannot be forced) - image has dependent child images`;
    await expect(rmi(w, w.middle.id, true)).rejects.toThrow(text);
    expect(await rmi(w, "base:1")).toEqual(["Untagged: base:1"]);
    expect((await w.images.resolve(w.base.id)).hasChildren).toBe(true);
  });

  it("go with the last that was made of them, as far as they have no name", async () => {
    const w = await family();
    expect((await rmi(w, "kid:1")).filter((line) => !line.includes("Deleted: sha256:") || isImage(w, line))).toEqual([
      "Untagged: kid:1",
      `Deleted: ${w.kid.id}`,
      `Deleted: ${w.middle.id}`,
    ]);
    expect((await w.images.list()).map(({ id }) => id)).toEqual([w.base.id]);
    expect((await w.images.resolve("base:1")).hasChildren).toBeUndefined();
    await rmi(w, "base:1");
    await expectEmpty(w);
  });

  it("stay when they are wanted, or a container uses them", async () => {
    const w = await family();
    w.containers.push({ id: "c".repeat(64), running: false, image: w.base.id });
    await rmi(w, "base:1", true);
    await w.images.remove("kid:1", { force: false, inUseBy: () => [], keepParents: true });
    expect((await w.images.list()).map(({ id }) => id).toSorted()).toEqual([w.base.id, w.middle.id].toSorted());
    await rmi(w, w.middle.id);
    expect((await w.images.list()).map(({ id }) => id)).toEqual([w.base.id]);
  });

  const isImage = (w: { kid: Image; middle: Image; base: Image }, line: string): boolean =>
    [w.kid, w.middle, w.base].some(({ id }) => line.endsWith(id));
});
