import { S_IFDIR } from "../../base/file-types.ts";
import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import type { TarPiece } from "../../archive/tree-tar.ts";
import { cleanPath } from "../../oci/path-bytes.ts";
import type { LayerTimes } from "./copy-request.ts";
import { layerPiecesOf } from "./layer-pieces.ts";
import { makeDirectories } from "./make-directories.ts";
import { findOwner } from "./owner.ts";
import { resolvePath } from "./tree-path.ts";
import { WorkTree } from "./work-tree.ts";

export interface DirectoryRequest {
  /** Absolute. */
  readonly path: string;
  /** The `USER` in force, unexpanded form (`name`, `uid:gid`); "" is root. */
  readonly user: string;
  readonly lower: ReadableLowerFiles;
  readonly times: LayerTimes;
}

/**
 * The layer of a `WORKDIR`: the directory and those above it that are missing, 0755, owned by the user in force. No entries when it is there
 * (BuildKit's `dispatchWorkdir` and `file/backend.go` `mkdir`).
 *
 * @throws EngineError invalid-argument: `mkdir /x: not a directory`
 */
export async function makeDirectory(request: DirectoryRequest): Promise<readonly TarPiece[]> {
  const { lower, times, user } = request;
  const tree = new WorkTree(lower);
  const owner = user === "" ? undefined : await findOwner(user, lower);
  makeDirectories(tree, resolvePath(tree, cleanPath(request.path)), {
    mode: S_IFDIR | 0o755,
    owner,
    mtimeSeconds: times.madeSeconds,
  });
  return [...layerPiecesOf(tree, times)];
}
