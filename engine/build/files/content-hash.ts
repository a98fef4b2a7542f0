/**
 * Hashes of what is copied, for keys of the build cache: content, type, permissions, owner, links, devices, extended attributes and names, but
 * no times (BuildKit `cache/contenthash`, whose headers are those of Docker's old tarsum). The numbers are our own.
 */
import type { LowerFile, ReadableLowerFiles } from "../../archive/lower-files.ts";
import { S_IFMT, S_IFREG } from "../../base/file-types.ts";
import { chunksOf, concat, encodeUtf8 } from "../../base/streams.ts";
import { createHasher, type Hasher } from "../../oci/digest.ts";
import { encodePath } from "../../oci/path-bytes.ts";
import { isSymlink } from "./tree-path.ts";

/** A file that takes part, under the name it has in the hash. */
export interface HashedFile {
  readonly files: ReadableLowerFiles;
  /** Clean, in `files`. */
  readonly path: string;
  readonly name: string;
}

/** The hash of `head` and these files, in their order. */
export async function hashFiles(head: string, files: Iterable<HashedFile>, signal?: AbortSignal): Promise<string> {
  const hasher = await createHasher();
  hasher.update(framed(encodeUtf8(head)));
  for (const hashed of files) {
    const file = hashed.files.find(hashed.path);
    if (file === undefined) continue;
    signal?.throwIfAborted();
    hasher.update(headerOf(hashed, file));
    if (isRegular(file) && file.size > 0) await hashContent(hasher, hashed);
  }
  return hasher.digest();
}

async function hashContent(hasher: Hasher, { files, path }: HashedFile): Promise<void> {
  for await (const chunk of chunksOf(files.read(path))) hasher.update(chunk);
}

function headerOf({ files, path, name }: HashedFile, file: LowerFile): Uint8Array {
  const link = isSymlink(file.mode) ? files.readLink(path) : "";
  const mode = isSymlink(file.mode) ? file.mode | 0o777 : file.mode;
  const size = isRegular(file) ? file.size : 0;
  const xattrs = file.xattrs
    .filter(([key]) => key === "security.capability" || !/^(?:security|system|trusted\.overlay)\./.test(key))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, value]) => [framed(encodePath(key)), framed(value)]);
  const numbers = [mode, file.uid, file.gid, size, file.major, file.minor, xattrs.length].join(" ");
  return concat([framed(encodePath(name)), framed(encodeUtf8(numbers)), framed(encodePath(link)), ...xattrs]);
}

const isRegular = (file: LowerFile): boolean => (file.mode & S_IFMT) === S_IFREG;

/** With its length before it: no two lists of parts have the same bytes. */
function framed(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  return concat([length, bytes]);
}
