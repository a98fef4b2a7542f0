import { expect, test } from "vitest";
import { buildTree, treeRows } from "./file-tree.ts";

const file = (path: string, kind: "file" | "directory" = "file") => ({ path, kind });

test("directories come first, names in order, parents that are not listed are there", () => {
  const root = buildTree([file("z.txt"), file("a.txt"), file("web/src/x.js"), file("lib", "directory")]);
  expect(treeRows(root, () => true).map((row) => `${row.level} ${row.id}`)).toEqual([
    "1 lib",
    "1 web",
    "2 web/src",
    "3 web/src/x.js",
    "1 a.txt",
    "1 z.txt",
  ]);
});

test("what is below a folded directory has no rows", () => {
  const root = buildTree([file("web/x.js"), file("a")]);
  const rows = treeRows(root, () => false);
  expect(rows.map((row) => [row.id, row.isExpanded, row.position, row.siblings])).toEqual([
    ["web", false, 1, 2],
    ["a", undefined, 2, 2],
  ]);
});

test("names of an object's own are names like any other", () => {
  const root = buildTree([file("__proto__/constructor"), file("toString")]);
  expect(treeRows(root, () => true).map((row) => row.id)).toEqual(["__proto__", "__proto__/constructor", "toString"]);
});

test("30,000 files are a tree in well under a second", () => {
  const files = Array.from({ length: 30_000 }, (_, index) => file(`usr/lib/d${index % 300}/f${index}`));
  const start = performance.now();
  expect(treeRows(buildTree(files), () => true)).toHaveLength(30_302);
  expect(performance.now() - start).toBeLessThan(1000);
});
