/** The workspace as tar files, both ways. */
import { S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from "../base/file-types.ts";
import { type ByteStream, chunksOf, concat, streamFrom } from "../base/streams.ts";
import { ERRNO } from "../guest/errno.ts";
import { readTar, type TarEntry, type TarEntryType } from "../oci/layer-tar.ts";
import { encodeTarEntry, TAR_END, type TarEntryFields, tarPadding } from "../oci/tar-writer.ts";
import { FileError } from "./file-error.ts";
import { whenReady } from "./when-ready.ts";
import { filesBelow, type Workspace } from "./workspace.ts";
import { isDirectory, sizeOf, type WorkspaceNode } from "./workspace-node.ts";

const PERMISSIONS = 0o7777;
const READ_BYTES = 256 << 10;
/** The one attribute that Docker's archives carry. */
const CAPABILITY = "security.capability";

const TYPES = new Map<number, TarEntryType>([
  [S_IFREG, "file"],
  [S_IFDIR, "directory"],
  [S_IFLNK, "symlink"],
  [S_IFIFO, "fifo"],
]);

/**
 * A file, or a directory with all that is below it; its entries begin with `name`, "" for none. Sockets are left out: a tar file has none.
 * A file that becomes shorter meanwhile is filled up with zeros, as tar(1) does.
 */
export function workspaceTar(workspace: Workspace, top: WorkspaceNode, name: string, leaveOut?: LeaveOut): ByteStream {
  return streamFrom(inLargeChunks(tarChunks(workspace, { top, name, wanted: wantedPaths(top, leaveOut) })));
}

/** What a tar file of a directory is without, by paths relative to it: a `.dockerignore` file. */
export interface LeaveOut {
  ignores(path: string): boolean;
}

/** Undefined: all. What is wanted brings the directories that it is in. */
function wantedPaths(top: WorkspaceNode, leaveOut: LeaveOut | undefined): ReadonlySet<string> | undefined {
  if (leaveOut === undefined || !isDirectory(top)) return undefined;
  const wanted = new Set([""]);
  for (const [path] of filesBelow(top)) {
    if (leaveOut.ignores(path)) continue;
    for (let at = path; !wanted.has(at); at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) wanted.add(at);
  }
  return wanted;
}

interface TarRequest {
  readonly top: WorkspaceNode;
  readonly name: string;
  readonly wanted: ReadonlySet<string> | undefined;
}

async function* tarChunks(
  { tree }: Workspace,
  { top, name, wanted }: TarRequest,
): AsyncGenerator<Uint8Array, void, undefined> {
  const firstPaths = new Map<WorkspaceNode, string>();
  for (const [path, node] of [["", top] as const, ...(isDirectory(top) ? filesBelow(top) : [])]) {
    if (wanted?.has(path) === false) continue;
    const fullPath = path === "" || name === "" ? name + path : `${name}/${path}`;
    const firstPath = firstPaths.get(node);
    firstPaths.set(node, firstPath ?? fullPath);
    const entry = entryOf(node, fullPath, firstPath);
    if (entry === undefined) continue;
    yield encodeTarEntry(entry);
    if (entry.type !== "file" || entry.size === undefined || entry.size === 0) continue;
    tree.hold(node);
    try {
      yield* contentOf(node, entry.size);
    } finally {
      tree.release(node);
    }
  }
  yield TAR_END;
}

async function* contentOf({ content }: WorkspaceNode, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let offset = 0; offset < size; offset += READ_BYTES) {
    const target = new Uint8Array(Math.min(READ_BYTES, size - offset));
    await whenReady(() => content?.read(offset, target));
    yield target;
  }
  yield tarPadding(size);
}

/** Thousands of small files are not thousands of small chunks. */
async function* inLargeChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let gathered: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    gathered.push(chunk);
    size += chunk.length;
    if (size < READ_BYTES) continue;
    yield concat(gathered);
    [gathered, size] = [[], 0];
  }
  yield concat(gathered);
}

