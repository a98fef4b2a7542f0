/** What each 9P2000.L request does. The answer's fields go into `out`; what cannot be answered at once is promised as a whole message. */
import { S_IFMT, S_IFDIR, S_IFREG, S_IFLNK } from "../base/file-types.ts";
import { encodePath, decodePath } from "../oci/path-bytes.ts";
import { EXPORT_ROOT, type Place } from "./nine-p-exports.ts";
import { Errno, HEADER_BYTES, Message, MessageWriter, NinePError, NO_FID, type Qid } from "./nine-p-messages.ts";
import { readDirectory } from "./nine-p-readdir.ts";
import type { Operation } from "./nine-p-session.ts";

const O_ACCMODE = 0o3;
const O_TRUNC = 0o1000;
const MAX_WALK = 16;
const BLOCK_BYTES = 4096;
/** P9_STATS_BASIC of include/net/9p/9p.h: everything that stat(2) shows. */
const STATS_BASIC = 0x7ff;
const V9FS_MAGIC = 0x01021997;
const F_UNLCK = 2;

const attach: Operation = ({ exports, fids }, input, out) => {
  const number = input.u32();
  input.u32();
  input.string();
  const path = decodePath(input.string());
  if (fids.has(number)) throw new NinePError(Errno.EINVAL);
  let place: Place | undefined = EXPORT_ROOT;
  for (const name of path.split("/")) if (name !== "" && place) place = exports.walk(place, encodePath(name));
  if (!place) throw new NinePError(Errno.ENOENT);
  out.qid(exports.qid(place));
  fids.set(number, { place, isOpen: false });
  return undefined;
};

const walk: Operation = ({ exports, fids }, input, out) => {
  const from = fids.get(input.u32());
  const newNumber = input.u32();
  const count = input.u16();
  if (count > MAX_WALK || newNumber === NO_FID) throw new NinePError(Errno.EINVAL);
  if (from.xattr || (from.isOpen && count > 0)) throw new NinePError(Errno.EINVAL);
  let { place } = from;
  const qids: Qid[] = [];
  for (let step = 0; step < count; step += 1) {
    const name = input.string();
    if (!exports.isDirectory(place)) {
      if (step === 0) throw new NinePError(Errno.ENOTDIR);
      break;
    }
    const next = exports.walk(place, name);
    if (!next) {
      if (step === 0) throw new NinePError(Errno.ENOENT);
      break;
    }
    place = next;
    qids.push(exports.qid(place));
  }
  // A walk that ends early makes no fid; the client is told how far it came.
  if (qids.length === count) {
    const isInUse = fids.has(newNumber) && fids.get(newNumber) !== from;
    if (isInUse) throw new NinePError(Errno.EINVAL);
    fids.set(newNumber, { place, isOpen: false });
  }
  out.u16(qids.length);
  for (const qid of qids) out.qid(qid);
  return undefined;
};

const lopen: Operation = ({ exports, fids }, input, out) => {
  const fid = fids.get(input.u32());
  const flags = input.u32();
  if (fid.xattr) throw new NinePError(Errno.EINVAL);
  if ((flags & O_ACCMODE) !== 0 || (flags & O_TRUNC) !== 0) throw new NinePError(Errno.EROFS);
  out.qid(exports.qid(fid.place)).u32(0);
  fid.isOpen = true;
  return undefined;
};

const getattr: Operation = ({ exports, fids }, input, out) => {
  const { place } = fids.get(input.u32());
  const attributes = exports.attributes(place);
  const { size, mtimeSeconds, mtimeNanoseconds } = attributes;
  out.u64(STATS_BASIC).qid(exports.qid(place, attributes.mode));
  out.u32(attributes.mode).u32(attributes.uid).u32(attributes.gid).u64(attributes.nlink).u64(attributes.rdev);
  out
    .u64(size)
    .u64(BLOCK_BYTES)
    .u64(Math.ceil(size / 512));
  for (let time = 0; time < 3; time += 1) out.u64(mtimeSeconds).u64(mtimeNanoseconds);
  // btime, generation and data version are not in the valid mask.
  out.u64(0).u64(0).u64(0).u64(0);
  return undefined;
};

