import { EngineError, messageOf } from "../base/errors.ts";
import { ERRNO } from "../guest/errno.ts";
import { type Guest, GuestError } from "../guest/guest.ts";
import { decodeTree, type TreeEntry, type TreeHeader } from "../guest/tree.ts";

/** The part of the guest that archives need. */
export type TreeGuest = Pick<Guest, "run" | "readTree" | "writeTree">;

/** A path inside a directory of the guest. Its symlinks are resolved inside that directory, `..` stops there (RESOLVE_IN_ROOT). */
export interface Place {
  readonly root: string;
  readonly path: string;
}

const ONE_MOUNT = 1;
const ENTRY_ONLY = 2;

/** What is at a place, without following a last symlink; undefined when nothing is. */
export async function lookAt(guest: TreeGuest, place: Place): Promise<TreeHeader | undefined> {
  try {
    const records = await guest.readTree(place.path, { root: place.root, flags: ENTRY_ONLY });
    for await (const { content: _, ...header } of decodeTree(records)) return header;
    return undefined;
  } catch (error) {
    if (error instanceof GuestError && error.errno === ERRNO.ENOENT) return undefined;
    throw error;
  }
}

/** All that is at and below a place, as far as its own mount goes. */
export async function* readPlace(guest: TreeGuest, place: Place): AsyncGenerator<TreeEntry, void, undefined> {
  yield* decodeTree(await guest.readTree(place.path, { root: place.root, flags: ONE_MOUNT }));
}

const WORDS: Readonly<Record<number, string>> = {
  [ERRNO.EPERM]: "operation not permitted",
  [ERRNO.EACCES]: "permission denied",
  [ERRNO.EEXIST]: "file exists",
  [ERRNO.ENOTDIR]: "not a directory",
  [ERRNO.EISDIR]: "is a directory",
  [ERRNO.EINVAL]: "invalid argument",
  [ERRNO.ENOSPC]: "no space left on device",
  [ERRNO.EROFS]: "read-only file system",
  [ERRNO.ENAMETOOLONG]: "file name too long",
  [ERRNO.ELOOP]: "too many levels of symbolic links",
  [ERRNO.EBUSY]: "device or resource busy",
  [ERRNO.EDQUOT]: "disk quota exceeded",
};

/** A failed system call in Go's words, with the operation before it: `lstat /x: not a directory`. Other errors stay as they are. */
export function fileError(what: string, error: unknown): unknown {
  if (!(error instanceof GuestError)) return error;
  const text = WORDS[error.errno] ?? messageOf(error);
  return new EngineError("internal", what === "" ? text : `${what}: ${text}`, { cause: error });
}
