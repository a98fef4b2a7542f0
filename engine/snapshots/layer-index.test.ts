import { S_IFMT, S_IFDIR } from "../base/file-types.ts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isKind } from "../base/errors.ts";
import { decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import { TarParser } from "../oci/layer-tar.ts";
import { decodePath, encodePath } from "../oci/path-bytes.ts";
import { encodeTarEntry, type TarEntryFields } from "../oci/tar-writer.ts";
import { encodeLayerIndex } from "./encode-layer-index.ts";
import { LayerIndex } from "./layer-index.ts";
import { LayerIndexBuilder } from "./layer-index-builder.ts";

/** The index of a tar with these entries; content is taken as absent. */
function indexOf(entries: readonly TarEntryFields[]): LayerIndex {
  const builder = new LayerIndexBuilder();
  const parser = new TarParser(builder.sink);
  for (const entry of entries) {
    parser.push(encodeTarEntry(entry));
    parser.push(new Uint8Array(Math.ceil((entry.size ?? 0) / 512) * 512));
  }
  parser.end();
  return encodeLayerIndex(builder.finish());
}

function find(index: LayerIndex, path: string): number | undefined {
  let node: number | undefined = 0;
  for (const name of path.split("/").filter((part) => part !== ""))
    node = node === undefined ? undefined : index.lookup(node, encodePath(name));
  return node;
}

/** All paths with type and permissions, and what makes a node special. */
function describeTree(index: LayerIndex): string[] {
  const lines: string[] = [];
  const visit = (node: number, path: string): void => {
    const { mode, nlink, rdev } = index.attributes(node);
    const opaque = index.xattrs(node).some(([name]) => name === "trusted.overlay.opaque") ? " opaque" : "";
    const link = (mode & S_IFMT) === 0o120000 ? ` -> ${decodeUtf8(index.readLink(node))}` : "";
    const device = (mode & S_IFMT) === 0o020000 ? ` ${rdev}` : "";
    lines.push(`${mode.toString(8)} ${nlink} /${path}${link}${device}${opaque}`);
    for (let at = 0; at < index.entryCount(node); at += 1) {
      const { name, node: child } = index.entryAt(node, at);
      visit(child, path === "" ? decodePath(name) : `${path}/${decodePath(name)}`);
    }
  };
  visit(0, "");
  return lines;
}

function refusal(entries: readonly TarEntryFields[]): string {
  try {
    indexOf(entries);
  } catch (error) {
    expect(isKind(error, "invalid-argument"), String(error)).toBe(true);
    return String(error);
  }
  throw new Error("was accepted");
}

const directory = (path: string, mode = 0o755): TarEntryFields => ({ path, type: "directory", mode });
const symlink = (path: string, link: string): TarEntryFields => ({ path, type: "symlink", link, mode: 0o777 });

describe("a layer's tree", () => {
  test("an empty layer is an empty directory of root's", () => {
    expect(describeTree(indexOf([]))).toEqual(["40755 2 /"]);
  });

  test("missing parents are made, and take their own attributes when these come later", () => {
    const index = indexOf([
      { path: "a/b/c", size: 3 },
      { ...directory("a", 0o1777), uid: 5, mtimeSeconds: 9 },
      { path: "", type: "directory", mode: 0o700 },
    ]);
    expect(describeTree(index)).toEqual(["40700 3 /", "41777 3 /a", "40755 2 /a/b", "100644 1 /a/b/c"]);
    expect(index.attributes(find(index, "a") as number)).toMatchObject({ uid: 5, mtimeSeconds: 9 });
  });

  test("names are sorted by byte, nodes numbered breadth first", () => {
    const index = indexOf(["b/x", "ä", "a", "B", "b/y", "\ue000", "😀"].map((path) => ({ path })));
    expect(describeTree(index).map((line) => line.split(" ")[2])).toEqual([
      "/",
      "/B",
      "/a",
      "/b",
      "/b/x",
      "/b/y",
      "/ä",
      "/\ue000",
      "/😀",
    ]);
    expect(find(index, "b/x")).toBeGreaterThan(find(index, "😀") as number);
  });

  test("a later entry replaces an earlier one; two directories merge", () => {
    expect(
      describeTree(
        indexOf([
          { path: "a", mode: 0o600 },
          { path: "a", mode: 0o640 },
        ]),
      ),
    ).toEqual(["40755 2 /", "100640 1 /a"]);
    expect(describeTree(indexOf([directory("a"), { path: "a/x" }, directory("a", 0o700)]))).toEqual([
      "40755 3 /",
      "40700 2 /a",
      "100644 1 /a/x",
    ]);
    expect(describeTree(indexOf([directory("a"), { path: "a/x" }, { path: "a" }]))).toEqual([
      "40755 2 /",
      "100644 1 /a",
    ]);
    expect(describeTree(indexOf([{ path: "a" }, directory("a"), { path: "a/x" }]))).toEqual([
      "40755 3 /",
      "40755 2 /a",
      "100644 1 /a/x",
    ]);
  });

  test("hard links share an inode and count as links, also of a symlink and of what was replaced", () => {
    const index = indexOf([
      { path: "a/x", size: 5, mode: 0o4755 },
      { path: "b/y", type: "hard-link", link: "a/x", mode: 0o600 },
      { path: "z", type: "hard-link", link: "b/y" },
      symlink("s", "t"),
      { path: "s2", type: "hard-link", link: "s" },
      { path: "a", mode: 0o600 },
    ]);
    expect(describeTree(index)).toEqual([
      "40755 3 /",
      "100600 1 /a",
      "40755 2 /b",
      "104755 2 /b/y",
      "120777 2 /s -> t",
      "120777 2 /s2 -> t",
      "104755 2 /z",
    ]);
    expect(find(index, "b/y")).toBe(find(index, "z"));
    expect(index.contentBytes).toBe(5);
    expect(refusal([{ path: "z", type: "hard-link", link: "none" }])).toContain("not in the layer");
    expect(refusal([directory("d"), { path: "z", type: "hard-link", link: "d" }])).toContain(
      "hard link to a directory",
    );
  });

  test("whiteouts are character devices 0:0, opaque directories carry the attribute", () => {
    expect(
      describeTree(
        indexOf([{ path: "etc/.wh.passwd" }, { path: "var/.wh..wh..opq" }, { path: "var/x" }, { path: ".wh.tmp" }]),
      ),
    ).toEqual([
      "40755 4 /",
      "40755 2 /etc",
      "20000 1 /etc/passwd 0",
      "20000 1 /tmp 0",
      "40755 2 /var opaque",
      "100644 1 /var/x",
    ]);
  });

  test("a whiteout is about the layers below: what this layer has under that name stays, in either order", () => {
    const expected = ["40755 3 /", "40755 2 /d opaque", "100644 1 /d/x", "100644 1 /f"];
    expect(
      describeTree(indexOf([{ path: ".wh.d" }, { path: ".wh.f" }, directory("d"), { path: "d/x" }, { path: "f" }])),
    ).toEqual(expected);
    expect(
      describeTree(indexOf([directory("d"), { path: "d/x" }, { path: "f" }, { path: ".wh.d" }, { path: ".wh.f" }])),
    ).toEqual(expected);
    expect(describeTree(indexOf([{ path: ".wh.d" }, { path: "d/x" }, { path: "f" }]))).toEqual(expected);
  });

  test("an opaque directory stays so when its own entry comes later", () => {
    expect(describeTree(indexOf([{ path: "d/.wh..wh..opq" }, directory("d", 0o700)]))).toEqual([
      "40755 3 /",
      "40700 2 /d opaque",
    ]);
  });

  test("symlinks among the parents are followed, inside the layer", () => {
    const merged = [
      directory("usr/lib"),
      symlink("lib", "usr/lib"),
      { path: "lib/a" },
      symlink("usr/up", "../../../../usr/lib"),
      { path: "usr/up/b" },
      symlink("abs", "/lib/./"),
      { path: "abs/c" },
    ];
    expect(describeTree(indexOf(merged))).toEqual([
      "40755 3 /",
      "120777 1 /abs -> /lib/./",
      "120777 1 /lib -> usr/lib",
      "40755 3 /usr",
      "40755 2 /usr/lib",
      "100644 1 /usr/lib/a",
      "100644 1 /usr/lib/b",
      "100644 1 /usr/lib/c",
      "120777 1 /usr/up -> ../../../../usr/lib",
    ]);
    expect(describeTree(indexOf([symlink("lib", "usr/lib"), { path: "lib/a" }]))).toContain("100644 1 /usr/lib/a");
    expect(refusal([symlink("a", "b"), symlink("b", "a"), { path: "a/x" }])).toContain(
      "too many levels of symbolic links",
    );
    expect(refusal([{ path: "f" }, { path: "f/x" }])).toContain("not a directory");
  });

  test("an image cannot speak to overlayfs, and keeps its other attributes", () => {
    const xattrs = [
      ["trusted.overlay.redirect", encodeUtf8("/")],
      ["security.capability", Uint8Array.of(1, 2)],
    ] as const;
    const index = indexOf([{ path: "a", xattrs }]);
    expect(index.xattrs(find(index, "a") as number)).toEqual([["security.capability", Uint8Array.of(1, 2)]]);
  });

  test("hard links through AUFS's own directory find their inode, the directory is not shown", () => {
    expect(
      describeTree(
        indexOf([
          directory(".wh..wh.plnk"),
          { path: ".wh..wh.plnk/1.2", mode: 0o600 },
          { path: "a", type: "hard-link", link: ".wh..wh.plnk/1.2" },
        ]),
      ),
    ).toEqual(["40755 2 /", "100600 1 /a"]);
  });

  test("what Linux could not hold is refused", () => {
    expect(refusal([{ path: "x".repeat(256) }])).toContain("file name too long");
    expect(refusal([{ path: `${"€".repeat(86)}/a` }])).toContain("file name too long");
    expect(refusal([{ path: "d/".repeat(2049) }])).toContain("file name too long");
    expect(refusal([symlink("a", "")])).toContain("symlink");
    expect(refusal([{ path: "a", uid: 2 ** 32 }])).toContain("owner");
    expect(refusal([{ path: "" }])).toContain("root of a layer");
    expect(indexOf([{ path: "x".repeat(255) }]).nodeCount).toBe(2);
  });

  test("times before 1970 are 1970, as Docker has them", () => {
    const index = indexOf([{ path: "a", mtimeSeconds: -5, mtimeNanoseconds: 1 }]);
    expect(index.attributes(1)).toMatchObject({ mtimeSeconds: 0, mtimeNanoseconds: 0 });
  });

  test("a path of every node is known, the first one of a hard link", () => {
    const index = indexOf([{ path: "b/c/d" }, { path: "a", type: "hard-link", link: "b/c/d" }, { path: "b/e" }]);
    expect(["", "a", "b", "b/c", "b/e"].map((path) => index.pathOf(find(index, path) as number))).toEqual([
      "",
      "a",
      "b",
      "b/c",
      "b/e",
    ]);
  });

  test("directories know their parent", () => {
    const index = indexOf([{ path: "a/b/c" }]);
    expect(index.parent(find(index, "a/b") as number)).toBe(find(index, "a"));
    expect(index.parent(find(index, "a") as number)).toBe(0);
    expect(index.parent(0)).toBe(0);
  });
});

describe("a stored index", () => {
  test("shows the same tree", () => {
    const index = indexOf([
      { path: "a/b", size: 7, xattrs: [["user.x", encodeUtf8("ü")]] },
      symlink("l", "a/b"),
      { path: ".wh.gone" },
      { path: "sda", type: "block-device", major: 259, minor: 70_000 },
    ]);
    const stored = new LayerIndex(index.bytes.slice());
    expect(describeTree(stored)).toEqual(describeTree(index));
    expect(stored.contentBytes).toBe(7);
    const node = find(stored, "a/b") as number;
    expect(stored.contentOffset(node)).toBe(index.contentOffset(node));
    expect(stored.xattrs(node)).toEqual([["user.x", encodeUtf8("ü")]]);
  });

  test("is refused when it is damaged or of another version", () => {
    const { bytes } = indexOf([{ path: "a" }]);
    const another = bytes.slice();
    another[4] = 99;
    for (const wrong of [new Uint8Array(0), bytes.slice(0, -1), another, new Uint8Array(100)]) {
      expect(() => new LayerIndex(wrong)).toThrow("damaged or of another version");
    }
  });

  test("finds every name of any directory, and no other", () => {
    const name = fc
      .string({ unit: "binary", minLength: 1, maxLength: 8 })
      .filter(
        (text) =>
          !/[/\0]/.test(text) &&
          text !== "." &&
          text !== ".." &&
          !text.startsWith(".wh.") &&
          encodePath(text).length < 200,
      );
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 30 }), fc.array(name, { maxLength: 10 }), (names, others) => {
        const index = indexOf(names.map((path) => directory(path)));
        const bytes = new Set(names.map((each) => encodePath(each).join()));
        for (const each of names) {
          const node = index.lookup(0, encodePath(each));
          expect(node === undefined ? "" : index.pathOf(node)).toBe(decodePath(encodePath(each)));
        }
        for (const each of others)
          expect(index.lookup(0, encodePath(each)) !== undefined).toBe(bytes.has(encodePath(each).join()));
        expect(index.attributes(0).nlink).toBe(2 + bytes.size);
        expect(index.attributes(0).mode & S_IFMT).toBe(S_IFDIR);
      }),
      { numRuns: 60 },
    );
  });
});
