import { S_IFMT, S_IFLNK } from "../base/file-types.ts";
import { concat } from "../base/streams.ts";
import { encodePath } from "../oci/path-bytes.ts";
import { LayerIndex } from "./layer-index.ts";
import type { BuiltNode } from "./layer-index-builder.ts";
import { createIndexBytes, DOUBLES, encodeXattrs, indexTables, type Columns } from "./layer-index-layout.ts";

interface BuiltEntry {
  readonly name: Uint8Array;
  readonly node: BuiltNode;
}

interface Numbering {
  readonly nodes: readonly BuiltNode[];
  readonly numbers: ReadonlyMap<BuiltNode, number>;
  /** In the order of their directories. */
  readonly entries: readonly BuiltEntry[];
}

/** The index of a built tree. */
export function encodeLayerIndex(root: BuiltNode): LayerIndex {
  const numbering = numberNodes(root);
  const { nodes, entries } = numbering;
  const targets = nodes.map((node) => encodePath(node.target));
  const names = concat([...entries.map(({ name }) => name), ...targets]);
  const xattrs = nodes.map((node) => (node.xattrs.length === 0 ? new Uint8Array(0) : encodeXattrs(node.xattrs)));
  const xattrBytes = concat(xattrs);

  const counts = {
    nodes: nodes.length,
    entries: entries.length,
    nameBytes: names.length,
    xattrBytes: xattrBytes.length,
  };
  const bytes = createIndexBytes(counts);
  const tables = indexTables(bytes, counts);
  tables.names.set(names);
  tables.xattrs.set(xattrBytes);
  const targetsAt = fillEntries(numbering, tables);
  fillAttributes(nodes, xattrs, tables.columns);
  fillDirectories(numbering, tables.columns);
  fillSymlinks(targets, targetsAt, tables.columns);
  return new LayerIndex(bytes);
}

/** Breadth first, names sorted by byte. */
function numberNodes(root: BuiltNode): Numbering {
  const nodes = [root];
  const numbers = new Map([[root, 0]]);
  const entries: BuiltEntry[] = [];
  for (let number = 0; number < nodes.length; number += 1) {
    const children = nodes[number]?.children;
    if (!children) continue;
    const named = [...children].map(([name, node]) => ({ name: encodePath(name), node }));
    for (const entry of named.toSorted((a, b) => compareBytes(a.name, b.name))) {
      entries.push(entry);
      if (numbers.has(entry.node)) continue;
      numbers.set(entry.node, nodes.length);
      nodes.push(entry.node);
    }
  }
  return { nodes, numbers, entries };
}

/** Answers where the names end. */
function fillEntries(
  { entries, numbers }: Numbering,
  tables: { entryName: Uint32Array; entryNode: Uint32Array },
): number {
  let at = 0;
  for (const [index, { name, node }] of entries.entries()) {
    tables.entryName[index] = at;
    tables.entryNode[index] = numbers.get(node) as number;
    at += name.length;
  }
  tables.entryName[entries.length] = at;
  return at;
}

function fillAttributes(nodes: readonly BuiltNode[], xattrs: readonly Uint8Array[], columns: Columns): void {
  let xattrAt = 0;
  for (const [number, node] of nodes.entries()) {
    for (const name of ["mode", "uid", "gid", "rdev", "mtimeNanoseconds", ...DOUBLES] as const)
      columns[name][number] = node[name];
    const { length } = xattrs[number] as Uint8Array;
    columns.xattr[number] = length === 0 ? 0 : xattrAt + 1;
    xattrAt += length;
  }
}

/** Entries of directories, and the number of links: one per entry, for a directory also "." and the ".." of each one inside. */
function fillDirectories({ nodes, numbers, entries }: Numbering, columns: Columns): void {
  const link = (number: number): number => (columns.nlink[number] = (columns.nlink[number] as number) + 1);
  let entryAt = 0;
  for (const [number, node] of nodes.entries()) {
    if (!node.children) continue;
    columns.size[number] = 4096;
    columns.first[number] = entryAt;
    columns.count[number] = node.children.size;
    link(number);
    // The root has no entry of its own, but is its own parent.
    if (number === 0) link(number);
    for (let index = 0; index < node.children.size; index += 1, entryAt += 1) {
      const child = entries[entryAt]?.node as BuiltNode;
      const childNumber = numbers.get(child) as number;
      link(childNumber);
      if (!child.children) continue;
      link(number);
      columns.parent[childNumber] = number;
    }
  }
}

function fillSymlinks(targets: readonly Uint8Array[], targetsAt: number, columns: Columns): void {
  let at = targetsAt;
  for (const [number, { length }] of targets.entries()) {
    if (((columns.mode[number] as number) & S_IFMT) !== S_IFLNK) continue;
    columns.first[number] = at;
    columns.count[number] = length;
    columns.size[number] = length;
    at += length;
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) {
    const order = (a[at] as number) - (b[at] as number);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
