import type { Clock } from "../base/clock.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../base/file-types.ts";
import { encodePath } from "../base/path-bytes.ts";
import { ERRNO } from "../guest/errno.ts";
import { FileContent } from "./file-content.ts";
import { FileError } from "./file-error.ts";
import { Quota, type WorkspaceLimits } from "./quota.ts";
import { isDirectory, isRegular, pathOf, ROOT_ID, type Timestamp, type WorkspaceNode } from "./workspace-node.ts";

/** Who changed something. */
export type ChangeOrigin = "guest" | "api";

/** Something has happened at a path (relative to the workspace, "" is its root). */
export interface WorkspaceChange {
  readonly path: string;
  readonly kind: "created" | "changed" | "removed" | "renamed";
  readonly origin: ChangeOrigin;
  /** Where what was renamed was before. */
  readonly from?: string;
}

/** What a new node is. */
export interface NewNode {
  /** st_mode */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a symlink. */
  readonly target?: string;
}

/** What setattr changes; a time of "now" is the tree's clock. */
export interface AttributeChanges {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly atime?: Timestamp | "now";
  readonly mtime?: Timestamp | "now";
}

const S_ISGID = 0o2000;
const PERMISSIONS = 0o7777;
const MAX_NAME_BYTES = 255;
const MAX_LINKS = 65_000;
const MAX_TARGET_BYTES = 4095;
const MAX_XATTR_BYTES = 65_536;
/** setxattr(2) */
const XATTR_CREATE = 1;
const XATTR_REPLACE = 2;

/**
 * A writable file tree with the semantics of POSIX: the truth about the workspace. Everything is synchronous; content that is only in
 * storage makes reads and writes throw `NotReady`. Whoever calls decides about permissions.
 */
export class WorkspaceTree {
  readonly quota: Quota;
  root: WorkspaceNode;
  /** To be saved. */
  readonly dirty = new Set<WorkspaceNode>();
  /** Nodes that are to be forgotten by storage. */
  readonly removed = new Set<number>();
  nextId = ROOT_ID + 1;
  /** Whom the changes of this moment are put down to. */
  origin: ChangeOrigin = "guest";
  onChange: (change: WorkspaceChange) => void = () => undefined;
  /** Something is to be saved. */
  onDirty: () => void = () => undefined;
  readonly #clock: Pick<Clock, "now">;

  constructor({ clock, limits }: { readonly clock: Pick<Clock, "now">; readonly limits: WorkspaceLimits }) {
    this.#clock = clock;
    this.quota = new Quota(limits);
    this.root = this.newNode({ id: ROOT_ID, mode: S_IFDIR | 0o755, uid: 0, gid: 0 });
    this.root.nlink = 2;
  }

  now(): Timestamp {
    const ms = this.#clock.now();
    return { seconds: Math.floor(ms / 1000), nanoseconds: Math.floor((ms % 1000) * 1e6) };
  }

