/** The short way to files below `/root/workspace`: they are read where they are, not through the guest. */
import type { CommandFiles, FileStat } from "./cli/command-context.ts";
import { ERRNO, errnoText } from "./guest/errno.ts";
import type { Guest } from "./guest/guest.ts";
import { LeavesWorkspace, resolvePath, WORKSPACE_PATH } from "./workspace/resolve-path.ts";
import { workspaceTar } from "./workspace/workspace-tar.ts";
import type { Workspace } from "./workspace/workspace.ts";
import { isDirectory, isRegular, isSymlink, type WorkspaceNode } from "./workspace/workspace-node.ts";
import { FileError } from "./workspace/file-error.ts";

/** The process that names the files. */
export interface FilesUser {
  readonly cwd: string;
  readonly pid: number;
}

interface Ports {
  readonly workspace: Workspace;
  readonly guest: Pick<Guest, "run">;
  /** All other files. */
  readonly others: CommandFiles;
}

/** Files as a process of the guest names them; those of the workspace come from the workspace itself. What is written goes through the guest. */
export function filesWithWorkspace(user: FilesUser, { workspace, guest, others }: Ports): CommandFiles {
  let visible: Promise<boolean> | undefined;
  /** The file, `nothing` when there is none; undefined when the path is to be looked up by the guest. */
  const find = async (path: string, follow: boolean): Promise<WorkspaceNode | "nothing" | undefined> => {
    const absolute = path.startsWith("/") ? path : `${user.cwd}/${path}`;
    if (absolute !== WORKSPACE_PATH && !absolute.startsWith(`${WORKSPACE_PATH}/`)) return undefined;
    visible ??= seesWorkspace(guest, user.pid).catch(() => false);
    if (!(await visible)) return undefined;
    try {
      const { node } = resolvePath(workspace.tree.root, absolute, { follow: follow || absolute.endsWith("/") });
      return node ?? "nothing";
    } catch (error) {
      if (error instanceof LeavesWorkspace) return undefined;
      if (error instanceof FileError && (error.errno === ERRNO.ENOENT || error.errno === ERRNO.ENOTDIR))
        return "nothing";
      throw error;
    }
  };
  return {
    ...others,
    read: async (path) => {
      const node = await find(path, true);
      if (node === "nothing") throw new Error(`open ${path}: ${errnoText(ERRNO.ENOENT).toLowerCase()}`);
      return node !== undefined && isRegular(node) ? workspace.bodyOf(node) : others.read(path);
    },
    stat: async (path, options = {}) => {
      const node = await find(path, options.follow ?? false);
      if (node === undefined) return others.stat(path, options);
      return node === "nothing" ? undefined : statOf(node);
    },
    readTar: async (path, name, options = {}) => {
      const node = await find(path, options.follow ?? false);
      if (node === "nothing" || node === undefined) return others.readTar(path, name, options);
      return workspaceTar(workspace, node, name, options.leaveOut);
    },
  };
}

function statOf(node: WorkspaceNode): FileStat {
  if (isSymlink(node)) return { type: "symlink", link: node.target ?? "" };
  if (isDirectory(node)) return { type: "directory" };
  return { type: isRegular(node) ? "file" : "other" };
}

/**
 * Whether the process has the machine's own files before it, with the workspace at its place and nothing mounted over or into it.
 * https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
 */
async function seesWorkspace(guest: Pick<Guest, "run">, pid: number): Promise<boolean> {
  const [own, machine, root, mounts] = await guest.run([
    { op: "readlink", path: `/proc/${pid}/ns/mnt` },
    { op: "readlink", path: "/proc/1/ns/mnt" },
    { op: "readlink", path: `/proc/${pid}/root` },
    { op: "read", path: "/proc/1/mountinfo" },
  ]);
  const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
  if (text(own) !== text(machine) || text(root) !== "/") return false;
  const points = text(mounts)
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "");
  const parents = WORKSPACE_PATH.split("/").map((_, depth, parts) => parts.slice(0, depth + 1).join("/"));
  const near = points.filter((point) => parents.slice(1).includes(point) || point.startsWith(`${WORKSPACE_PATH}/`));
  return near.length === 1 && near[0] === WORKSPACE_PATH;
}
