import type { LowerFiles } from "./lower-files.ts";
import { isDirectory } from "./file-mode.ts";

/**
 * What Docker puts below every container in a layer of its own (moby's `daemon/initlayer/setup_unix.go`): places to mount on. Here the
 * runtime makes them in the container's own layer at its start, where they are no change that anybody made.
 */
export const RUNTIME_PATHS: ReadonlyMap<string, "directory" | "file"> = new Map([
  [".dockerenv", "file"],
  ["dev", "directory"],
  ["dev/console", "file"],
  ["dev/pts", "directory"],
  ["dev/shm", "directory"],
  ["etc", "directory"],
  ["etc/hostname", "file"],
  ["etc/hosts", "file"],
  ["etc/resolv.conf", "file"],
  ["proc", "directory"],
  ["sys", "directory"],
]);

/** Whether a new file is only such a place. A directory is one as long as nothing else is in it: the caller knows. */
export function isRuntimePath(path: string, file: { readonly mode: number; readonly size: number }): boolean {
  const kind = RUNTIME_PATHS.get(path);
  if (kind === undefined) return false;
  return kind === "directory" ? isDirectory(file.mode) : !isDirectory(file.mode) && file.size === 0;
}

/** Whether a file is one that the layers do not have, and only such a place. */
export function isMadeByRuntime(
  path: string,
  file: { readonly mode: number; readonly size: number },
  lower: LowerFiles,
): boolean {
  return isRuntimePath(path, file) && lower.find(path) === undefined;
}
