import { S_IFMT, S_IFDIR } from "../base/file-types.ts";
import { encodePath } from "../oci/path-bytes.ts";
import type { Exports, Place } from "./nine-p-exports.ts";
import { Errno, HEADER_BYTES, NinePError, type Qid } from "./nine-p-messages.ts";
import type { Operation } from "./nine-p-session.ts";

/** Treaddir. */
export const readDirectory: Operation = (session, input, out) => {
  const { exports } = session;
  const { place, isOpen } = session.fids.get(input.u32());
  const cookie = input.u64();
  const limit = Math.min(input.u32(), session.msize - HEADER_BYTES - 4);
  if (!isOpen) throw new NinePError(Errno.EBADF);
  if (!exports.isDirectory(place)) throw new NinePError(Errno.ENOTDIR);
  const entryAt = directoryReader(exports, place);
  const countAt = out.length;
  out.u32(0);
  // The cookie of an entry is the index of the next one; "." and ".." come first.
  for (let index = cookie; ; index += 1) {
    const entry = entryAt(index);
    if (!entry || out.length - countAt - 4 + 24 + entry.name.length > limit) break;
    out
      .qid(entry.qid)
      .u64(index + 1)
      .u8((entry.mode & S_IFMT) >> 12)
      .string(entry.name);
  }
  out.patchU32(countAt, out.length - countAt - 4);
  return undefined;
};

type ListedEntry = { readonly qid: Qid; readonly mode: number; readonly name: Uint8Array };
const DOT = encodePath(".");
const DOT_DOT = encodePath("..");

function directoryReader(exports: Exports, place: Place): (index: number) => ListedEntry | undefined {
  const dots = (index: number): ListedEntry => {
    const at = index === 0 ? place : (exports.walk(place, DOT_DOT) as Place);
    return { qid: exports.qid(at, S_IFDIR), mode: S_IFDIR, name: index === 0 ? DOT : DOT_DOT };
  };
  if (!place.slot) {
    const entries = exports.entries(place);
    return (index) => {
      if (index < 2) return dots(index);
      const entry = entries[index - 2];
      return entry && { qid: exports.qid(entry.place, S_IFDIR), mode: entry.mode, name: entry.name };
    };
  }
  const { slot, node } = place;
  const tree = slot.tree();
  const count = tree.entryCount(node);
  return (index) => {
    if (index < 2) return dots(index);
    if (index - 2 >= count) return undefined;
    const entry = tree.entryAt(node, index - 2);
    return { qid: exports.qid({ slot, node: entry.node }, entry.mode), mode: entry.mode, name: entry.name };
  };
}
