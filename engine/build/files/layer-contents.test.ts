import { describe, expect, test } from "vitest";
import { encodeLayerIndex } from "../../snapshots/encode-layer-index.ts";
import type { FileTree } from "../../snapshots/file-tree.ts";
import { LayerIndexBuilder } from "../../snapshots/layer-index-builder.ts";
import { LayerTree } from "../../snapshots/layer-tree.ts";
import { createMemoryTree } from "../../snapshots/memory-tree.ts";
import { directory, file, hardLink, type Piece, symlink, tarOf } from "./copy-cases.ts";
import { layerUsage, listLayer, type ListingOptions } from "./layer-contents.ts";

const open = async (...layers: readonly (readonly Piece[])[]): Promise<FileTree[]> =>
  await Promise.all(layers.map(async (pieces) => await createMemoryTree(await tarOf(pieces))));

const bytes = (path: string, size: number): Piece => file(path, "x".repeat(size));

/** A layer of files of one byte. */
function treeOf(paths: readonly string[]): FileTree {
  const builder = new LayerIndexBuilder();
  const rest = { type: "file", mode: 0o644, uid: 0, gid: 0, size: 1, mtimeSeconds: 0, mtimeNanoseconds: 0 } as const;
  for (const path of paths) builder.add({ ...rest, path, major: 0, minor: 0, link: "", xattrs: [], contentOffset: 0 });
  return new LayerTree(encodeLayerIndex(builder.finish()), { readNow: () => false, read: async () => undefined });
}

/** Of this process: other work shares the machine. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function listing(trees: readonly FileTree[], index: number, options?: ListingOptions): readonly string[] {
  return listLayer(trees, index, options).files.map(({ change, path, sizeBytes }) => `${change} ${path} ${sizeBytes}`);
}

/** Anew each time: content is read once. */
const base = (): readonly Piece[] => [
  directory("bin"),
  bytes("bin/sh", 100),
  directory("etc"),
  bytes("etc/conf", 10),
  symlink("sh", "bin/sh"),
];

describe("what a layer holds", () => {
  test("files of the first layer are added", async () => {
    const trees = await open(base());
    expect(listing(trees, 0)).toEqual([
      "added bin 0",
      "added bin/sh 100",
      "added etc 0",
      "added etc/conf 10",
      "added sh 0",
    ]);
    expect(listLayer(trees, 0).files.at(-1)).toEqual({
      path: "sh",
      type: "symlink",
      sizeBytes: 0,
      change: "added",
      mode: 0o777,
      uid: 0,
      gid: 0,
      target: "bin/sh",
    });
  });

  test("a file that the layers below have too is changed; directories that only hold something are not", async () => {
    const trees = await open(base(), [directory("etc"), bytes("etc/conf", 12), bytes("etc/new", 3)]);
    expect(listing(trees, 1)).toEqual(["unchanged etc 0", "changed etc/conf 12", "added etc/new 3"]);
  });

  test("a directory whose attributes are others is changed", async () => {
    const trees = await open(base(), [directory("etc", { mode: 0o700 })]);
    expect(listing(trees, 1)).toEqual(["changed etc 0"]);
  });

  test("whiteouts are removals, with the size of all that is gone", async () => {
    const trees = await open(base(), [file(".wh.bin", ""), file("etc/.wh.conf", ""), file(".wh.never", "")]);
    expect(listing(trees, 1)).toEqual(["removed bin 100", "unchanged etc 0", "removed etc/conf 10"]);
  });

  test("an opaque directory removes what was in it", async () => {
    const trees = await open(base(), [directory("etc"), file("etc/.wh..wh..opq", ""), bytes("etc/new", 1)]);
    expect(listing(trees, 1)).toEqual(["unchanged etc 0", "removed etc/conf 10", "added etc/new 1"]);
  });

  test("the cumulative listing has the layers below too", async () => {
    const trees = await open(base(), [bytes("etc/conf", 12), file("bin/.wh.sh", "")]);
    expect(listing(trees, 1, { cumulative: true })).toEqual([
      "unchanged bin 0",
      "removed bin/sh 100",
      "unchanged etc 0",
      "changed etc/conf 12",
      "unchanged sh 0",
    ]);
  });

  test("a listing ends at its limit and says so", async () => {
    const trees = await open(base());
    expect(listLayer(trees, 0, { limit: 2 })).toMatchObject({
      files: [{ path: "bin" }, { path: "bin/sh" }],
      truncated: true,
    });
    expect(listLayer(trees, 0, { limit: 5 }).truncated).toBe(false);
  });
});

describe("what is in vain", () => {
  const waste = async (...layers: readonly (readonly Piece[])[]): Promise<readonly number[]> =>
    layerUsage(await open(...layers)).map(({ wasteBytes }) => wasteBytes);

  test.each<[string, readonly (readonly Piece[])[], readonly number[]]>([
    ["nothing", [base(), [bytes("new", 5)]], [0, 0]],
    ["a file that is replaced", [base(), [bytes("etc/conf", 5)]], [10, 0]],
    ["a file that is deleted", [base(), [file("etc/.wh.conf", "")]], [10, 0]],
    ["a directory that is deleted", [base(), [file(".wh.bin", "")]], [100, 0]],
    ["a directory that became a file", [base(), [bytes("bin", 1)]], [100, 0]],
    ["a file that became a directory", [[bytes("a", 7)], [directory("a"), bytes("a/b", 1)]], [7, 0]],
    ["an opaque directory", [base(), [directory("bin"), file("bin/.wh..wh..opq", "")]], [100, 0]],
    ["each of several copies but the last", [[bytes("a", 1)], [bytes("a", 2)], [bytes("a", 4)]], [1, 2, 0]],
    ["a copy below a deletion that was undone", [[bytes("d/a", 1)], [file(".wh.d", "")], [bytes("d/a", 4)]], [1, 0, 0]],
    [
      "a file that a directory above once replaced by a file hides",
      [[bytes("d/a", 1)], [bytes("d", 2)], [bytes("d/b", 4)]],
      [1, 2, 0],
    ],
    ["a file with a name left is not", [[bytes("a", 9), hardLink("b", "a")], [file(".wh.a", "")]], [0, 0]],
    [
      "a file whose names are all gone",
      [
        [bytes("a", 9), hardLink("b", "a")],
        [file(".wh.a", ""), file(".wh.b", "")],
      ],
      [9, 0],
    ],
  ])("%s", async (_, layers, expected) => {
    expect(await waste(...layers)).toEqual(expected);
  });

  test("30,000 files in ten layers take less than 300 ms each way", () => {
    const trees = Array.from({ length: 10 }, (_, layer) =>
      treeOf(Array.from({ length: 3000 }, (_unused, index) => `usr/d${index % 100}/f${index}-${layer % 3}`)),
    );
    const started = cpuMs();
    const usage = layerUsage(trees);
    const used = cpuMs();
    const { files } = listLayer(trees, 9, { cumulative: true });
    const listed = cpuMs();
    expect(usage.reduce((sum, { wasteBytes }) => sum + wasteBytes, 0)).toBe(21_000);
    expect(files.filter(({ type }) => type === "file")).toHaveLength(9000);
    expect(used - started).toBeLessThan(300);
    expect(listed - used).toBeLessThan(300);
  });
});
