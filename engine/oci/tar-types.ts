import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from "../base/file-types.ts";
import type { TarEntryType } from "./layer-tar.ts";

/** A file that is no hard link to another. */
export type FileType = Exclude<TarEntryType, "hard-link">;

const TYPES = new Map<number, FileType>([
  [S_IFREG, "file"],
  [S_IFDIR, "directory"],
  [S_IFLNK, "symlink"],
  [S_IFCHR, "character-device"],
  [S_IFBLK, "block-device"],
  [S_IFIFO, "fifo"],
]);

const FORMATS = new Map<TarEntryType, number>([...TYPES].map(([format, type]) => [type, format]));

/** What a tar file calls a file of this `st_mode`; undefined for a socket, which none can hold. */
export function tarTypeOf(mode: number): FileType | undefined {
  return TYPES.get(mode & S_IFMT);
}

/** The type bits of `st_mode`. A hard link is said to be a file. */
export function formatOf(type: TarEntryType): number {
  return FORMATS.get(type) ?? S_IFREG;
}
