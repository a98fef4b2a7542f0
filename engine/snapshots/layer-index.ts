import { S_IFMT, S_IFDIR, S_IFREG, S_IFLNK } from "../base/file-types.ts";
import { decodePath } from "../oci/path-bytes.ts";
import { type DirectoryEntry, type NodeAttributes } from "./file-tree.ts";
import { decodeXattrs, indexTables, readIndexCounts, type Columns, type Xattrs } from "./layer-index-layout.ts";

/**
 * The tree of a layer, read-only and without content. Node 0 is the root. Nodes are numbered breadth first and names sorted by byte, so equal
 * layers have equal numbers and a directory's entries lie side by side.
 */
export class LayerIndex {
  /** The stored form. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly nodeCount: number;
  /** Bytes of all files' content, each inode once. */
  readonly contentBytes: number;
  readonly #columns: Columns;
  readonly #entryName: Uint32Array;
  readonly #entryNode: Uint32Array;
  readonly #names: Uint8Array;
  readonly #xattrs: Uint8Array;
  /** By node: the first entry that names it, and by entry: its directory. Only made for `pathOf`. */
  #origins: { readonly entryOf: Uint32Array; readonly directoryOf: Uint32Array } | undefined;

  /** @throws EngineError invalid-argument when these are not the bytes of an index of this version */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    const counts = readIndexCounts(bytes);
    const layout = indexTables(bytes, counts);
    this.bytes = bytes;
    this.nodeCount = counts.nodes;
    this.#columns = layout.columns;
    this.#entryName = layout.entryName;
    this.#entryNode = layout.entryNode;
    this.#names = layout.names;
    this.#xattrs = layout.xattrs;
    let contentBytes = 0;
    for (let node = 0; node < counts.nodes; node += 1)
      if (this.#type(node) === S_IFREG) contentBytes += this.#columns.size[node] as number;
    this.contentBytes = contentBytes;
  }

  attributes(node: number): NodeAttributes {
    const columns = this.#columns;
    return {
      mode: columns.mode[node] as number,
      uid: columns.uid[node] as number,
      gid: columns.gid[node] as number,
      nlink: columns.nlink[node] as number,
      rdev: columns.rdev[node] as number,
      size: columns.size[node] as number,
      mtimeSeconds: columns.mtimeSeconds[node] as number,
      mtimeNanoseconds: columns.mtimeNanoseconds[node] as number,
    };
  }

  /** Where a file's content begins in the layer's tar. */
  contentOffset(node: number): number {
    return this.#columns.contentOffset[node] as number;
  }

  sizeOf(node: number): number {
    return this.#columns.size[node] as number;
  }

  lookup(directory: number, name: Uint8Array): number | undefined {
    if (this.#type(directory) !== S_IFDIR) return undefined;
    let low = this.#columns.first[directory] as number;
    let high = low + (this.#columns.count[directory] as number) - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = this.#compare(middle, name);
      if (order === 0) return this.#entryNode[middle];
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  parent(directory: number): number {
    return this.#columns.parent[directory] as number;
  }

  entryCount(directory: number): number {
    return this.#type(directory) === S_IFDIR ? (this.#columns.count[directory] as number) : 0;
  }

  entryAt(directory: number, index: number): DirectoryEntry {
    const entry = (this.#columns.first[directory] as number) + index;
    const node = this.#entryNode[entry] as number;
    return { name: this.#nameOf(entry), node, mode: this.#columns.mode[node] as number };
  }

  readLink(node: number): Uint8Array {
    const start = this.#columns.first[node] as number;
    return this.#type(node) === S_IFLNK
      ? this.#names.subarray(start, start + (this.#columns.count[node] as number))
      : new Uint8Array(0);
  }

  xattrs(node: number): Xattrs {
    const start = this.#columns.xattr[node] as number;
    return start === 0 ? [] : decodeXattrs(this.#xattrs, start - 1);
  }

  /** A path of the node; the root's is "". */
  pathOf(node: number): string {
    this.#origins ??= this.#findOrigins();
    const parts: string[] = [];
    for (let at = node; at !== 0;) {
      const entry = this.#origins.entryOf[at] as number;
      parts.push(decodePath(this.#nameOf(entry)));
      at = this.#origins.directoryOf[entry] as number;
    }
    return parts.toReversed().join("/");
  }

  #type(node: number): number {
    return (this.#columns.mode[node] as number) & S_IFMT;
  }

  #nameOf(entry: number): Uint8Array {
    return this.#names.subarray(this.#entryName[entry], this.#entryName[entry + 1]);
  }

  #compare(entry: number, name: Uint8Array): number {
    const names = this.#names;
    const start = this.#entryName[entry] as number;
    const length = (this.#entryName[entry + 1] as number) - start;
    const shared = Math.min(length, name.length);
    for (let at = 0; at < shared; at += 1) {
      const order = (names[start + at] as number) - (name[at] as number);
      if (order !== 0) return order;
    }
    return length - name.length;
  }

  #findOrigins(): { entryOf: Uint32Array; directoryOf: Uint32Array } {
    const entryOf = new Uint32Array(this.nodeCount);
    const directoryOf = new Uint32Array(this.#entryNode.length);
    for (let node = this.nodeCount - 1; node >= 0; node -= 1) {
      if (this.#type(node) !== S_IFDIR) continue;
      const first = this.#columns.first[node] as number;
      for (let entry = first + (this.#columns.count[node] as number) - 1; entry >= first; entry -= 1) {
        directoryOf[entry] = node;
        entryOf[this.#entryNode[entry] as number] = entry;
      }
    }
    return { entryOf, directoryOf };
  }
}
