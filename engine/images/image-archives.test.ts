import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { collect, encodeUtf8, streamFrom, streamOf } from "../base/streams.ts";
import { type Digest, digestOf, hexOf } from "../oci/digest.ts";
import { readTar } from "../oci/layer-tar.ts";
import { parseReference } from "../oci/reference.ts";
import { type TarEntryFields, writeTar } from "../oci/tar-writer.ts";
import { ImageArchives } from "./image-archives.ts";
import { tarOf } from "./testing/image-fixture.ts";
import { create, expectEmpty, type ImagesWorld, imagesWorld } from "./testing/images-world.ts";

type Files = Map<string, Uint8Array>;

const json = (value: unknown): Uint8Array => encodeUtf8(JSON.stringify(value));

async function filesOf(tar: Uint8Array): Promise<Files> {
  const files: Files = new Map();
  for await (const { entry, content } of readTar(streamOf(tar)))
    if (entry.type === "file") files.set(entry.path, await collect(content));
  return files;
}

async function archiveOf(files: Files, extra: readonly TarEntryFields[] = []): Promise<Uint8Array> {
  const pieces = [...files].map(([path, bytes]) => ({ entry: { path, size: bytes.length }, content: streamOf(bytes) }));
  return await collect(writeTar([...pieces, ...extra.map((entry) => ({ entry }))]));
}

/** `manifest.json` of one image in files of these names, as Docker wrote it before it used digests. */
async function oldArchive(names: readonly string[] | null): Promise<{ files: Files; id: Digest; diffIds: Digest[] }> {
  const layers = [await tarOf("bin/x", "first"), await tarOf("bin/y", "second")];
  const diffIds = await Promise.all(layers.map(digestOf));
  const config = json({ os: "linux", architecture: "386", rootfs: { type: "layers", diff_ids: diffIds } });
  const files: Files = new Map([
    ["aaa/layer.tar", layers[0] as Uint8Array],
    ["bbb/layer.tar", layers[1] as Uint8Array],
    ["c.json", config],
    ["manifest.json", json([{ Config: "c.json", RepoTags: names, Layers: ["aaa/layer.tar", "bbb/layer.tar"] }])],
  ]);
  return { files, id: await digestOf(config), diffIds };
}

