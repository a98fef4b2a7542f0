export interface NodeAttributes {
  /** st_mode: type and permissions. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: number;
  /** 32 bits as Linux's `new_decode_dev` reads them; see {@link encodeDevice}. */
  readonly rdev: number;
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
}

export interface DirectoryEntry {
  readonly name: Uint8Array;
  readonly node: number;
  /** st_mode of the node; the type is enough. */
  readonly mode: number;
}

/**
 * A tree of files that the 9p server exports. A node is an inode: a small number that stays the same in every session, the root being 0.
 * Hard links are entries with the same node. Everything but file content is in memory.
 */
export interface FileTree {
  attributes(node: number): NodeAttributes;
  /** The node of this name in a directory, or undefined. */
  lookup(directory: number, name: Uint8Array): number | undefined;
  /** The directory above; the root's is itself. */
  parent(directory: number): number;
  entryCount(directory: number): number;
  /** In an order that does not change. */
  entryAt(directory: number, index: number): DirectoryEntry;
  /** A symlink's target. */
  readLink(node: number): Uint8Array;
  xattrs(node: number): readonly (readonly [name: string, value: Uint8Array])[];
  /**
   * Fills `target` with content from `offset` on, as far as there is any; answers the bytes read, or undefined when the content is not in memory.
   */
  readNow(node: number, offset: number, target: Uint8Array): number | undefined;
  /** The same, wherever the content is. */
  read(node: number, offset: number, target: Uint8Array): Promise<number>;
  /** A path of the node below the root, without a leading slash. */
  pathOf(node: number): string;
  readonly nodeCount: number;
  /** Bytes of file content. */
  readonly contentBytes: number;
}

/** `new_encode_dev` of Linux (include/linux/kdev_t.h): 12 bits of major, 20 of minor. */
export function encodeDevice(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) << 12)) >>> 0;
}
