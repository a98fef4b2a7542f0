import type { ByteStream } from "../base/streams.ts";

/** What `stat` tells of a file in a layer. */
export interface LowerFile {
  /** st_mode */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Of a device node. */
  readonly major: number;
  readonly minor: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  readonly xattrs: readonly (readonly [name: string, value: Uint8Array])[];
}

/** {@link LowerFiles} with their content, which does not come from the guest. */
export interface ReadableLowerFiles extends LowerFiles {
  /** A symlink's target. */
  readLink(path: string): string;
  /** A file's content. */
  read(path: string): ByteStream;
  /** The same for all names of a file that has several; undefined for one that has one. */
  identity(path: string): string | undefined;
}

/** The layers below a container, seen as one tree. Paths are relative, "" is the root. */
export interface LowerFiles {
  find(path: string): LowerFile | undefined;
  /** Names in a directory; none when there is no such directory. */
  names(path: string): Iterable<string>;
}
