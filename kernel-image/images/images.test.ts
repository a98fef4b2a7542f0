import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { TarEntry } from "../../engine/oci/layer-tar.ts";
import { TarParser } from "../../engine/oci/layer-tar.ts";
import { parseImageConfig, parseManifest } from "../../engine/oci/parse-manifest.ts";
import { busybox } from "./busybox/recipe.ts";
import { installedPackages } from "./debian-packages.ts";
import { helloWorld } from "./hello-world/recipe.ts";
import type { Artifact } from "./image-writer.ts";
import { IMAGES_DIRECTORY, recipeHash } from "./recipe.ts";
import { gzip, sha256, Tree } from "./tree.ts";

const V2 = join(IMAGES_DIRECTORY, "../../public/v2");
const artifacts = JSON.parse(readFileSync(join(IMAGES_DIRECTORY, "artifacts.json"), "utf8")) as Record<
  string,
  Artifact
>;

function entriesOf(tar: Uint8Array): readonly TarEntry[] {
  const entries: TarEntry[] = [];
  const parser = new TarParser({ entry: (entry) => void entries.push(entry) });
  parser.push(tar);
  parser.end();
  return entries;
}

async function imageOf(repository: string) {
  const read = (path: string): Promise<Uint8Array> => readFile(join(V2, repository, path));
  const index = parseManifest(await read("manifests/latest"));
  if (index.kind !== "index") throw new Error("no index");
  const [descriptor] = index.index.manifests;
  const manifest = parseManifest(await read(`manifests/${descriptor?.digest}`));
  if (manifest.kind !== "manifest") throw new Error("no manifest");
  const config = parseImageConfig(
    await read(`blobs/${manifest.manifest.config.digest}`),
    manifest.manifest.layers.length,
  );
  const layers = await Promise.all(
    manifest.manifest.layers.map(async ({ digest }) => new Uint8Array(gunzipSync(await read(`blobs/${digest}`)))),
  );
  return { index: index.index, manifest: manifest.manifest, config, layers };
}

describe.each([helloWorld, busybox])("the committed image $repository", (recipe) => {
  it("was made from its recipe as it is now, and no file of it was changed", async () => {
    const artifact = artifacts[recipe.repository];
    expect(artifact?.recipe).toBe(await recipeHash(recipe));
    const found: Record<string, string> = {};
    for (const entry of await readdir(join(V2, recipe.repository), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) found[path.slice(join(V2, recipe.repository).length + 1)] = sha256(await readFile(path));
    }
    expect(found).toEqual(
      Object.fromEntries(Object.entries(artifact?.files ?? {}).map(([path, file]) => [path, file.sha256])),
    );
  });

  it("is one linux/386 image whose digests, sizes and diffIds are right", async () => {
    const { index, manifest, config, layers } = await imageOf(recipe.repository);
    expect(index.manifests.map(({ platform }) => platform)).toEqual([{ os: "linux", architecture: "386" }]);
    expect(config).toMatchObject({ os: "linux", architecture: "386" });
    expect(layers.map((tar) => `sha256:${sha256(tar)}`)).toEqual(config.rootfs.diff_ids);
    for (const { digest, size } of [manifest.config, ...manifest.layers]) {
      const bytes = await readFile(join(V2, recipe.repository, "blobs", digest));
      expect([`sha256:${sha256(bytes)}`, bytes.length]).toEqual([digest, size]);
    }
    for (const tag of recipe.tags) {
      expect(await readFile(join(V2, recipe.repository, "manifests", tag))).toEqual(
        await readFile(join(V2, recipe.repository, "manifests/latest")),
      );
    }
  });
});

describe("hello-world", () => {
  it("is one program of less than 2 KB", async () => {
    const [layer] = (await imageOf("library/hello-world")).layers;
    expect(entriesOf(layer!)).toMatchObject([{ path: "hello", type: "file", mode: 0o755 }]);
    expect(entriesOf(layer!)[0]?.size).toBeLessThan(2048);
  });
});

describe("busybox", () => {
  it("has every applet in /bin, users, and a /tmp for everybody, in at most 1.1 MB", async () => {
    const { manifest, layers } = await imageOf("library/busybox");
    expect(manifest.layers[0]?.size).toBeLessThan(1_100_000);
    const entries = new Map(entriesOf(layers[0]!).map((entry) => [entry.path, entry]));
    for (const applet of ["sh", "ls", "wget", "httpd", "vi", "ping", "nslookup", "["]) {
      expect(entries.get(`bin/${applet}`)).toMatchObject({ type: "hard-link", link: "bin/busybox" });
    }
    expect(entries.get("tmp")?.mode).toBe(0o1777);
    expect(entries.get("etc/shadow")?.mode).toBe(0o640);
    expect(entries.has("etc/passwd")).toBe(true);
  });
});

describe("Tree", () => {
  it("gives the same bytes whatever the order of adding", () => {
    const one = new Tree().directory("a").file("a/b", "x").symlink("c", "a/b").link("d", "a/b");
    const two = new Tree().symlink("c", "a/b").link("d", "a/b").directory("a").file("a/b", "x");
    expect(one.toTar()).toEqual(two.toTar());
    expect(gzip(one.toTar())).toEqual(gzip(two.toTar()));
  });

  it("writes parents before children and links after their targets", () => {
    const tar = new Tree().directory("z").file("z/f", "x").link("a", "z/f").toTar();
    expect(entriesOf(tar).map(({ path }) => path)).toEqual(["z", "z/f", "a"]);
  });

  it("reads back what it wrote", () => {
    const tar = new Tree()
      .directory("d", { mode: 0o700, uid: 8, gid: 9 })
      .file(`d/${"long".repeat(40)}`, "x", { mode: 0o4755 })
      .toTar();
    expect(Tree.fromTar(tar).toTar()).toEqual(tar);
  });

  it("knows what a layer must hold to turn one tree into another", () => {
    const base = new Tree()
      .directory("d")
      .file("d/gone", "1")
      .file("d/same", "2")
      .directory("e")
      .file("e/f", "3")
      .file("g", "4");
    const wanted = new Tree().directory("d").file("d/same", "2").file("g", "changed").file("new", "5");
    expect(entriesOf(wanted.over(base).toTar()).map(({ path }) => path)).toEqual([".wh.e", "d/.wh.gone", "g", "new"]);
  });

  it("refuses files without a directory", () => {
    expect(() => new Tree().file("no/file", "x")).toThrow("no directory no");
  });
});

describe("installedPackages", () => {
  it("names binary and source packages with their versions", () => {
    const status =
      "Package: libgcc-s1\nSource: gcc-12 (12.2.0-14)\nVersion: 12.2.0-14+deb12u1\n\nPackage: bash\nVersion: 5.2.15-2+b7\nSource: bash (5.2.15-2)\n";
    expect(installedPackages(status)).toEqual([
      "binary bash 5.2.15-2+b7",
      "binary libgcc-s1 12.2.0-14+deb12u1",
      "source bash 5.2.15-2",
      "source gcc-12 12.2.0-14",
    ]);
  });
});
