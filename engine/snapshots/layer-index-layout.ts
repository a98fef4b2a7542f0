/**
 * The bytes of a layer's index: a few typed arrays over one buffer, which is also its stored form. Numbers have the machine's byte order;
 * every machine that runs a browser is little-endian.
 *
 *     u32 magic, version, nodes, entries, name bytes, xattr bytes | f64 columns | u32 columns | entry columns | names | xattrs
 */
import { EngineError } from "../base/errors.ts";
import { concat } from "../base/streams.ts";
import { decodePath, encodePath } from "../oci/path-bytes.ts";

const MAGIC = 0x58444944;
/** Change it with the format or the numbering of nodes; stored indexes of another version are built again. */
export const INDEX_VERSION = 1;
const HEADER_BYTES = 24;

export const DOUBLES = ["size", "contentOffset", "mtimeSeconds"] as const;
const WORDS = ["mode", "uid", "gid", "nlink", "rdev", "mtimeNanoseconds", "first", "count", "parent", "xattr"] as const;

/**
 * By node. Directories: `first` and `count` of their entries, `parent`. Symlinks: `first` and `count` of the target's bytes in `names`.
 * `xattr` is 0 or 1 + where its attributes begin.
 */
export type Columns = { readonly [name in (typeof DOUBLES)[number]]: Float64Array } & {
  readonly [name in (typeof WORDS)[number]]: Uint32Array;
};

export interface IndexCounts {
  readonly nodes: number;
  readonly entries: number;
  readonly nameBytes: number;
  readonly xattrBytes: number;
}

export interface IndexTables {
  readonly columns: Columns;
  /** Where an entry's name begins in `names`; it ends where the next one begins. */
  readonly entryName: Uint32Array;
  readonly entryNode: Uint32Array;
  /** Entry names, then symlink targets. */
  readonly names: Uint8Array;
  readonly xattrs: Uint8Array;
}

/** A buffer for an index of this size, with its header. */
export function createIndexBytes(counts: IndexCounts): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLengthOf(counts));
  new Uint32Array(bytes.buffer, 0, 6).set([
    MAGIC,
    INDEX_VERSION,
    counts.nodes,
    counts.entries,
    counts.nameBytes,
    counts.xattrBytes,
  ]);
  return bytes;
}

/** @throws EngineError invalid-argument when these are not the bytes of an index of this version */
export function readIndexCounts(bytes: Uint8Array<ArrayBuffer>): IndexCounts {
  const header = bytes.byteOffset === 0 && bytes.length >= HEADER_BYTES ? new Uint32Array(bytes.buffer, 0, 6) : [];
  const [magic, version, nodes = 0, entries = 0, nameBytes = 0, xattrBytes = 0] = header;
  const counts = { nodes, entries, nameBytes, xattrBytes };
  if (magic !== MAGIC || version !== INDEX_VERSION || byteLengthOf(counts) !== bytes.length) {
    throw new EngineError("invalid-argument", "a stored layer index is damaged or of another version");
  }
  return counts;
}

/** The tables of an index, as views on its bytes. */
export function indexTables(bytes: Uint8Array<ArrayBuffer>, counts: IndexCounts): IndexTables {
  let at = HEADER_BYTES;
  const doubles = DOUBLES.map((name) => {
    const column = new Float64Array(bytes.buffer, at, counts.nodes);
    at += column.byteLength;
    return [name, column];
  });
  const words = (length: number): Uint32Array => {
    const column = new Uint32Array(bytes.buffer, at, length);
    at += column.byteLength;
    return column;
  };
  const columns = Object.fromEntries([...doubles, ...WORDS.map((name) => [name, words(counts.nodes)])]) as Columns;
  const entryName = words(counts.entries + 1);
  const entryNode = words(counts.entries);
  const names = bytes.subarray(at, at + counts.nameBytes);
  return { columns, entryName, entryNode, names, xattrs: bytes.subarray(at + counts.nameBytes) };
}

function byteLengthOf({ nodes, entries, nameBytes, xattrBytes }: IndexCounts): number {
  return (
    HEADER_BYTES + nodes * (8 * DOUBLES.length + 4 * WORDS.length) + (2 * entries + 1) * 4 + nameBytes + xattrBytes
  );
}

export type Xattrs = readonly (readonly [name: string, value: Uint8Array])[];

/** `u32 count`, then per attribute `u32 length, name, u32 length, value`; not aligned. */
export function encodeXattrs(xattrs: Xattrs): Uint8Array<ArrayBuffer> {
  const parts = [word(xattrs.length)];
  for (const [name, value] of xattrs) {
    const nameBytes = encodePath(name);
    parts.push(word(nameBytes.length), nameBytes, word(value.length), value as Uint8Array<ArrayBuffer>);
  }
  return concat(parts);
}

export function decodeXattrs(bytes: Uint8Array, start: number): Xattrs {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = start;
  const number = (): number => {
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const piece = (): Uint8Array => {
    const length = number();
    at += length;
    return bytes.subarray(at - length, at);
  };
  return Array.from({ length: number() }, () => [decodePath(piece()), piece()] as const);
}

function word(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