function entryOf(node: WorkspaceNode, path: string, firstPath: string | undefined): TarEntryFields | undefined {
  const type = TYPES.get(node.mode & S_IFMT);
  if (type === undefined) return undefined;
  const fields = fieldsOf(node, path);
  if (firstPath !== undefined && !isDirectory(node)) return { ...fields, type: "hard-link", link: firstPath };
  const xattrs = [...(node.xattrs ?? [])].filter(([attribute]) => attribute === CAPABILITY);
  return { ...fields, type, link: node.target ?? "", xattrs, size: type === "file" ? sizeOf(node) : 0 };
}

function fieldsOf({ mode, uid, gid, mtime }: WorkspaceNode, path: string): TarEntryFields {
  return {
    path,
    mode: mode & PERMISSIONS,
    uid,
    gid,
    mtimeSeconds: mtime.seconds,
    mtimeNanoseconds: mtime.nanoseconds,
  };
}

/**
 * Unpacks into a directory, as the user's own files. Nothing goes through a symlink, a directory is not replaced by what is none nor the
 * reverse, devices are refused.
 * @throws FileError; EngineError invalid-argument for what is no tar file
 */
export async function extractTar(workspace: Workspace, directory: WorkspaceNode, tar: ByteStream): Promise<void> {
  for await (const { entry, content } of readTar(tar)) {
    if (entry.escape !== undefined) throw new FileError(ERRNO.EINVAL);
    const bytes: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of chunksOf(content)) {
      size += chunk.length;
      if (size > workspace.tree.quota.limits.maxBytes) throw new FileError(ERRNO.EFBIG);
      bytes.push(chunk.slice());
    }
    workspace.asApi(() => putEntry(workspace, directory, entry, bytes));
  }
}

function putEntry(workspace: Workspace, top: WorkspaceNode, entry: TarEntry, bytes: readonly Uint8Array[]): void {
  const { tree } = workspace;
  const parts = entry.path.split("/").filter((part) => part !== "");
  const name = parts.pop();
  let node = top;
  if (name !== undefined) {
    const parent = directoryAt(workspace, top, parts);
    const existing = parent.entries?.get(name)?.node;
    if (existing !== undefined && isDirectory(existing) !== (entry.type === "directory"))
      throw new FileError(isDirectory(existing) ? ERRNO.EISDIR : ERRNO.ENOTDIR);
    if (existing !== undefined && isDirectory(existing)) node = existing;
    else {
      // A symlink is replaced, never followed.
      if (existing !== undefined) tree.unlink(parent, name, { directory: false });
      if (entry.type === "hard-link") {
        const links = entry.link.split("/").filter((part) => part !== "");
        const target = links.pop() ?? "";
        tree.link(tree.lookup(directoryAt(workspace, top, links), target), parent, name);
        return;
      }
      node = tree.create(parent, name, { mode: formatOf(entry) | entry.mode, uid: 0, gid: 0, ...targetOf(entry) });
    }
  }
  let offset = 0;
  for (const chunk of bytes) {
    const written = tree.write(node, offset, chunk);
    if (written < chunk.length) throw new FileError(ERRNO.ENOSPC);
    offset += written;
  }
  const mtime = { seconds: entry.mtimeSeconds, nanoseconds: entry.mtimeNanoseconds };
  tree.setAttributes(node, { mode: entry.mode, mtime });
}

/** Made when missing. @throws FileError ENOTDIR when something else, also a symlink, is in the way */
function directoryAt({ tree }: Workspace, top: WorkspaceNode, parts: readonly string[]): WorkspaceNode {
  let node = top;
  for (const part of parts)
    node = node.entries?.get(part)?.node ?? tree.create(node, part, { mode: S_IFDIR | 0o755, uid: 0, gid: 0 });
  if (!isDirectory(node)) throw new FileError(ERRNO.ENOTDIR);
  return node;
}

function formatOf({ type }: TarEntry): number {
  for (const [format, each] of TYPES) if (each === type) return format;
  throw new FileError(ERRNO.EPERM);
}

function targetOf({ type, link }: TarEntry): { readonly target?: string } {
  return type === "symlink" ? { target: link } : {};
}
