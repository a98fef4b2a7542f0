import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../base/file-types.ts";
import type { FileContent } from "./file-content.ts";

/** struct timespec */
export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** An entry of a directory. The cookie orders entries for those who read the directory while it changes (telldir(3)). */
export interface Entry {
  readonly node: WorkspaceNode;
  readonly cookie: number;
}

/** An inode. */
export interface WorkspaceNode {
  /** Never reused. */
  readonly id: number;
  /** st_mode */
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
  /** Counts changes of content. */
  revision: number;
  /** One of the places where it is; undefined for the root and for what was removed. */
  link: { readonly parent: WorkspaceNode; readonly name: string } | undefined;
  /** Of a directory. */
  readonly entries?: Map<string, Entry>;
  nextCookie: number;
  /** Of a regular file. */
  readonly content?: FileContent;
  /** Of a symlink. */
  readonly target?: string;
  xattrs?: Map<string, Uint8Array> | undefined;
  /** Who holds it open, or otherwise in hand: what was removed lives until they let go. */
  holders: number;
  /** What it took of the quota was given back. */
  isCollected?: boolean;
}

export const isDirectory = ({ mode }: WorkspaceNode): boolean => (mode & S_IFMT) === S_IFDIR;
export const isRegular = ({ mode }: WorkspaceNode): boolean => (mode & S_IFMT) === S_IFREG;
export const isSymlink = ({ mode }: WorkspaceNode): boolean => (mode & S_IFMT) === S_IFLNK;

/** st_size */
export function sizeOf({ content, target, entries }: WorkspaceNode): number {
  if (content !== undefined) return content.size;
  if (target !== undefined) return new TextEncoder().encode(target).length;
  return entries === undefined ? 0 : 4096;
}

/** The path below the workspace's root, "" for the root itself; undefined for what was removed. */
export function pathOf(node: WorkspaceNode): string | undefined {
  const names: string[] = [];
  let at = node;
  for (; at.link !== undefined; at = at.link.parent) names.push(at.link.name);
  return at.nlink > 0 && at.id === ROOT_ID ? names.toReversed().join("/") : undefined;
}

export const ROOT_ID = 1;