  /** A node that is in no directory yet, and counted nowhere. */
  newNode({ id, mode, uid, gid, target }: NewNode & { readonly id: number }): WorkspaceNode {
    const now = this.now();
    const type = mode & S_IFMT;
    const node: WorkspaceNode = {
      id,
      mode,
      uid,
      gid,
      nlink: 0,
      atime: now,
      mtime: now,
      ctime: now,
      revision: 1,
      link: undefined,
      nextCookie: 3,
      holders: 0,
      ...(type === S_IFDIR && { entries: new Map() }),
      ...(type === S_IFLNK && { target: target ?? "" }),
      ...(type === S_IFREG && { content: new FileContent(this.quota, () => this.#touch(node)) }),
    };
    return node;
  }

  /** @throws FileError ENOENT, ENOTDIR */
  lookup(directory: WorkspaceNode, name: string): WorkspaceNode {
    const entries = entriesOf(directory);
    if (name === ".") return directory;
    if (name === "..") return directory.link?.parent ?? directory;
    const found = entries.get(name);
    if (found === undefined) throw new FileError(ERRNO.ENOENT);
    return found.node;
  }

  /** Makes a file, directory, symlink, fifo or socket. @throws FileError */
  create(directory: WorkspaceNode, name: string, fields: NewNode): WorkspaceNode {
    this.#checkNewName(directory, name);
    if (fields.target !== undefined) checkTarget(fields.target);
    this.quota.takeFile();
    const isInSharedGroup = (directory.mode & S_ISGID) !== 0;
    const isNewDirectory = (fields.mode & S_IFMT) === S_IFDIR;
    const mode = isInSharedGroup && isNewDirectory ? fields.mode | S_ISGID : fields.mode;
    const gid = isInSharedGroup ? directory.gid : fields.gid;
    const node = this.newNode({ ...fields, mode, gid, id: this.nextId++ });
    node.nlink = isNewDirectory ? 2 : 1;
    if (isNewDirectory) directory.nlink += 1;
    this.#enter(directory, name, node);
    this.#tell("created", node);
    return node;
  }

  /** Another name for a file. @throws FileError */
  link(node: WorkspaceNode, directory: WorkspaceNode, name: string): void {
    if (isDirectory(node)) throw new FileError(ERRNO.EPERM);
    this.#checkNewName(directory, name);
    if (node.nlink === 0) throw new FileError(ERRNO.ENOENT);
    if (node.nlink >= MAX_LINKS) throw new FileError(ERRNO.EMLINK);
    node.nlink += 1;
    this.#enter(directory, name, node);
    node.ctime = this.now();
    this.#tell("created", node);
  }

  /** Removes a name; `directory`: what it must be. @throws FileError */
  unlink(parent: WorkspaceNode, name: string, { directory }: { readonly directory: boolean }): void {
    if (name === ".") throw new FileError(ERRNO.EINVAL);
    if (name === "..") throw new FileError(ERRNO.ENOTEMPTY);
    const node = this.lookup(parent, name);
    if (directory && !isDirectory(node)) throw new FileError(ERRNO.ENOTDIR);
    if (!directory && isDirectory(node)) throw new FileError(ERRNO.EISDIR);
    if ((node.entries?.size ?? 0) > 0) throw new FileError(ERRNO.ENOTEMPTY);
    const path = childPath(parent, name);
    this.#leave(parent, name, node);
    this.#forget(node, parent);
    if (path !== undefined) this.onChange({ path, kind: "removed", origin: this.origin });
  }

  /** rename(2), also over what is there. @throws FileError */
  rename(from: WorkspaceNode, name: string, to: WorkspaceNode, newName: string): void {
    if (isDot(name) || isDot(newName)) throw new FileError(ERRNO.EBUSY);
    const node = this.lookup(from, name);
    checkName(newName);
    if (to.nlink === 0) throw new FileError(ERRNO.ENOENT);
    if (isBelow(to, node)) throw new FileError(ERRNO.EINVAL);
    const replaced = entriesOf(to).get(newName)?.node;
    // Two names of one file: POSIX has both stay.
    if (replaced === node) return;
    if (replaced !== undefined) checkReplaced(node, replaced);
    const oldPath = childPath(from, name);
    if (replaced !== undefined) {
      this.#leave(to, newName, replaced);
      this.#forget(replaced, to);
    }
    this.#leave(from, name, node);
    this.#enter(to, newName, node);
    if (isDirectory(node) && from !== to) {
      from.nlink -= 1;
      to.nlink += 1;
    }
    node.ctime = this.now();
    const path = pathOf(node);
    if (path !== undefined && oldPath !== undefined)
      this.onChange({ path, kind: "renamed", origin: this.origin, from: oldPath });
  }

  /** @throws NotReady; FileError */
  write(node: WorkspaceNode, offset: number, bytes: Uint8Array): number {
    const written = contentOf(node).write(offset, bytes);
    this.#contentChanged(node);
    return written;
  }

  /** @throws FileError */
  setAttributes(node: WorkspaceNode, changes: AttributeChanges): void {
    const { size, mode, uid, gid, atime, mtime } = changes;
    if (size !== undefined) {
      contentOf(node).truncate(size);
      this.#contentChanged(node);
    }
    if (mode !== undefined) node.mode = (node.mode & S_IFMT) | (mode & PERMISSIONS);
    if (uid !== undefined) node.uid = uid;
    if (gid !== undefined) node.gid = gid;
    const now = this.now();
    if (atime !== undefined) node.atime = atime === "now" ? now : atime;
    if (mtime !== undefined) node.mtime = mtime === "now" ? now : mtime;
    node.ctime = now;
    this.#touch(node);
    if (size === undefined) this.#tell("changed", node);
  }

  /** @throws FileError EEXIST, ENODATA, ENOSPC as setxattr(2) */
  setXattr(node: WorkspaceNode, name: string, value: Uint8Array, flags = 0): void {
    const old = node.xattrs?.get(name);
    if ((flags & XATTR_CREATE) !== 0 && old !== undefined) throw new FileError(ERRNO.EEXIST);
    if ((flags & XATTR_REPLACE) !== 0 && old === undefined) throw new FileError(ENODATA);
    if (encodePath(name).length > MAX_NAME_BYTES) throw new FileError(ERRNO.ENAMETOOLONG);
    const others = [...(node.xattrs ?? [])].filter(([each]) => each !== name);
    const total = others.reduce((sum, [each, { length }]) => sum + each.length + length, name.length + value.length);
    if (total > MAX_XATTR_BYTES) throw new FileError(ERRNO.ENOSPC);
    this.quota.take(value.length - (old?.length ?? 0));
    (node.xattrs ??= new Map()).set(name, value);
    node.ctime = this.now();
    this.#touch(node);
  }

  /** @throws FileError ENODATA */
  removeXattr(node: WorkspaceNode, name: string): void {
    const old = node.xattrs?.get(name);
    if (old === undefined) throw new FileError(ENODATA);
    node.xattrs?.delete(name);
    this.quota.take(-old.length);
    node.ctime = this.now();
    this.#touch(node);
  }

  /** Keeps a node alive, also when its last name goes. */
  hold(node: WorkspaceNode): void {
    node.holders += 1;
  }

  release(node: WorkspaceNode): void {
    node.holders -= 1;
    this.#collect(node);
  }

  #contentChanged(node: WorkspaceNode): void {
    node.mtime = node.ctime = this.now();
    node.revision += 1;
    this.#tell("changed", node);
  }

  #checkNewName(directory: WorkspaceNode, name: string): void {
    const entries = entriesOf(directory);
    if (isDot(name) || entries.has(name)) throw new FileError(ERRNO.EEXIST);
    checkName(name);
    if (directory.nlink === 0) throw new FileError(ERRNO.ENOENT);
  }

  #enter(directory: WorkspaceNode, name: string, node: WorkspaceNode): void {
    entriesOf(directory).set(name, { node, cookie: directory.nextCookie++ });
    node.link = { parent: directory, name };
    this.#touchDirectory(directory);
    this.#touch(node);
  }

