import { S_IFMT, S_IFDIR, S_IFREG, S_IFLNK } from "../base/file-types.ts";
import { collect, emptyStream, streamOf, type ByteStream } from "../base/streams.ts";
import { ERRNO } from "./errno.ts";
import { type FakeFiles, guestError } from "./fake-files.ts";
import { decodeTree, encodeTree, treeHeader, type TreeEntry } from "./tree.ts";

const ONLY_THE_ENTRY = 2;
const KEEP_KIND = 1;

/** Tree records of what is at a resolved path. @throws GuestError when nothing is */
export function readFakeTree(files: FakeFiles, top: string, flags: number): ByteStream {
  files.get(top);
  return encodeTree(entries(files, top, flags));
}

function* entries(files: FakeFiles, top: string, flags: number): Generator<TreeEntry, void, undefined> {
  const firstNames = new Map<bigint, string>();
  function* walk(path: string, relative: string): Generator<TreeEntry, void, undefined> {
    const file = files.get(path);
    const kind = file.mode & S_IFMT;
    const first = firstNames.get(file.ino);
    if (first === undefined) firstNames.set(file.ino, relative);
    const hard = first !== undefined;
    const size = kind === S_IFREG && !hard ? file.data.length : 0;
    const link = hard ? first : kind === S_IFLNK ? file.target : "";
    const { mode, uid, gid, major, minor, mtimeSeconds, xattrs } = file;
    const header = treeHeader({ path: relative, mode, uid, gid, major, minor, mtimeSeconds, xattrs, size, link, hard });
    yield { ...header, content: size > 0 ? streamOf(file.data.slice()) : emptyStream() };
    if (kind !== S_IFDIR || (flags & ONLY_THE_ENTRY) !== 0) return;
    for (const name of files.names(path))
      yield* walk(path === "/" ? `/${name}` : `${path}/${name}`, relative === "" ? name : `${relative}/${name}`);
  }
  yield* walk(top, "");
}

/** Makes what these records say below a resolved path. */
export async function writeFakeTree(files: FakeFiles, top: string, records: ByteStream, flags: number): Promise<void> {
  for await (const entry of decodeTree(records)) {
    const path = entry.path === "" ? top : `${top === "/" ? "" : top}/${entry.path}`;
    const old = files.find(path);
    const [wasDirectory, isDirectory] = [((old?.mode ?? 0) & S_IFMT) === S_IFDIR, (entry.mode & S_IFMT) === S_IFDIR];
    if (old !== undefined && wasDirectory !== isDirectory && (flags & KEEP_KIND) !== 0) {
      throw guestError(isDirectory ? ERRNO.ENOTDIR : ERRNO.EISDIR, `open(${path})`);
    }
    if (path !== "/") files.needParent(path);
    if (old !== undefined && !(wasDirectory && isDirectory)) files.deleteTree(path);
    if (entry.hard) {
      files.link(entry.link === "" ? top : `${top === "/" ? "" : top}/${entry.link}`, path);
      continue;
    }
    const { mode, uid, gid, major, minor, mtimeSeconds } = entry;
    const data = await collect(entry.content);
    files.put(path, {
      mode,
      uid,
      gid,
      major,
      minor,
      mtimeSeconds,
      data,
      target: entry.link,
      xattrs: [...entry.xattrs],
    });
  }
}
