/** What 9P2000.L requests about names do: attach, walk, directories, what is made, renamed and removed. */
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from "../base/file-types.ts";
import { decodePath, encodePath } from "../base/path-bytes.ts";
import { ERRNO } from "../guest/errno.ts";
import { HEADER_BYTES, Message, NO_FID, type Qid } from "../snapshots/nine-p-messages.ts";
import { FileError } from "./file-error.ts";
import { openFid, qidOf, type WorkspaceOperation } from "./nine-p-file-operations.ts";
import type { WorkspaceFid } from "./nine-p-fid.ts";
import { isDirectory, type WorkspaceNode } from "./workspace-node.ts";
import { entriesOf } from "./workspace-tree.ts";

const MAX_WALK = 16;
const O_EXCL = 0o200;
const AT_REMOVEDIR = 0x200;
const PERMISSIONS = 0o7777;

const attach: WorkspaceOperation = ({ tree, fids }, input, out) => {
  const number = input.u32();
  input.u32();
  input.string();
  const path = decodePath(input.string());
  const uid = input.u32();
  if (fids.has(number)) throw new FileError(ERRNO.EINVAL);
  let node = tree.root;
  for (const name of path.split("/")) if (name !== "") node = tree.lookup(node, name);
  fids.set(number, { node, uid: uid === NO_FID ? 0 : uid, isOpen: false, isAppending: false });
  out.qid(qidOf(node));
  return undefined;
};

const walk: WorkspaceOperation = ({ tree, fids }, input, out) => {
  const from = fids.get(input.u32());
  const newNumber = input.u32();
  const count = input.u16();
  if (count > MAX_WALK || newNumber === NO_FID) throw new FileError(ERRNO.EINVAL);
  if (from.xattr || from.xattrWrite || (from.isOpen && count > 0)) throw new FileError(ERRNO.EINVAL);
  let { node } = from;
  const qids: Qid[] = [];
  for (let step = 0; step < count; step += 1) {
    const name = decodePath(input.string());
    try {
      node = tree.lookup(node, name);
    } catch (error) {
      // A walk that ends early makes no fid; the client is told how far it came.
      if (step === 0) throw error;
      break;
    }
    qids.push(qidOf(node));
  }
  if (qids.length === count) {
    if (fids.has(newNumber) && fids.get(newNumber) !== from) throw new FileError(ERRNO.EINVAL);
    fids.set(newNumber, { node, uid: from.uid, isOpen: false, isAppending: false });
  }
  out.u16(qids.length);
  for (const qid of qids) out.qid(qid);
  return undefined;
};

const lcreate: WorkspaceOperation = ({ tree, fids }, input, out) => {
  const fid = fids.get(input.u32());
  const name = decodePath(input.string());
  const [flags, mode, gid] = [input.u32(), input.u32(), input.u32()];
  if (fid.isOpen || fid.xattr) throw new FileError(ERRNO.EINVAL);
  const existing = entriesOf(fid.node).get(name)?.node;
  if (existing !== undefined && (flags & O_EXCL) !== 0) throw new FileError(ERRNO.EEXIST);
  const node = existing ?? tree.create(fid.node, name, { mode: S_IFREG | (mode & PERMISSIONS), uid: fid.uid, gid });
  const opened = { node, isOpen: false, isAppending: false };
  openFid(tree, opened, existing === undefined ? flags & ~0o1000 : flags);
  fids.move(fid, node);
  fid.isOpen = true;
  fid.isAppending = opened.isAppending;
  out.qid(qidOf(node)).u32(0);
  return undefined;
};

const mkdir: WorkspaceOperation = ({ tree, fids }, input, out) => {
  const fid = fids.get(input.u32());
  const name = decodePath(input.string());
  const [mode, gid] = [input.u32(), input.u32()];
  const node = tree.create(fid.node, name, { mode: S_IFDIR | (mode & PERMISSIONS), uid: fid.uid, gid });
  out.qid(qidOf(node));
  return undefined;
};

const symlink: WorkspaceOperation = ({ tree, fids }, input, out) => {
  const fid = fids.get(input.u32());
  const [name, target] = [decodePath(input.string()), decodePath(input.string())];
  const node = tree.create(fid.node, name, { mode: S_IFLNK | 0o777, uid: fid.uid, gid: input.u32(), target });
  out.qid(qidOf(node));
  return undefined;
};