describe("images as archives", () => {
  let world: ImagesWorld;
  let archives: ImageArchives;

  const load = async (bytes: Uint8Array, options = {}): Promise<string[]> => {
    const told: string[] = [];
    const pieces = Array.from({ length: Math.ceil(bytes.length / 999) }, (_, n) => bytes.slice(n * 999, n * 999 + 999));
    for await (const event of archives.load(streamFrom(pieces), options)) {
      if (event.kind === "stream") told.push(event.text.trimEnd());
      else if (event.kind === "progress")
        told.push(`${event.status} ${event.id} ${event.currentBytes === event.totalBytes}`);
    }
    return told;
  };
  const save = async (...names: readonly string[]): Promise<Uint8Array> =>
    await collect((await archives.save(names)).tar);
  const other = async (): Promise<void> => {
    world = await imagesWorld();
    archives = new ImageArchives({ ...world, fetch: world.registry.fetch });
  };
  const blobCount = async (): Promise<number> => {
    let count = 0;
    for await (const _ of world.blobs.list()) count += 1;
    return count;
  };

  beforeEach(other);

  test("what was saved is the same image where it is loaded, under the same names", async () => {
    const { id } = await create(world, "named");
    await world.images.tag("named", "x.io/y:2");
    const bytes = await save("named", "x.io/y:2");
    expect(await save("named", "x.io/y:2")).toEqual(bytes);
    await other();
    expect(await load(bytes)).toEqual([
      expect.stringMatching(/^Loading layer [0-9a-f]{12} true$/),
      "Loaded image: named:latest",
      "Loaded image: x.io/y:2",
    ]);
    expect(await world.images.resolve("x.io/y:2")).toMatchObject({ id, repoTags: ["named:latest", "x.io/y:2"] });
    expect(await load(bytes)).toEqual(["Loaded image: named:latest", "Loaded image: x.io/y:2"]);
  });

  test("an archive has the layout of OCI and Docker's files beside it, in order", async () => {
    const { id, layers } = await create(world, "named");
    const files = await filesOf(await save("named"));
    const [layer] = layers as [Digest];
    const blob = (digest: Digest): string => `blobs/sha256/${hexOf(digest)}`;
    const text = (path: string): unknown => JSON.parse(new TextDecoder().decode(files.get(path)));
    expect([...files.keys()]).toEqual([...files.keys()].toSorted());
    expect(text("oci-layout")).toEqual({ imageLayoutVersion: "1.0.0" });
    expect(text("repositories")).toEqual({ named: { latest: hexOf(layer) } });
    expect(text("manifest.json")).toMatchObject([
      {
        Config: blob(id),
        RepoTags: ["named:latest"],
        Layers: [blob(layer)],
        LayerSources: { [layer]: { digest: layer } },
      },
    ]);
    const [descriptor] = (text("index.json") as { manifests: { digest: Digest; annotations: object }[] }).manifests;
    expect(descriptor?.annotations).toEqual({
      "io.containerd.image.name": "docker.io/library/named:latest",
      "org.opencontainers.image.ref.name": "latest",
    });
    expect(text(blob(descriptor?.digest as Digest))).toMatchObject({
      config: { digest: id },
      layers: [{ digest: layer }],
    });
    for (const [path, bytes] of files) if (path.startsWith("blobs/")) expect(blob(await digestOf(bytes))).toBe(path);
  });

  test("a repository is saved with all its tags, an id with none", async () => {
    const { id } = await create(world, "named");
    await world.images.tag("named", "named:2");
    const tagsOf = async (name: string): Promise<unknown> => {
      const files = await filesOf(await save(name));
      return JSON.parse(new TextDecoder().decode(files.get("manifest.json")))[0].RepoTags;
    };
    expect(await tagsOf("named")).toEqual(["named:2", "named:latest"]);
    expect(await tagsOf("named:2")).toEqual(["named:2"]);
    expect(await tagsOf(id)).toBeNull();
    expect(await tagsOf(hexOf(id).slice(0, 12))).toBeNull();
  });

  test("what is not here cannot be saved", async () => {
    await expect(archives.save(["nope"])).rejects.toMatchObject({ kind: "not-found", message: "No such image: nope" });
    await expect(archives.save(["nope:1"])).rejects.toThrow("reference does not exist");
    await create(world, "named");
    await expect(archives.save(["named"], { platform: { os: "linux", architecture: "arm" } })).rejects.toThrow(
      "no suitable export target found for platform linux/arm",
    );
  });

  test.each([
    ["plain", (bytes: Uint8Array) => bytes],
    ["compressed", (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes))],
  ])("archives of older Dockers are loaded, %s", async (_, pack) => {
    const { files, id, diffIds } = await oldArchive(["old:1"]);
    expect((await load(pack(await archiveOf(files)))).at(-1)).toBe("Loaded image: old:1");
    expect(await world.images.resolve("old:1")).toMatchObject({ id, layers: diffIds });
    expect(await blobCount()).toBe(2);
  });

  test("layers may be compressed, and symlinks to other layers", async () => {
    const { files, id, diffIds } = await oldArchive(null);
    const first = files.get("aaa/layer.tar") as Uint8Array;
    files.set("real/layer.tar", new Uint8Array(gzipSync(first)));
    files.delete("aaa/layer.tar");
    const links = [{ path: "aaa/layer.tar", type: "symlink", link: "../real/layer.tar" }] as const;
    expect((await load(await archiveOf(files, links))).at(-1)).toBe(`Loaded image ID: ${id}`);
    expect((await world.images.resolve(id)).layers).toEqual(diffIds);
  });

  test("an OCI layout alone is loaded, attestations left out", async () => {
    const { id } = await create(world, "named");
    const files = await filesOf(await save("named"));
    for (const name of ["manifest.json", "repositories"]) files.delete(name);
    const index = JSON.parse(new TextDecoder().decode(files.get("index.json")));
    index.manifests.push({ ...index.manifests[0], platform: { os: "unknown", architecture: "unknown" } });
    files.set("index.json", json(index));
    await other();
    expect((await load(await archiveOf(files))).at(-1)).toBe("Loaded image: named:latest");
    expect((await world.images.resolve("named")).id).toBe(id);
  });

  test("a name that another image had is told of", async () => {
    const { files, id } = await oldArchive(["named:latest"]);
    const before = await create(world, "named");
    expect((await load(await archiveOf(files))).slice(-2)).toEqual([
      `The image named:latest already exists, renaming the old one with ID ${before.id} to empty string`,
      "Loaded image: named:latest",
    ]);
    expect((await world.images.resolve("named")).id).toBe(id);
  });

  test("images of other platforms than the one asked for are passed over", async () => {
    const { files } = await oldArchive(["old:1"]);
    expect(await load(await archiveOf(files), { platform: { os: "linux", architecture: "arm64" } })).toEqual([]);
    await expectEmpty(world);
  });

  test.each<[string, (files: Files) => void, string]>([
    ["without a manifest", (files) => files.delete("manifest.json"), "does not contain a manifest.json"],
    [
      "with a broken manifest",
      (files) => files.set("manifest.json", encodeUtf8("{")),
      "failed to decode manifest.json",
    ],
    ["with no manifest but null", (files) => files.set("manifest.json", encodeUtf8("null")), "manifest cannot be null"],
    ["without its config", (files) => files.delete("c.json"), "open c.json: no such file or directory"],
    ["without a layer", (files) => files.delete("bbb/layer.tar"), "open bbb/layer.tar: no such file or directory"],
    ["with a layer that is no tar", (files) => files.set("bbb/layer.tar", encodeUtf8("x".repeat(600))), "archive/tar"],
    [
      "with another layer than its config says",
      (files) => files.set("bbb/layer.tar", files.get("aaa/layer.tar") as Uint8Array),
      "invalid diffID for layer 1: expected",
    ],
    [
      "with fewer layers than its config says",
      (files) => files.set("manifest.json", json([{ Config: "c.json", RepoTags: [], Layers: ["aaa/layer.tar"] }])),
      "invalid manifest, layers length mismatch: expected 1, got 2",
    ],
    [
      "with a name that is none",
      (files) =>
        files.set(
          "manifest.json",
          json([{ Config: "c.json", RepoTags: ["UPPER:1"], Layers: ["aaa/layer.tar", "bbb/layer.tar"] }]),
        ),
      "must be lowercase",
    ],
    [
      "with a config outside of it",
      (files) => files.set("manifest.json", json([{ Config: "/etc/passwd", Layers: [] }])),
      "open /etc/passwd: no such file or directory",
    ],
  ])("an archive %s leaves nothing", async (_, damage, message) => {
    const { files } = await oldArchive(["old:1"]);
    damage(files);
    await expect(load(await archiveOf(files))).rejects.toThrow(message);
    await expectEmpty(world);
  });

  test.each([
    ["breaks off", async (bytes: Uint8Array) => bytes.slice(0, 1300), "unexpected EOF"],
    ["is no tar", async () => encodeUtf8("garbage ".repeat(100)), "invalid tar header"],
    ["is empty", async () => new Uint8Array(0), "does not contain a manifest.json"],
    [
      "has a name that leads out",
      async () => archiveOf(new Map([["../x", Uint8Array.of(1)]])),
      'invalid entry name "../x"',
    ],
    [
      "has links that go round",
      async () =>
        archiveOf(new Map(), [
          { path: "manifest.json", type: "symlink", link: "index.json" },
          { path: "index.json", type: "symlink", link: "manifest.json" },
        ]),
      "too many links",
    ],
  ])("one that %s leaves nothing", async (_, make, message) => {
    const { files } = await oldArchive(["old:1"]);
    await expect(load(await make(await archiveOf(files)))).rejects.toThrow(message);
    await expectEmpty(world);
  });

  test("a damaged layout is noticed by its digests", async () => {
    const { id } = await create(world, "named");
    const files = await filesOf(await save("named"));
    for (const name of ["manifest.json", "repositories"]) files.delete(name);
    files.set(`blobs/sha256/${hexOf(id)}`, json({ rootfs: { diff_ids: [] } }));
    await other();
    await expect(load(await archiveOf(files))).rejects.toThrow(`invalid archive: content of ${id} is sha256:`);
    await expectEmpty(world);
  });

  test("a root becomes an image of one layer", async () => {
    const tar = await tarOf("etc/x", "root");
    const image = await archives.import(streamOf(new Uint8Array(gzipSync(tar))), {
      platform: { os: "linux", architecture: "386" },
      config: { Cmd: ["sh"] },
      message: "hey",
      name: parseReference("imported:1"),
    });
    expect(image).toMatchObject({
      layers: [await digestOf(tar)],
      repoTags: ["imported:1"],
      config: { architecture: "386", config: { Cmd: ["sh"] }, history: [{ comment: "hey" }] },
    });
    expect(await blobCount()).toBe(2);
  });

  test("a bad root leaves nothing", async () => {
    const options = { platform: { os: "linux", architecture: "386" }, config: {}, message: "" };
    await expect(archives.import(streamOf(encodeUtf8("x")), options)).rejects.toThrow("unexpected EOF");
    await expectEmpty(world);
  });
});
