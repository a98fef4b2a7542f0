/** What 9P2000.L requests about one file do: attributes, content, extended attributes, locks. */
import { decodePath, encodePath } from "../base/path-bytes.ts";
import { S_IFDIR, S_IFLNK, S_IFMT } from "../base/file-types.ts";
import { ERRNO } from "../guest/errno.ts";
import {
  HEADER_BYTES,
  Message,
  type MessageReader,
  type MessageWriter,
  NO_FID,
  QTDIR,
  QTFILE,
  QTSYMLINK,
  type Qid,
} from "../snapshots/nine-p-messages.ts";
import { FileError } from "./file-error.ts";
import type { WorkspaceFids } from "./nine-p-fid.ts";
import { type AttributeChanges, contentOf, type WorkspaceTree } from "./workspace-tree.ts";
import { isRegular, sizeOf, type Timestamp, type WorkspaceNode } from "./workspace-node.ts";

/** One mount of the workspace. */
export interface WorkspaceSession {
  readonly tree: WorkspaceTree;
  readonly fids: WorkspaceFids;
  msize: number;
  /** Makes everything durable, for fsync(2). @throws EngineError unavailable */
  readonly flush: () => Promise<void>;
}

/** Reads a request's fields from `input`, writes those of the answer. @throws NotReady; FileError */
export type WorkspaceOperation = (
  session: WorkspaceSession,
  input: MessageReader,
  out: MessageWriter,
) => Promise<Uint8Array> | undefined;

const O_ACCMODE = 0o3;
const O_TRUNC = 0o1000;
const O_APPEND = 0o2000;
const BLOCK_BYTES = 4096;
/** P9_STATS_BASIC of include/net/9p/9p.h: everything that stat(2) shows. */
const STATS_BASIC = 0x7ff;
/** Statfs of v9fs. */
const V9FS_MAGIC = 0x01021997;
const F_UNLCK = 2;
const NAME_MAX = 255;
const ENODATA = 61;
const ENOTSUP = ERRNO.EOPNOTSUPP;

/** P9_ATTR_* of include/net/9p/9p.h */
const SET = { mode: 1, uid: 2, gid: 4, size: 8, atime: 16, mtime: 32, atimeGiven: 128, mtimeGiven: 256 } as const;

/**
 * Version 0 says: do not keep what you have read (Linux ≥ 6.4, fs/9p/fid.h, `v9fs_fid_add_modes`). That is what makes a change from
 * outside visible at once; mappings are kept as long as the file is open.
 */
export function qidOf(node: WorkspaceNode): Qid {
  return { type: qidType(node), version: 0, pathHigh: 0, pathLow: node.id };
}

function qidType({ mode }: WorkspaceNode): number {
  const type = mode & S_IFMT;
  if (type === S_IFDIR) return QTDIR;
  return type === S_IFLNK ? QTSYMLINK : QTFILE;
}

const lopen: WorkspaceOperation = ({ tree, fids }, input, out) => {
  const fid = fids.get(input.u32());
  const flags = input.u32();
  if (fid.isOpen || fid.xattr || fid.xattrWrite) throw new FileError(ERRNO.EINVAL);
  openFid(tree, fid, flags);
  out.qid(qidOf(fid.node)).u32(0);
  return undefined;
};

/** Does what open(2) does with its flags, and remembers those that last. */
export function openFid(
  tree: WorkspaceTree,
  fid: { node: WorkspaceNode; isOpen: boolean; isAppending: boolean },
  flags: number,
): void {
  const isWriting = (flags & O_ACCMODE) !== 0;
  if (isWriting && fid.node.entries !== undefined) throw new FileError(ERRNO.EISDIR);
  if ((flags & O_TRUNC) !== 0 && isWriting && isRegular(fid.node))
    tree.setAttributes(fid.node, { size: 0, mtime: "now" });
  fid.isOpen = true;
  fid.isAppending = (flags & O_APPEND) !== 0;
}

