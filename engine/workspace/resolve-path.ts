import { ERRNO } from "../guest/errno.ts";
import { FileError } from "./file-error.ts";
import { isSymlink, type WorkspaceNode } from "./workspace-node.ts";
import { entriesOf } from "./workspace-tree.ts";

/** Where the workspace is in the guest. */
export const WORKSPACE_PATH = "/root/workspace";

/** As many symlinks as Linux follows. */
const MAX_LINKS = 40;
const MAX_PATH_CHARACTERS = 4096;

/** A path, or a symlink on its way, leads to a place that is not in the workspace. */
export class LeavesWorkspace extends Error {
  constructor(path: string) {
    super(`${path}: leads out of the workspace`);
    this.name = "LeavesWorkspace";
  }
}

/** What a path names: a place in a directory, and what is there. The root is nowhere: it has no parent and no name. */
export interface ResolvedPath {
  readonly parent: WorkspaceNode | undefined;
  readonly name: string;
  readonly node: WorkspaceNode | undefined;
}

/**
 * Resolves a path as the guest's kernel does; relative ones from the workspace's root. `follow`: also a symlink at the end. The last
 * component need not be there.
 * @throws FileError; LeavesWorkspace
 */
export function resolvePath(
  root: WorkspaceNode,
  path: string,
  { follow = false }: { readonly follow?: boolean } = {},
): ResolvedPath {
  if (path.includes("\0")) throw new FileError(ERRNO.EINVAL);
  if (path.length > MAX_PATH_CHARACTERS) throw new FileError(ERRNO.ENAMETOOLONG);
  const trail: { readonly node: WorkspaceNode; readonly name: string }[] = [{ node: root, name: "" }];
  const rest = componentsBelow(path).toReversed();
  let links = 0;
  for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
    const { node: directory } = trail.at(-1) as { node: WorkspaceNode };
    const entries = entriesOf(directory);
    if (name === "..") {
      if (trail.length === 1) throw new LeavesWorkspace(path);
      trail.pop();
      continue;
    }
    const node = entries.get(name)?.node;
    const isLast = rest.length === 0;
    if (node === undefined) {
      if (isLast) return { parent: directory, name, node: undefined };
      throw new FileError(ERRNO.ENOENT);
    }
    if (isSymlink(node) && (!isLast || follow)) {
      links += 1;
      if (links > MAX_LINKS) throw new FileError(ERRNO.ELOOP);
      const target = node.target ?? "";
      if (target.startsWith("/")) trail.length = 1;
      rest.push(...componentsBelow(target, path).toReversed());
      continue;
    }
    trail.push({ node, name });
  }
  const last = trail.at(-1) as { node: WorkspaceNode; name: string };
  return { parent: trail.at(-2)?.node, name: last.name, node: last.node };
}

/** The components of a path; of an absolute one those behind the workspace's own. @throws LeavesWorkspace */
function componentsBelow(path: string, shown = path): string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (!path.startsWith("/")) return parts;
  const own = WORKSPACE_PATH.slice(1).split("/");
  if (own.some((part, index) => parts[index] !== part)) throw new LeavesWorkspace(shown);
  return parts.slice(own.length);
}
