import { S_IFMT, S_IFDIR, S_IFLNK } from "../base/file-types.ts";
import { encodeUtf8 } from "../base/streams.ts";
import { ERRNO } from "./errno.ts";
import { type FakeFiles, guestError } from "./fake-files.ts";
import { encodeNames, encodeStat, encodeStatfs } from "./op-results.ts";
import { O_REPLACE } from "./op-codec.ts";
import type { Op } from "./ops.ts";

const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_TRUNC = 0o1000;
const O_APPEND = 0o2000;
const NOTHING = new Uint8Array(0);

type FileOp<Name extends Op["op"]> = (files: FakeFiles, op: Extract<Op, { op: Name }>) => Uint8Array | void;

/** The ops that a fake guest really does; all others succeed without effect. */
const HANDLERS: { readonly [Name in Op["op"]]?: FileOp<Name> } = {
  mkdir: (files, op) => {
    const path = files.resolve(op.path, { follow: true });
    if (op.parents) {
      for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1))
        ensureDirectory(files, path.slice(0, at), 0o755);
    }
    ensureDirectory(files, path, op.mode ?? 0o755);
  },
  write: (files, op) => {
    const path = files.resolve(op.path, { follow: true });
    writeFile(files, path, typeof op.data === "string" ? encodeUtf8(op.data) : op.data, {
      flags: op.flags,
      mode: op.mode,
    });
  },
  read: (files, op) => {
    const path = files.resolve(op.path, { follow: true });
    if (op.optional && files.find(path) === undefined) return NOTHING;
    return readFile(files, path);
  },
  symlink: (files, op) => {
    const path = files.resolve(op.path);
    files.needParent(path);
    if (files.find(path) === undefined) files.put(path, { mode: S_IFLNK | 0o777, target: op.target });
  },
  mknod: (files, op) => {
    const path = files.resolve(op.path);
    files.needParent(path);
    if (files.find(path) !== undefined) throw guestError(ERRNO.EEXIST, `mknod(${op.path})`);
    files.put(path, { mode: op.mode, major: op.major, minor: op.minor });
  },
  chmod: (files, op) => {
    const file = files.get(files.resolve(op.path, { follow: true }));
    file.mode = (file.mode & S_IFMT) | (op.mode & 0o7777);
  },
  chown: (files, op) => void Object.assign(files.get(files.resolve(op.path)), { uid: op.uid, gid: op.gid }),
  unlink: (files, op) => {
    const path = files.resolve(op.path);
    if (isDirectory(files, path)) throw guestError(ERRNO.EISDIR, `unlink(${op.path})`);
    files.delete(path);
  },
  remove: (files, op) => files.deleteTree(files.resolve(op.path)),
  rmdir: (files, op) => {
    const path = files.resolve(op.path);
    if (files.find(path) === undefined) return;
    // A cgroup's own files do not keep it.
    const kept = files.names(path).filter((name) => !path.startsWith("/sys/") || isDirectory(files, `${path}/${name}`));
    if (kept.length > 0) throw guestError(ERRNO.ENOTEMPTY, `rmdir(${op.path})`);
    files.deleteTree(path);
  },
  rename: (files, op) => files.rename(files.resolve(op.from), files.resolve(op.to)),
  stat: (files, op) => {
    const file = files.get(files.resolve(op.path, { follow: op.follow }));
    const size = (file.mode & S_IFMT) === S_IFLNK ? encodeUtf8(file.target).length : file.data.length;
    return encodeStat({ ...file, nlink: 1, size, mtimeNanoseconds: 0 });
  },
  readdir: (files, op) => encodeNames(files.names(files.resolve(op.path, { follow: true }))),
  statfs: () => encodeStatfs({ totalBytes: 256 << 20, freeBytes: 128 << 20, files: 65536, freeFiles: 32768 }),
  readlink: (files, op) => {
    const file = files.get(files.resolve(op.path));
    if ((file.mode & S_IFMT) !== S_IFLNK) throw guestError(ERRNO.EINVAL, `readlink(${op.path})`);
    return encodeUtf8(file.target);
  },
};

/** Does one op to these files. @throws GuestError */
export function performOp(files: FakeFiles, op: Op): Uint8Array {
  const handler = HANDLERS[op.op] as FileOp<Op["op"]> | undefined;
  return handler?.(files, op) ?? NOTHING;
}

/** Content of a regular file at a resolved path. */
export function readFile(files: FakeFiles, path: string): Uint8Array {
  if (isDirectory(files, path)) throw guestError(ERRNO.EISDIR, `read(${path})`);
  return files.get(path).data;
}

/** `open`, `write`, `close` at a resolved path. In /proc and /sys every file can be written. */
export function writeFile(
  files: FakeFiles,
  path: string,
  data: Uint8Array,
  options: { flags?: number; mode?: number } = {},
): void {
  const { flags = O_REPLACE, mode = 0o644 } = options;
  files.needParent(path);
  if (isDirectory(files, path)) throw guestError(ERRNO.EISDIR, `open(${path})`);
  const old = files.find(path);
  const anything = path.startsWith("/proc/") || path.startsWith("/sys/");
  if (old === undefined && (flags & O_CREAT) === 0 && !anything) throw guestError(ERRNO.ENOENT, `open(${path})`);
  if (old !== undefined && (flags & O_EXCL) !== 0) throw guestError(ERRNO.EEXIST, `open(${path})`);
  const file = old ?? files.put(path, { mode: 0o100000 | mode });
  const keep = (flags & O_APPEND) !== 0 ? file.data.length : 0;
  const length = (flags & O_TRUNC) !== 0 ? data.length : Math.max(file.data.length, keep + data.length);
  const content = new Uint8Array(length);
  if ((flags & O_TRUNC) === 0) content.set(file.data);
  content.set(data, (flags & O_TRUNC) !== 0 ? 0 : keep);
  file.data = content;
}

function isDirectory(files: FakeFiles, path: string): boolean {
  return ((files.find(path)?.mode ?? 0) & S_IFMT) === S_IFDIR;
}

function ensureDirectory(files: FakeFiles, path: string, mode: number): void {
  if (isDirectory(files, path)) return;
  if (files.find(path) !== undefined) throw guestError(ERRNO.ENOTDIR, `mkdir(${path})`);
  files.needParent(path);
  files.put(path, { mode: S_IFDIR | mode });
}
