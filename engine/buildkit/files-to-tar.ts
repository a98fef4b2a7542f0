import type { LowerFile, ReadableLowerFiles } from "../archive/lower-files.ts";
import type { TarPiece } from "../archive/tree-tar.ts";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from "../base/file-types.ts";
import type { ByteStream } from "../base/streams.ts";
import type { TarEntryType } from "../oci/layer-tar.ts";
import { writeTar } from "../oci/tar-writer.ts";
import { walkFiles } from "./walk-files.ts";

const TYPES = new Map<number, TarEntryType>([
  [S_IFREG, "file"],
  [S_IFDIR, "directory"],
  [S_IFLNK, "symlink"],
  [S_IFCHR, "character-device"],
  [S_IFBLK, "block-device"],
  [S_IFIFO, "fifo"],
]);

/** All files as one tar file, in the order of their names. */
export function filesToTar(files: ReadableLowerFiles): ByteStream {
  return writeTar(pieces(files));
}

async function* pieces(files: ReadableLowerFiles): AsyncGenerator<TarPiece, void, undefined> {
  /** First names of files that have several. */
  const linked = new Map<string, string>();
  for (const path of walkFiles(files)) {
    const file = files.find(path) as LowerFile;
    const identity = files.identity(path);
    const first = identity === undefined ? undefined : linked.get(identity);
    if (identity !== undefined && first === undefined) linked.set(identity, path);
    const type = first === undefined ? TYPES.get(file.mode & S_IFMT) : "hard-link";
    if (type === undefined) continue;
    const hasContent = type === "file" && file.size > 0;
    yield {
      entry: {
        path,
        type,
        mode: file.mode & 0o7777,
        uid: file.uid,
        gid: file.gid,
        size: hasContent ? file.size : 0,
        mtimeSeconds: file.mtimeSeconds,
        major: file.major,
        minor: file.minor,
        link: type === "symlink" ? files.readLink(path) : (first ?? ""),
        xattrs: file.xattrs.filter(([name]) => !name.startsWith("trusted.overlay.")),
      },
      ...(hasContent && { content: files.read(path) }),
    };
  }
}