const read: Operation = (session, input, out) => {
  const fid = session.fids.get(input.u32());
  const offset = input.u64();
  const count = Math.min(input.u32(), session.msize - HEADER_BYTES - 4);
  const { place, xattr } = fid;
  const countAt = out.length;
  out.u32(0);
  if (xattr) {
    const bytes = xattr.subarray(Math.min(offset, xattr.length), Math.min(offset + count, xattr.length));
    out.raw(bytes).patchU32(countAt, bytes.length);
    return undefined;
  }
  if (!fid.isOpen) throw new NinePError(Errno.EBADF);
  if (!place.slot) throw new NinePError(Errno.EISDIR);
  const { slot, node } = place;
  const tree = slot.tree();
  const type = tree.attributes(node).mode & S_IFMT;
  if (type !== S_IFREG) throw new NinePError(type === S_IFDIR ? Errno.EISDIR : Errno.EINVAL);
  const traced = (bytes: number): void =>
    session.readTrace?.({ tree: slot.name, path: tree.pathOf(node), offset, bytes });
  const bytes = tree.readNow(node, offset, out.space(count));
  if (bytes !== undefined) {
    if (session.readTrace) traced(bytes);
    out.skip(bytes).patchU32(countAt, bytes);
    return undefined;
  }
  const own = new MessageWriter(HEADER_BYTES + 4 + count);
  own.raw(out.finish());
  return (async () => {
    const bytes = await tree.read(node, offset, own.space(count));
    traced(bytes);
    return own.skip(bytes).patchU32(countAt, bytes).finish();
  })();
};

const readlink: Operation = ({ fids }, input, out) => {
  const { place } = fids.get(input.u32());
  const tree = place.slot?.tree();
  if (!place.slot || !tree || (tree.attributes(place.node).mode & S_IFMT) !== S_IFLNK)
    throw new NinePError(Errno.EINVAL);
  out.string(tree.readLink(place.node));
  return undefined;
};

const statfs: Operation = ({ fids }, input, out) => {
  const { place } = fids.get(input.u32());
  const tree = place.slot?.tree();
  out.u32(V9FS_MAGIC).u32(BLOCK_BYTES);
  out
    .u64(Math.ceil((tree?.contentBytes ?? 0) / BLOCK_BYTES))
    .u64(0)
    .u64(0);
  out.u64(tree?.nodeCount ?? 0).u64(0);
  out.u64(place.slot?.pathHigh ?? 0).u32(255);
  return undefined;
};

const xattrwalk: Operation = ({ fids }, input, out) => {
  const { place, xattr } = fids.get(input.u32());
  const newNumber = input.u32();
  const name = decodePath(input.string());
  if (xattr || fids.has(newNumber) || newNumber === NO_FID) throw new NinePError(Errno.EINVAL);
  const all = place.slot ? place.slot.tree().xattrs(place.node) : [];
  const value =
    name === "" ? encodePath(all.map(([each]) => `${each}\0`).join("")) : all.find(([each]) => each === name)?.[1];
  if (!value) throw new NinePError(Errno.ENODATA);
  fids.set(newNumber, { place, isOpen: true, xattr: value });
  out.u64(value.length);
  return undefined;
};

const clunk: Operation = ({ fids }, input) => {
  if (!fids.delete(input.u32())) throw new NinePError(Errno.EBADF);
  return undefined;
};

/** A remove clunks its fid, whatever comes of it. */
const remove: Operation = (session, input, out) => {
  void clunk(session, input, out);
  throw new NinePError(Errno.EROFS);
};

const fsync: Operation = ({ fids }, input) => {
  fids.get(input.u32());
  return undefined;
};

/** The guest's kernel keeps its own locks before it asks; there is no other client, so every lock is granted. */
const lock: Operation = ({ fids }, input, out) => {
  fids.get(input.u32());
  out.u8(0);
  return undefined;
};

const getlock: Operation = ({ fids }, input, out) => {
  fids.get(input.u32());
  input.u8();
  const [start, length, process] = [input.u64(), input.u64(), input.u32()];
  out.u8(F_UNLCK).u64(start).u64(length).u32(process).string(input.string());
  return undefined;
};

const refuse: Operation = () => {
  throw new NinePError(Errno.EROFS);
};

/** By message type; what is not here is not supported. */
export const operations: Readonly<Record<number, Operation | undefined>> = {
  [Message.attach]: attach,
  [Message.walk]: walk,
  [Message.lopen]: lopen,
  [Message.getattr]: getattr,
  [Message.readdir]: readDirectory,
  [Message.read]: read,
  [Message.readlink]: readlink,
  [Message.statfs]: statfs,
  [Message.xattrwalk]: xattrwalk,
  [Message.clunk]: clunk,
  [Message.remove]: remove,
  [Message.fsync]: fsync,
  [Message.lock]: lock,
  [Message.getlock]: getlock,
  [Message.lcreate]: refuse,
  [Message.symlink]: refuse,
  [Message.mknod]: refuse,
  [Message.rename]: refuse,
  [Message.setattr]: refuse,
  [Message.xattrcreate]: refuse,
  [Message.link]: refuse,
  [Message.mkdir]: refuse,
  [Message.renameat]: refuse,
  [Message.unlinkat]: refuse,
  [Message.write]: refuse,
};
