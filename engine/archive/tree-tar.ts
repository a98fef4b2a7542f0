/** Tree records of the guest as entries of tar files, and back. Times are whole seconds, as in every tar that Docker writes. */
import { S_IFDIR, S_IFREG } from "../base/file-types.ts";
import { systemClock } from "../base/clock.ts";
import { type ByteStream, emptyStream } from "../base/streams.ts";
import { type TreeEntry, type TreeHeader, treeHeader } from "../guest/tree.ts";
import type { TarEntry } from "../oci/layer-tar.ts";
import { formatOf, tarTypeOf } from "../oci/tar-types.ts";
import type { TarEntryFields } from "../oci/tar-writer.ts";

/** What overlayfs keeps for itself. */
const OVERLAY_XATTRS = "trusted.overlay.";

/** One entry of a tar file that is being written. */
export interface TarPiece {
  readonly entry: TarEntryFields;
  readonly content?: ByteStream;
}

/** Where an entry goes: its own name, and that of the file it is a hard link to. */
export interface TarNames {
  readonly path: string;
  readonly link?: string;
}

/** Undefined for what no tar file can hold: a socket. */
export function tarPieceOf(entry: TreeEntry, { path, link = entry.link }: TarNames): TarPiece | undefined {
  const type = entry.hard ? "hard-link" : tarTypeOf(entry.mode);
  if (type === undefined) return undefined;
  const isDevice = type === "character-device" || type === "block-device";
  return {
    entry: {
      path,
      type,
      mode: entry.mode & 0o7777,
      uid: entry.uid,
      gid: entry.gid,
      size: type === "file" ? entry.size : 0,
      mtimeSeconds: entry.mtimeSeconds,
      ...(isDevice && { major: entry.major, minor: entry.minor }),
      link: type === "symlink" || type === "hard-link" ? link : "",
      xattrs: entry.hard ? [] : entry.xattrs.filter(([name]) => !name.startsWith(OVERLAY_XATTRS)),
    },
    ...(type === "file" && entry.size > 0 && { content: entry.content }),
  };
}

/** The record of a tar entry at `names`. An xattr that overlayfs keeps for itself is not taken from an archive. */
export function treeHeaderOf(entry: TarEntry, { path, link = entry.link }: TarNames): TreeHeader {
  const hard = entry.type === "hard-link";
  return treeHeader({
    path,
    mode: (hard ? S_IFREG : formatOf(entry.type)) | entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size: entry.size,
    mtimeSeconds: entry.mtimeSeconds,
    mtimeNanoseconds: entry.mtimeNanoseconds,
    major: entry.major,
    minor: entry.minor,
    link,
    hard,
    xattrs: entry.xattrs.filter(([name]) => !name.startsWith(OVERLAY_XATTRS)),
  });
}

/** A directory owned by root, as Docker makes those that an archive only implies. */
export function impliedDirectory(path: string): TreeEntry {
  const mtimeSeconds = Math.floor(systemClock.now() / 1000);
  return { ...treeHeader({ path, mode: S_IFDIR | 0o755, mtimeSeconds }), content: emptyStream() };
}
