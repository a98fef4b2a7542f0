/** What the file stores share. */
import { open } from "node:fs/promises";
import { EngineError, messageOf } from "../base/errors.ts";

/** Whether a system call failed with one of these codes. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** A full disk and the like, in words for a person; other errors as they are. */
export function asStorageError(error: unknown): unknown {
  if (!isErrno(error, "ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO")) return error;
  const isFull = isErrno(error, "ENOSPC", "EDQUOT");
  const message = isFull
    ? "no space left on device: remove images with `docker image prune --all`, or free space on the disk"
    : `the storage directory cannot be written: ${messageOf(error)}`;
  return new EngineError("unavailable", message, { cause: error });
}

/** Makes names in a directory durable. https://man7.org/linux/man-pages/man2/fsync.2.html */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
