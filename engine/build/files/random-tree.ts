/** Random trees of files and random changes of them, for property tests of layers. */
import * as fc from "fast-check";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG } from "../../base/file-types.ts";
import { emptyStream, streamOf } from "../../base/streams.ts";
import { type TreeEntry, treeHeader } from "../../guest/tree.ts";
import { joinPath } from "./tree-path.ts";

interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  readonly xattrs: readonly (readonly [name: string, value: Uint8Array])[];
}

export type RandomNode =
  | { readonly type: "file"; readonly attributes: Attributes; readonly content: Uint8Array }
  | { readonly type: "directory"; readonly attributes: Attributes; readonly children: RandomDirectory }
  | { readonly type: "symlink"; readonly attributes: Attributes; readonly target: string }
  | { readonly type: "device"; readonly attributes: Attributes; readonly format: number; readonly major: number };

export type RandomDirectory = Readonly<Record<string, RandomNode>>;

export interface RandomTree {
  readonly top: RandomDirectory;
  /** Second names: of the n-th file, in the m-th directory. */
  readonly links: readonly { readonly file: number; readonly directory: number; readonly name: string }[];
}

/** At the n-th path that there was. */
export type RandomChange =
  | { readonly kind: "remove"; readonly at: number }
  | { readonly kind: "replace"; readonly at: number; readonly node: RandomNode }
  | { readonly kind: "write"; readonly at: number; readonly node: RandomNode }
  | { readonly kind: "attributes"; readonly at: number; readonly attributes: Attributes };

/** Also what is no UTF-8 (U+DC80 and above stand for bytes), the longest name there is, and characters that tar files, shells and globs mind. */
const names = fc.constantFrom(
  "a",
  "b",
  "c",
  "d",
  "ü",
  "日本",
  "sp ace",
  "-x",
  "new\nline",
  "\udc80\udcff",
  "e\u0301",
  "n".repeat(255),
  ".hidden",
  "...",
  "*",
  "back\\slash",
  "wh.x",
  "😀",
);

const attributes: fc.Arbitrary<Attributes> = fc.record({
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.constantFrom(0, 1, 1000, 65_534, 3_000_000, 0xfffffffe),
  gid: fc.constantFrom(0, 5, 100, 2_097_152),
  mtimeSeconds: fc.constantFrom(0, 1, 1_600_000_000, 4_000_000_000),
  xattrs: fc.constant([]),
});

const withXattrs: fc.Arbitrary<Attributes> = fc.record({
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.nat(70_000),
  gid: fc.nat(70_000),
  mtimeSeconds: fc.nat(2_000_000_000),
  xattrs: fc
    .uniqueArray(
      fc.tuple(
        fc.constantFrom("user.note", "user.ü", "trusted.x", "user.mime_type"),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
      ),
      { maxLength: 2, selector: ([name]) => name },
    )
    .map((xattrs) => xattrs.toSorted(([a], [b]) => (a < b ? -1 : 1))),
});

const content = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  { weight: 1, arbitrary: fc.integer({ min: 500, max: 300_000 }).map((size) => new Uint8Array(size).fill(size % 251)) },
);

const leaf: fc.Arbitrary<RandomNode> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("file"), attributes: fc.oneof(attributes, withXattrs), content }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("symlink"),
      attributes,
      target: fc.constantFrom("a", "../b", "/c", "nowhere/at all", "\udc80", "t".repeat(300)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("device"),
      attributes,
      format: fc.constantFrom(S_IFCHR, S_IFBLK, S_IFIFO),
      major: fc.integer({ min: 1, max: 300 }),
    }),
  },
);

const { node } = fc.letrec<{ node: RandomNode; directory: RandomNode }>((tie) => ({
  node: fc.oneof({ depthSize: "small", maxDepth: 3 }, leaf, tie("directory")),
  directory: fc.record({
    type: fc.constant("directory"),
    attributes: fc.oneof(attributes, withXattrs),
    children: fc.dictionary(names, tie("node"), { maxKeys: 4 }),
  }),
}));

export const randomTree: fc.Arbitrary<RandomTree> = fc.record({
  top: fc.dictionary(names, node, { minKeys: 2, maxKeys: 6 }),
  links: fc.array(fc.record({ file: fc.nat(), directory: fc.nat(), name: names }), { maxLength: 3 }),
});

export const randomChanges: fc.Arbitrary<readonly RandomChange[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("remove"), at: fc.nat() }),
    fc.record({ kind: fc.constant("replace"), at: fc.nat(), node }),
    fc.record({ kind: fc.constant("write"), at: fc.nat(), node }),
    fc.record({ kind: fc.constant("attributes"), at: fc.nat(), attributes: withXattrs }),
  ),
  { minLength: 1, maxLength: 8 },
);

/** The entries of a tree, parents first, second names last. */
export function entriesOf({ top, links }: RandomTree): readonly TreeEntry[] {
  const entries = Object.entries(top).flatMap(([name, child]) => entriesAt(name, child));
  const files = entries.filter(({ mode }) => (mode & 0o170000) === S_IFREG);
  const directories = ["", ...entries.filter(({ mode }) => (mode & 0o170000) === S_IFDIR).map(({ path }) => path)];
  const taken = new Set(entries.map(({ path }) => path));
  for (const { file, directory, name } of links) {
    const target = files[file % Math.max(1, files.length)];
    const path = joinPath(directories[directory % directories.length] ?? "", name);
    if (target === undefined || taken.has(path)) continue;
    taken.add(path);
    entries.push({ ...target, path, size: 0, link: target.path, hard: true, xattrs: [], content: emptyStream() });
  }
  return entries;
}

/** A node and what is in it as entries. */
export function entriesAt(path: string, tree: RandomNode): TreeEntry[] {
  const { mode, ...rest } = tree.attributes;
  const plain = { ...rest, path };
  switch (tree.type) {
    case "file": {
      const header = treeHeader({ ...plain, mode: S_IFREG | mode, size: tree.content.length });
      return [{ ...header, content: tree.content.length === 0 ? emptyStream() : streamOf(tree.content) }];
    }
    case "symlink":
      return [{ ...treeHeader({ ...plain, mode: S_IFLNK | 0o777, link: tree.target }), content: emptyStream() }];
    case "device": {
      const numbers = tree.format === S_IFIFO ? {} : { major: tree.major, minor: tree.major * 3 };
      return [{ ...treeHeader({ ...plain, ...numbers, mode: tree.format | mode }), content: emptyStream() }];
    }
    case "directory":
      return [
        { ...treeHeader({ ...plain, mode: S_IFDIR | mode }), content: emptyStream() },
        ...Object.entries(tree.children).flatMap(([name, child]) => entriesAt(joinPath(path, name), child)),
      ];
  }
}
