/** What the layers of an image hold, for people who look: what each one added, changed and removed, and what of it was in vain. */
import { type FileType, tarTypeOf } from "../../oci/tar-types.ts";
import { decodePath } from "../../base/path-bytes.ts";
import { S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../../base/file-types.ts";
import type { FileTree, NodeAttributes } from "../../snapshots/file-tree.ts";
import { LayerStack } from "../../snapshots/layer-stack.ts";

export interface LayerFile {
  /** Relative. */
  readonly path: string;
  readonly type: FileType;
  /** Of a file its content; of what was removed all that was in it; otherwise 0. */
  readonly sizeBytes: number;
  readonly change: "added" | "changed" | "removed" | "unchanged";
  /** Permissions. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** A symlink's. */
  readonly target?: string;
}

export interface LayerListing {
  /** Parents first, names in a directory in order. */
  readonly files: readonly LayerFile[];
  /** There are more. */
  readonly truncated: boolean;
}

export interface ListingOptions {
  /** Also what the layers below have and this one leaves as it was. */
  readonly cumulative?: boolean;
  /** Default 100,000. */
  readonly limit?: number;
}

const LIMIT = 100_000;
const OPAQUE = "trusted.overlay.opaque";

/**
 * The files of a layer against those below it.
 * @param trees the image's layers, bottom first, whiteouts in overlayfs's form
 * @param index of the layer in `trees`
 */
export function listLayer(trees: readonly FileTree[], index: number, options: ListingOptions = {}): LayerListing {
  const listing = new Listing(trees.slice(0, index), trees[index], options);
  listing.visit("", 0);
  return { files: listing.files, truncated: listing.isFull };
}

class Listing {
  readonly files: LayerFile[] = [];
  isFull = false;
  readonly #below: LayerStack;
  readonly #layer: FileTree | undefined;
  readonly #isCumulative: boolean;
  readonly #limit: number;

  constructor(below: readonly FileTree[], layer: FileTree | undefined, options: ListingOptions) {
    this.#below = new LayerStack(below);
    this.#layer = layer;
    this.#isCumulative = options.cumulative === true;
    this.#limit = options.limit ?? LIMIT;
  }

  /** A directory of the layer. @param isNew nothing of the layers below is seen in it */
  visit(path: string, node: number, isNew = false): void {
    const layer = this.#layer;
    if (layer === undefined) return;
    const isOpaque = isNew || layer.xattrs(node).some(([name]) => name === OPAQUE);
    const names = new Map<string, number | undefined>();
    const mayVanish = !isNew && (isOpaque || this.#isCumulative);
    if (mayVanish) for (const name of this.#below.names(path)) names.set(name, undefined);
    for (let index = 0; index < layer.entryCount(node); index += 1) {
      const entry = layer.entryAt(node, index);
      names.set(decodePath(entry.name), entry.node);
    }
    const sorted = mayVanish ? [...names].toSorted(([a], [b]) => (a < b ? -1 : 1)) : names;
    for (const [name, child] of sorted) {
      if (this.isFull) return;
      const at = path === "" ? name : `${path}/${name}`;
      if (child !== undefined) this.#visitOwn(at, child, isNew);
      else if (isOpaque) this.#removed(at);
      else this.#unchanged(at);
    }
  }

  #visitOwn(path: string, node: number, isNew: boolean): void {
    const layer = this.#layer as FileTree;
    const attributes = layer.attributes(node);
    if (isWhiteout(attributes)) return this.#removed(path);
    const before = isNew ? undefined : this.#below.find(path);
    const isTree = isDirectory(attributes.mode);
    const stays = isTree && before !== undefined && isDirectory(before.mode);
    const isSame =
      stays && before.mode === attributes.mode && before.uid === attributes.uid && before.gid === attributes.gid;
    const change = before === undefined ? "added" : isSame ? "unchanged" : "changed";
    const target = isSymlink(attributes.mode) ? { target: decodePath(layer.readLink(node)) } : {};
    // Otherwise it is there only for what is in it.
    if (change !== "unchanged" || this.#isCumulative || layer.entryCount(node) > 0)
      this.#add({ ...fields(path, attributes), change, ...target });
    if (isTree) this.visit(path, node, !stays);
  }

  #unchanged(path: string): void {
    const file = this.#below.find(path);
    if (file === undefined || this.isFull) return;
    const target = isSymlink(file.mode) ? { target: this.#below.readLink(path) } : {};
    this.#add({ ...fields(path, file), change: "unchanged", ...target });
    if (!isDirectory(file.mode)) return;
    for (const name of [...this.#below.names(path)].toSorted()) this.#unchanged(`${path}/${name}`);
  }

  #removed(path: string): void {
    const file = this.#below.find(path);
    if (file !== undefined)
      this.#add({ ...fields(path, file), sizeBytes: this.#sizeBelow(path, file), change: "removed" });
  }

  #sizeBelow(path: string, file: { readonly mode: number; readonly size: number }): number {
    if (!isDirectory(file.mode)) return isRegular(file.mode) ? file.size : 0;
    let sum = 0;
    for (const name of this.#below.names(path)) {
      const child = this.#below.find(`${path}/${name}`);
      if (child !== undefined) sum += this.#sizeBelow(`${path}/${name}`, child);
    }
    return sum;
  }

  #add(file: LayerFile): void {
    if (this.files.length < this.#limit) this.files.push(file);
    else this.isFull = true;
  }
}

export interface LayerUsage {
  /** Content of its files. */
  readonly sizeBytes: number;
  /** Of these the ones that a layer above deletes or replaces: they are downloaded and never seen. */
  readonly wasteBytes: number;
}

/**
 * What each layer of an image adds, and how much of that layers above undo. A file with several names is in vain when all of them are gone.
 * @param trees bottom first, whiteouts in overlayfs's form
 */
export function layerUsage(trees: readonly FileTree[]): readonly LayerUsage[] {
  const above: Cover = { isClosed: false, children: new Map() };
  const usage: LayerUsage[] = [];
  for (const tree of trees.toReversed()) {
    const seen = new Set<number>();
    cover(tree, { node: 0, above, isHidden: false, seen });
    let seenBytes = 0;
    for (const node of seen) seenBytes += tree.attributes(node).size;
    usage.push({ sizeBytes: tree.contentBytes, wasteBytes: tree.contentBytes - seenBytes });
  }
  return usage.toReversed();
}

/** What the layers above have at a place. */
interface Cover {
  /** Nothing of the layers below is seen in it. */
  isClosed: boolean;
  readonly children: Map<string, Cover>;
}

interface CoverStep {
  readonly node: number;
  readonly above: Cover;
  readonly isHidden: boolean;
  /** Takes the files of the layer that are seen from above. */
  readonly seen: Set<number>;
}

/** Looks which files of a layer are seen, and lays the layer over those below. */
function cover(tree: FileTree, { node, above, isHidden, seen }: CoverStep): void {
  const isClosed = isHidden || above.isClosed;
  for (let index = 0; index < tree.entryCount(node); index += 1) {
    const entry = tree.entryAt(node, index);
    const name = decodePath(entry.name);
    const there = above.children.get(name);
    if (isDirectory(entry.mode)) {
      const here = there ?? { isClosed: false, children: new Map() };
      if (there === undefined) above.children.set(name, here);
      cover(tree, { node: entry.node, above: here, isHidden: isClosed, seen });
      continue;
    }
    if (!isClosed && there === undefined && isRegular(entry.mode)) seen.add(entry.node);
    if (there === undefined) above.children.set(name, { isClosed: true, children: new Map() });
    else if (!isClosed) there.isClosed = true;
  }
  if (tree.xattrs(node).some(([name]) => name === OPAQUE)) above.isClosed = true;
}

function fields(
  path: string,
  { mode, uid, gid, size }: Pick<NodeAttributes, "mode" | "uid" | "gid" | "size">,
): Omit<LayerFile, "change"> {
  const type = tarTypeOf(mode) ?? "file";
  return { path, type, sizeBytes: type === "file" ? size : 0, mode: mode & 0o7777, uid, gid };
}

const isDirectory = (mode: number): boolean => (mode & S_IFMT) === S_IFDIR;
const isSymlink = (mode: number): boolean => (mode & S_IFMT) === S_IFLNK;
const isRegular = (mode: number): boolean => (mode & S_IFMT) === S_IFREG;

function isWhiteout({ mode, rdev }: NodeAttributes): boolean {
  return (mode & S_IFMT) === S_IFCHR && rdev === 0;
}
