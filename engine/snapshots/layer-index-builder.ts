/**
 * Builds the tree that a layer's tar describes, as overlayfs wants a lower directory: whiteouts are character devices 0:0, opaque directories
 * carry `trusted.overlay.opaque` (https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories).
 *
 * Entries act one after another as if they were extracted (moby `pkg/archive/diff.go`): a later one replaces an earlier one, but two
 * directories merge; symlinks among the parents are followed, inside the layer; parents that are missing are made, 0755 and root's.
 */
import { S_IFMT, S_IFDIR, S_IFREG, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO } from "../base/file-types.ts";
import { EngineError } from "../base/errors.ts";
import { encodePath } from "../oci/path-bytes.ts";
import type { TarEntry, TarSink } from "../oci/layer-tar.ts";
import { parseWhiteout } from "../oci/whiteout.ts";
import { encodeDevice } from "./file-tree.ts";

export interface BuiltNode {
  mode: number;
  uid: number;
  gid: number;
  rdev: number;
  size: number;
  contentOffset: number;
  mtimeSeconds: number;
  mtimeNanoseconds: number;
  /** Symlinks only. */
  target: string;
  xattrs: readonly (readonly [name: string, value: Uint8Array])[];
  /** Directories only. */
  children: Map<string, BuiltNode> | undefined;
}

const TYPE_BITS: Readonly<Record<Exclude<TarEntry["type"], "hard-link">, number>> = {
  file: S_IFREG,
  directory: S_IFDIR,
  symlink: S_IFLNK,
  "character-device": S_IFCHR,
  "block-device": S_IFBLK,
  fifo: S_IFIFO,
};

const OPAQUE = "trusted.overlay.opaque";
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 4096;
const MAX_SYMLINKS = 40;
const AUFS_LINKS = ".wh..wh.plnk/";

export interface LayerIndexOptions {
  /** `.wh.` files are files: the tar is no layer. */
  readonly plain?: boolean;
}

/** Takes a layer's entries in order. */
export class LayerIndexBuilder {
  readonly #options: LayerIndexOptions;
  readonly #root: BuiltNode = directoryNode();
  /** Inodes that AUFS kept aside for hard links, by path. */
  readonly #aufsLinks = new Map<string, BuiltNode>();
  /** For a `TarParser`. */
  readonly sink: TarSink = { entry: (entry) => this.add(entry) };

  constructor(options: LayerIndexOptions = {}) {
    this.#options = options;
  }

  /** @throws EngineError invalid-argument: the entry cannot be a file of a layer */
  add(entry: TarEntry): void {
    if (entry.path.length > MAX_PATH_BYTES) throw invalid(entry, "file name too long");
    const whiteout = this.#options.plain ? undefined : parseWhiteout(entry.path);
    if (whiteout?.kind === "metadata") return this.#addMetadata(entry);
    if (whiteout?.kind === "opaque") return markOpaque(this.#directory(whiteout.path, entry));
    if (whiteout) return this.#addWhiteout(whiteout.path, entry);
    if (entry.path === "") return this.#addRoot(entry);
    const { parent, name } = this.#parentOf(entry.path, entry);
    const node = entry.type === "hard-link" ? this.#linkTarget(entry) : nodeOf(entry);
    const existing = parent.children?.get(name);
    if (existing?.children && node.children) {
      Object.assign(existing, { ...node, children: existing.children, xattrs: keepOpaque(existing, node) });
      return;
    }
    // The whiteout hides what the layers below have under this name; the new directory must not merge with it.
    if (existing && isWhiteout(existing) && node.children) markOpaque(node);
    parent.children?.set(name, node);
  }

  /** The root directory of the layer. */
  finish(): BuiltNode {
    return this.#root;
  }

  #addRoot(entry: TarEntry): void {
    if (entry.type !== "directory") throw invalid(entry, "the root of a layer must be a directory");
    Object.assign(this.#root, {
      ...nodeOf(entry),
      children: this.#root.children,
      xattrs: keepOpaque(this.#root, nodeOf(entry)),
    });
  }

