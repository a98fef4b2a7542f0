import { EngineError } from "../../base/errors.ts";
import { S_IFDIR } from "../../base/file-types.ts";
import type { Owner } from "./owner.ts";
import { isDirectory, joinPath, statPath } from "./tree-path.ts";
import type { WorkTree } from "./work-tree.ts";

export interface MadeDirectory {
  /** Permissions. */
  readonly mode: number;
  /** Undefined: root. */
  readonly owner: Owner | undefined;
  readonly mtimeSeconds: number;
}

/**
 * Makes a directory and those above it that are missing; those that are there stay as they are (fsutil `copy.MkdirAll`).
 * @param path clean, its parents without symlinks
 * @throws EngineError invalid-argument: `mkdir /x: not a directory`
 */
export function makeDirectories(tree: WorkTree, path: string, made: MadeDirectory): void {
  let here = "";
  for (const name of path.split("/")) {
    here = joinPath(here, name);
    const there = statPath(tree, here);
    if (there !== undefined) {
      if (!isDirectory(there.mode)) throw new EngineError("invalid-argument", `mkdir /${here}: not a directory`);
      continue;
    }
    if (tree.find(here) !== undefined) throw new EngineError("invalid-argument", `mkdir /${here}: file exists`);
    tree.putDirectory(here, {
      mode: S_IFDIR | (made.mode & 0o7777),
      uid: made.owner?.uid ?? 0,
      gid: made.owner?.gid ?? 0,
      size: 0,
      major: 0,
      minor: 0,
      mtimeSeconds: made.mtimeSeconds,
      mtimeNanoseconds: 0,
      xattrs: [],
      link: "",
      open: undefined,
    });
  }
}
