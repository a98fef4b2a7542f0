/** Tar files and the guest's tree records, each as the other: what `docker cp` reads and writes in the user's shell. */
import { S_IFMT } from "./base/file-types.ts";
import { type ByteStream } from "./base/streams.ts";
import type { Rename } from "./cli/command-context.ts";
import { decodeTree, encodeTree, type TreeEntry, type TreeHeader } from "./guest/tree.ts";
import { readTar, type TarEntry, type TarEntryType } from "./oci/layer-tar.ts";
import { type TarEntryFields, writeTar } from "./oci/tar-writer.ts";

const FORMATS: Readonly<Record<TarEntryType, number>> = {
  file: 0o100_000,
  "hard-link": 0o100_000,
  directory: 0o040_000,
  symlink: 0o120_000,
  "character-device": 0o020_000,
  "block-device": 0o060_000,
  fifo: 0o010_000,
};
const PERMISSIONS = 0o7777;
/** The one attribute that Docker's archives carry. */
const CAPABILITY = "security.capability";

/** The tree as a tar file, its entries below `name` ("" for none). Sockets are left out: a tar file has none. */
export function treeToTar(records: ByteStream, name: string): ByteStream {
  async function* items(): AsyncGenerator<{ entry: TarEntryFields; content?: ByteStream }, void, undefined> {
    for await (const entry of decodeTree(records)) {
      const type = typeOf(entry);
      if (type === undefined) continue;
      const { uid, gid, size, mtimeSeconds, mtimeNanoseconds, major, minor, xattrs } = entry;
      const fields = {
        path: join(name, entry.path),
        type,
        mode: entry.mode & PERMISSIONS,
        link: entry.hard ? join(name, entry.link) : entry.link,
        xattrs: xattrs.filter(([attribute]) => attribute === CAPABILITY),
      };
      yield {
        entry: { ...fields, uid, gid, size, mtimeSeconds, mtimeNanoseconds, major, minor },
        ...(type === "file" && { content: entry.content }),
      };
    }
  }
  return writeTar(items());
}

/** The tar file as tree records of the user's own (root's); what lies at the top is left as it is. */
export function tarToTree(tar: ByteStream, rename?: Rename): ByteStream {
  const renamed = (path: string): string => (rename === undefined ? path : renamePath(path, rename));
  async function* entries(): AsyncGenerator<TreeEntry, void, undefined> {
    for await (const { entry, content } of readTar(tar)) {
      const path = renamed(entry.path);
      if (path !== "") yield { ...treeHeaderOf(entry, path, renamed), content };
    }
  }
  return encodeTree(entries());
}

function treeHeaderOf(entry: TarEntry, path: string, renamed: (path: string) => string): TreeHeader {
  const { type, mode, size, mtimeSeconds, mtimeNanoseconds, major, minor, xattrs } = entry;
  const hard = type === "hard-link";
  return {
    path,
    mode: FORMATS[type] | mode,
    uid: 0,
    gid: 0,
    size,
    mtimeSeconds,
    mtimeNanoseconds,
    major,
    minor,
    link: hard ? renamed(entry.link) : entry.link,
    hard,
    xattrs: xattrs.filter(([attribute]) => attribute === CAPABILITY),
  };
}

function typeOf({ mode, hard }: TreeHeader): TarEntryType | undefined {
  if (hard) return "hard-link";
  const format = mode & S_IFMT;
  return (Object.keys(FORMATS) as TarEntryType[]).find((type) => FORMATS[type] === format);
}

function renamePath(path: string, { from, to }: Rename): string {
  if (from === "") return join(to, path);
  if (path === from) return to;
  return path.startsWith(`${from}/`) ? join(to, path.slice(from.length + 1)) : path;
}

function join(parent: string, path: string): string {
  return parent === "" || path === "" ? parent + path : `${parent}/${path}`;
}