  /** A whiteout is about the layers below: a file that this layer has too stays. */
  #addWhiteout(path: string, entry: TarEntry): void {
    const { parent, name } = this.#parentOf(path, entry);
    const existing = parent.children?.get(name);
    if (existing?.children) markOpaque(existing);
    if (existing) return;
    parent.children?.set(name, {
      ...nodeOf({ ...entry, type: "character-device", mode: 0, major: 0, minor: 0, xattrs: [] }),
    });
  }

  #addMetadata(entry: TarEntry): void {
    if (entry.type === "file" && entry.path.startsWith(AUFS_LINKS)) this.#aufsLinks.set(entry.path, nodeOf(entry));
  }

  #linkTarget(entry: TarEntry): BuiltNode {
    const aside = this.#aufsLinks.get(entry.link);
    if (aside) return aside;
    const { parent, name } = this.#parentOf(entry.link, entry);
    const target = entry.link === "" ? undefined : parent.children?.get(name);
    if (!target || isWhiteout(target))
      throw invalid(entry, `the target of the hard link is not in the layer: ${entry.link}`);
    if (target.children) throw invalid(entry, `hard link to a directory: ${entry.link}`);
    return target;
  }

  #parentOf(path: string, entry: TarEntry): { parent: BuiltNode; name: string } {
    const slash = path.lastIndexOf("/");
    const name = path.slice(slash + 1);
    if (isTooLong(name)) throw invalid(entry, "file name too long");
    return { parent: slash < 0 ? this.#root : this.#directory(path.slice(0, slash), entry), name };
  }

  /** The directory of this path, made when missing. Symlinks are followed, and lead nowhere outside the layer. */
  #directory(path: string, entry: TarEntry): BuiltNode {
    const todo = path === "" ? [] : path.split("/").toReversed();
    const above: BuiltNode[] = [];
    let here = this.#root;
    for (let symlinks = 0; todo.length > 0;) {
      const name = todo.pop() as string;
      if (name === "" || name === ".") continue;
      if (name === "..") {
        here = above.pop() ?? this.#root;
        continue;
      }
      const next = here.children?.get(name);
      if (next && (next.mode & S_IFMT) === S_IFLNK) {
        if ((symlinks += 1) > MAX_SYMLINKS) throw invalid(entry, "too many levels of symbolic links");
        todo.push(...next.target.split("/").toReversed());
        if (next.target.startsWith("/")) {
          here = this.#root;
          above.length = 0;
        }
        continue;
      }
      above.push(here);
      here = next?.children ? next : makeDirectory(here, name, { replaced: next, entry });
    }
    return here;
  }
}

function isWhiteout(node: BuiltNode): boolean {
  return (node.mode & S_IFMT) === S_IFCHR && node.rdev === 0;
}

function makeDirectory(
  parent: BuiltNode,
  name: string,
  why: { replaced: BuiltNode | undefined; entry: TarEntry },
): BuiltNode {
  const { replaced, entry } = why;
  if (isTooLong(name)) throw invalid(entry, "file name too long");
  if (replaced && !isWhiteout(replaced)) throw invalid(entry, `not a directory: ${name}`);
  const made = directoryNode();
  if (replaced) markOpaque(made);
  parent.children?.set(name, made);
  return made;
}

function directoryNode(): BuiltNode {
  const times = { mtimeSeconds: 0, mtimeNanoseconds: 0 };
  return {
    mode: S_IFDIR | 0o755,
    uid: 0,
    gid: 0,
    rdev: 0,
    size: 0,
    contentOffset: 0,
    ...times,
    target: "",
    xattrs: [],
    children: new Map(),
  };
}

function nodeOf(entry: TarEntry): BuiltNode {
  const { type } = entry;
  if (type === "hard-link") throw new Error("a hard link has no node of its own");
  const isDevice = type === "character-device" || type === "block-device";
  const isBefore1970 = entry.mtimeSeconds < 0;
  if (type === "symlink" && (entry.link === "" || entry.link.length >= MAX_PATH_BYTES))
    throw invalid(entry, "invalid symlink target");
  return {
    mode: TYPE_BITS[type] | entry.mode,
    uid: owner(entry, entry.uid),
    gid: owner(entry, entry.gid),
    rdev: isDevice ? encodeDevice(entry.major, entry.minor) : 0,
    size: entry.size,
    contentOffset: entry.contentOffset,
    mtimeSeconds: isBefore1970 ? 0 : entry.mtimeSeconds,
    mtimeNanoseconds: isBefore1970 ? 0 : entry.mtimeNanoseconds,
    target: entry.type === "symlink" ? entry.link : "",
    // An image has no say in how overlayfs works.
    xattrs: entry.xattrs.filter(([name]) => !name.startsWith("trusted.overlay.")),
    children: type === "directory" ? new Map() : undefined,
  };
}

function owner(entry: TarEntry, id: number): number {
  if (id < 0 || id > 0xfffffffe) throw invalid(entry, `owner is out of range: ${id}`);
  return id;
}

function markOpaque(node: BuiltNode): void {
  if (!node.xattrs.some(([name]) => name === OPAQUE)) node.xattrs = [...node.xattrs, [OPAQUE, encodePath("y")]];
}

function keepOpaque(existing: BuiltNode, node: BuiltNode): BuiltNode["xattrs"] {
  return [...node.xattrs, ...existing.xattrs.filter(([name]) => name === OPAQUE)];
}

function isTooLong(name: string): boolean {
  return name.length > MAX_NAME_BYTES / 4 && encodePath(name).length > MAX_NAME_BYTES;
}

function invalid(entry: TarEntry, detail: string): EngineError {
  return new EngineError("invalid-argument", `failed to register layer: ${entry.path.slice(0, 300)}: ${detail}`);
}