  #leave(directory: WorkspaceNode, name: string, node: WorkspaceNode): void {
    entriesOf(directory).delete(name);
    if (node.link?.parent === directory && node.link.name === name) node.link = undefined;
    this.#touchDirectory(directory);
  }

  #touchDirectory(directory: WorkspaceNode): void {
    directory.mtime = directory.ctime = this.now();
    this.#touch(directory);
  }

  /** A name of the node has gone from `parent`. */
  #forget(node: WorkspaceNode, parent: WorkspaceNode): void {
    if (isDirectory(node)) {
      node.nlink = 0;
      parent.nlink -= 1;
    } else node.nlink -= 1;
    node.ctime = this.now();
    if (node.nlink > 0) {
      if (node.link === undefined) node.link = this.#findLink(node);
      this.#touch(node);
      return;
    }
    this.dirty.delete(node);
    this.removed.add(node.id);
    this.onDirty();
    this.#collect(node);
  }

  /** Gives back what nobody can reach any more. */
  #collect(node: WorkspaceNode): void {
    if (node.nlink > 0 || node.holders > 0 || node.isCollected === true) return;
    node.isCollected = true;
    node.content?.dispose();
    for (const [, value] of node.xattrs ?? []) this.quota.take(-value.length);
    this.quota.giveFile();
  }

  /** Another place where a file with several names is. */
  #findLink(node: WorkspaceNode): WorkspaceNode["link"] {
    const search = (parent: WorkspaceNode): WorkspaceNode["link"] => {
      for (const [name, entry] of parent.entries ?? []) {
        if (entry.node === node) return { parent, name };
        const found = search(entry.node);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    return search(this.root);
  }

  #touch(node: WorkspaceNode): void {
    if (node.nlink === 0) return;
    this.dirty.add(node);
    this.onDirty();
  }

  #tell(kind: "created" | "changed", node: WorkspaceNode): void {
    const path = pathOf(node);
    if (path !== undefined) this.onChange({ path, kind, origin: this.origin });
  }
}

const ENODATA = 61;

/** @throws FileError ENOTDIR */
export function entriesOf(node: WorkspaceNode): NonNullable<WorkspaceNode["entries"]> {
  if (node.entries === undefined) throw new FileError(ERRNO.ENOTDIR);
  return node.entries;
}

/** @throws FileError EISDIR, EINVAL */
export function contentOf(node: WorkspaceNode): FileContent {
  if (node.content !== undefined && isRegular(node)) return node.content;
  throw new FileError(isDirectory(node) ? ERRNO.EISDIR : ERRNO.EINVAL);
}

/** @throws FileError EINVAL, ENAMETOOLONG */
export function checkName(name: string): void {
  if (name === "" || isDot(name) || /[/\0]/.test(name)) throw new FileError(ERRNO.EINVAL);
  if (name.length > MAX_NAME_BYTES / 4 && encodePath(name).length > MAX_NAME_BYTES)
    throw new FileError(ERRNO.ENAMETOOLONG);
}

function checkTarget(target: string): void {
  if (target === "") throw new FileError(ERRNO.ENOENT);
  if (target.includes("\0")) throw new FileError(ERRNO.EINVAL);
  if (encodePath(target).length > MAX_TARGET_BYTES) throw new FileError(ERRNO.ENAMETOOLONG);
}

/** Whether a directory is another, or somewhere in it. */
function isBelow(directory: WorkspaceNode, above: WorkspaceNode): boolean {
  for (let at: WorkspaceNode | undefined = directory; at !== undefined; at = at.link?.parent)
    if (at === above) return true;
  return false;
}

/** What rename(2) may replace by what. @throws FileError */
function checkReplaced(node: WorkspaceNode, replaced: WorkspaceNode): void {
  if (isDirectory(node) && !isDirectory(replaced)) throw new FileError(ERRNO.ENOTDIR);
  if (!isDirectory(node) && isDirectory(replaced)) throw new FileError(ERRNO.EISDIR);
  if ((replaced.entries?.size ?? 0) > 0) throw new FileError(ERRNO.ENOTEMPTY);
}

function isDot(name: string): boolean {
  return name === "." || name === "..";
}

function childPath(parent: WorkspaceNode, name: string): string | undefined {
  const path = pathOf(parent);
  if (path === undefined) return undefined;
  return path === "" ? name : `${path}/${name}`;
}