/** Pipes and sockets are names that the guest's kernel gives a meaning; a device would be one of the machine's. */
const mknod: WorkspaceOperation = ({ tree, fids }, input, out) => {
  const fid = fids.get(input.u32());
  const name = decodePath(input.string());
  const mode = input.u32();
  input.u32();
  input.u32();
  const type = mode & S_IFMT;
  if (type === S_IFCHR || type === S_IFBLK) throw new FileError(ERRNO.EPERM);
  if (type !== S_IFIFO && type !== S_IFSOCK && type !== S_IFREG) throw new FileError(ERRNO.EINVAL);
  const node = tree.create(fid.node, name, { mode: type | (mode & PERMISSIONS), uid: fid.uid, gid: input.u32() });
  out.qid(qidOf(node));
  return undefined;
};

const link: WorkspaceOperation = ({ tree, fids }, input) => {
  const directory = fids.get(input.u32()).node;
  const { node } = fids.get(input.u32());
  tree.link(node, directory, decodePath(input.string()));
  return undefined;
};

const rename: WorkspaceOperation = ({ tree, fids }, input) => {
  const { node } = fids.get(input.u32());
  const to = fids.get(input.u32()).node;
  const { parent, name } = linkOf(node);
  tree.rename(parent, name, to, decodePath(input.string()));
  return undefined;
};

const renameat: WorkspaceOperation = ({ tree, fids }, input) => {
  const from = fids.get(input.u32()).node;
  const name = decodePath(input.string());
  const to = fids.get(input.u32()).node;
  tree.rename(from, name, to, decodePath(input.string()));
  return undefined;
};

const unlinkat: WorkspaceOperation = ({ tree, fids }, input) => {
  const directory = fids.get(input.u32()).node;
  const name = decodePath(input.string());
  tree.unlink(directory, name, { directory: (input.u32() & AT_REMOVEDIR) !== 0 });
  return undefined;
};

/** A remove clunks its fid, whatever comes of it. */
const remove: WorkspaceOperation = ({ tree, fids }, input) => {
  const number = input.u32();
  const { node } = fids.get(number);
  try {
    const { parent, name } = linkOf(node);
    tree.unlink(parent, name, { directory: isDirectory(node) });
  } finally {
    fids.delete(number);
  }
  return undefined;
};

const readdir: WorkspaceOperation = (session, input, out) => {
  const fid: WorkspaceFid = session.fids.get(input.u32());
  const cookie = input.u64();
  const limit = Math.min(input.u32(), session.msize - HEADER_BYTES - 4);
  if (!fid.isOpen) throw new FileError(ERRNO.EBADF);
  const entries = entriesOf(fid.node);
  const countAt = out.length;
  out.u32(0);
  const put = (at: number, name: string, node: WorkspaceNode): boolean => {
    if (at <= cookie) return true;
    const bytes = encodePath(name);
    if (out.length - countAt - 4 + 24 + bytes.length > limit) return false;
    out
      .qid(qidOf(node))
      .u64(at)
      .u8((node.mode & S_IFMT) >> 12)
      .string(bytes);
    return true;
  };
  let fits = put(1, ".", fid.node) && put(2, "..", fid.node.link?.parent ?? fid.node);
  // A map keeps the order in which names were made, which is that of the cookies.
  for (const [name, entry] of entries) fits &&= put(entry.cookie, name, entry.node);
  out.patchU32(countAt, out.length - countAt - 4);
  return undefined;
};

/** @throws FileError EBUSY for the root, ENOENT for what was removed */
function linkOf(node: WorkspaceNode): NonNullable<WorkspaceNode["link"]> {
  if (node.link !== undefined) return node.link;
  throw new FileError(node.nlink > 0 ? ERRNO.EBUSY : ERRNO.ENOENT);
}

/** By message type. */
export const nameOperations: Readonly<Record<number, WorkspaceOperation>> = {
  [Message.attach]: attach,
  [Message.walk]: walk,
  [Message.lcreate]: lcreate,
  [Message.mkdir]: mkdir,
  [Message.symlink]: symlink,
  [Message.mknod]: mknod,
  [Message.link]: link,
  [Message.rename]: rename,
  [Message.renameat]: renameat,
  [Message.unlinkat]: unlinkat,
  [Message.remove]: remove,
  [Message.readdir]: readdir,
};