const getattr: WorkspaceOperation = ({ fids }, input, out) => {
  const { node } = fids.get(input.u32());
  const size = sizeOf(node);
  const stored = node.content?.storedBytes ?? 0;
  out.u64(STATS_BASIC).qid(qidOf(node));
  out.u32(node.mode).u32(node.uid).u32(node.gid).u64(node.nlink).u64(0);
  out
    .u64(size)
    .u64(BLOCK_BYTES)
    .u64(Math.ceil(stored / BLOCK_BYTES) * (BLOCK_BYTES / 512));
  for (const { seconds, nanoseconds } of [node.atime, node.mtime, node.ctime]) out.u64(seconds).u64(nanoseconds);
  // btime, generation and data version are not in the valid mask.
  out.u64(0).u64(0).u64(0).u64(0);
  return undefined;
};

const setattr: WorkspaceOperation = ({ tree, fids }, input) => {
  const { node } = fids.get(input.u32());
  const valid = input.u32();
  const [mode, uid, gid, size] = [input.u32(), input.u32(), input.u32(), input.u64()];
  const [atime, mtime] = [readTime(input), readTime(input)];
  const timeOf = (isSet: number, isGiven: number, time: Timestamp): Timestamp | "now" | undefined => {
    if ((valid & isSet) === 0) return undefined;
    return (valid & isGiven) === 0 ? "now" : time;
  };
  const changes: { -readonly [Key in keyof AttributeChanges]: AttributeChanges[Key] } = {};
  if ((valid & SET.mode) !== 0) changes.mode = mode;
  if ((valid & SET.uid) !== 0) changes.uid = uid;
  if ((valid & SET.gid) !== 0) changes.gid = gid;
  if ((valid & SET.size) !== 0) changes.size = size;
  const newAtime = timeOf(SET.atime, SET.atimeGiven, atime);
  const newMtime = timeOf(SET.mtime, SET.mtimeGiven, mtime);
  if (newAtime !== undefined) changes.atime = newAtime;
  if (newMtime !== undefined) changes.mtime = newMtime;
  tree.setAttributes(node, changes);
  return undefined;
};

function readTime(input: MessageReader): Timestamp {
  return { seconds: input.u64(), nanoseconds: input.u64() };
}

const read: WorkspaceOperation = (session, input, out) => {
  const fid = session.fids.get(input.u32());
  const offset = input.u64();
  const count = Math.min(input.u32(), session.msize - HEADER_BYTES - 4);
  const countAt = out.length;
  out.u32(0);
  if (fid.xattr) {
    const bytes = fid.xattr.subarray(Math.min(offset, fid.xattr.length), Math.min(offset + count, fid.xattr.length));
    out.raw(bytes).patchU32(countAt, bytes.length);
    return undefined;
  }
  if (!fid.isOpen) throw new FileError(ERRNO.EBADF);
  const bytes = contentOf(fid.node).read(offset, out.space(count));
  out.skip(bytes).patchU32(countAt, bytes);
  return undefined;
};

const write: WorkspaceOperation = ({ tree, fids }, input, out) => {
  const fid = fids.get(input.u32());
  const offset = input.u64();
  const bytes = input.raw(input.u32());
  const { xattrWrite } = fid;
  if (xattrWrite !== undefined) {
    if (offset + bytes.length > xattrWrite.value.length) throw new FileError(ERRNO.ENOSPC);
    xattrWrite.value.set(bytes, offset);
    xattrWrite.written = Math.max(xattrWrite.written, offset + bytes.length);
    out.u32(bytes.length);
    return undefined;
  }
  if (!fid.isOpen) throw new FileError(ERRNO.EBADF);
  out.u32(tree.write(fid.node, fid.isAppending ? sizeOf(fid.node) : offset, bytes));
  return undefined;
};

const readlink: WorkspaceOperation = ({ fids }, input, out) => {
  const { target } = fids.get(input.u32()).node;
  if (target === undefined) throw new FileError(ERRNO.EINVAL);
  out.string(encodePath(target));
  return undefined;
};

