import { EMPTY_FILES } from "../../archive/empty-files.ts";
import type { LowerFile, ReadableLowerFiles } from "../../archive/lower-files.ts";
import { S_IFREG } from "../../base/file-types.ts";
import { type ByteStream, emptyStream } from "../../base/streams.ts";

/** A tree with one file in its root: a here-document, a download. */
export function oneFile(
  name: string,
  content: { readonly size: number; open(): ByteStream },
  attributes: { readonly permissions: number; readonly mtimeSeconds: number },
): ReadableLowerFiles {
  const file: LowerFile = {
    mode: S_IFREG | attributes.permissions,
    uid: 0,
    gid: 0,
    size: content.size,
    major: 0,
    minor: 0,
    mtimeSeconds: attributes.mtimeSeconds,
    mtimeNanoseconds: 0,
    xattrs: [],
  };
  return {
    ...EMPTY_FILES,
    find: (path) => (path === name ? file : EMPTY_FILES.find(path)),
    names: (path) => (path === "" ? [name] : []),
    read: (path) => (path === name ? content.open() : emptyStream()),
  };
}