const statfs: WorkspaceOperation = ({ tree, fids }, input, out) => {
  fids.get(input.u32());
  const { quota } = tree;
  const free = Math.floor(quota.freeBytes / BLOCK_BYTES);
  const blocks = quota.isStorageFull ? Math.ceil(quota.usedBytes / BLOCK_BYTES) : quota.limits.maxBytes / BLOCK_BYTES;
  out.u32(V9FS_MAGIC).u32(BLOCK_BYTES).u64(blocks).u64(free).u64(free);
  out.u64(quota.limits.maxFiles).u64(quota.freeFiles).u64(0).u32(NAME_MAX);
  return undefined;
};

const xattrwalk: WorkspaceOperation = ({ fids }, input, out) => {
  const fid = fids.get(input.u32());
  const newNumber = input.u32();
  const name = decodePath(input.string());
  if (fid.xattr || fids.has(newNumber) || newNumber === NO_FID) throw new FileError(ERRNO.EINVAL);
  const all = fid.node.xattrs ?? new Map<string, Uint8Array>();
  const value = name === "" ? encodePath([...all.keys()].map((each) => `${each}\0`).join("")) : all.get(name);
  if (value === undefined) throw new FileError(isKept(name) ? ENODATA : ENOTSUP);
  fids.set(newNumber, { node: fid.node, uid: fid.uid, isOpen: true, isAppending: false, xattr: value });
  out.u64(value.length);
  return undefined;
};

/** The fid is turned into one to which the value is written; a size of 0 with XATTR_REPLACE is how Linux removes. */
const xattrcreate: WorkspaceOperation = ({ fids }, input) => {
  const fid = fids.get(input.u32());
  const name = decodePath(input.string());
  const [size, flags] = [input.u64(), input.u32()];
  if (fid.isOpen || fid.xattr) throw new FileError(ERRNO.EINVAL);
  if (!isKept(name)) throw new FileError(ENOTSUP);
  if (size > MAX_VALUE_BYTES) throw new FileError(ERRNO.E2BIG);
  fid.xattrWrite = { name, value: new Uint8Array(size), flags, written: 0 };
  return undefined;
};

const MAX_VALUE_BYTES = 65_536;
const XATTR_REPLACE = 2;

/** Access control lists are not kept: nobody would check them. */
function isKept(name: string): boolean {
  return /^(user|security|trusted)\../.test(name);
}

const clunk: WorkspaceOperation = ({ tree, fids }, input) => {
  const number = input.u32();
  const { node, xattrWrite } = fids.get(number);
  try {
    if (xattrWrite === undefined) return undefined;
    const { name, value, flags, written } = xattrWrite;
    if (value.length === 0 && (flags & XATTR_REPLACE) !== 0) tree.removeXattr(node, name);
    else if (written === value.length) tree.setXattr(node, name, value, flags);
    else throw new FileError(ERRNO.EINVAL);
  } finally {
    fids.delete(number);
  }
  return undefined;
};

/** Answered when everything is in storage. */
const fsync: WorkspaceOperation = ({ fids, flush }, input, out) => {
  fids.get(input.u32());
  const answer = out.finish().slice();
  return flush().then(
    () => answer,
    () => {
      throw new FileError(ERRNO.ENOSPC);
    },
  );
};

/** The guest's kernel keeps its own locks before it asks; there is no other client, so every lock is granted. */
const lock: WorkspaceOperation = ({ fids }, input, out) => {
  fids.get(input.u32());
  out.u8(0);
  return undefined;
};

const getlock: WorkspaceOperation = ({ fids }, input, out) => {
  fids.get(input.u32());
  input.u8();
  const [start, length, process] = [input.u64(), input.u64(), input.u32()];
  out.u8(F_UNLCK).u64(start).u64(length).u32(process).string(input.string());
  return undefined;
};

/** By message type. */
export const fileOperations: Readonly<Record<number, WorkspaceOperation>> = {
  [Message.lopen]: lopen,
  [Message.getattr]: getattr,
  [Message.setattr]: setattr,
  [Message.read]: read,
  [Message.write]: write,
  [Message.readlink]: readlink,
  [Message.statfs]: statfs,
  [Message.xattrwalk]: xattrwalk,
  [Message.xattrcreate]: xattrcreate,
  [Message.clunk]: clunk,
  [Message.fsync]: fsync,
  [Message.lock]: lock,
  [Message.getlock]: getlock,
};
