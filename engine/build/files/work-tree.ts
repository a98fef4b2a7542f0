import { EMPTY_FILES } from "../../archive/empty-files.ts";
import { isDirectory, isSymlink } from "../../archive/file-mode.ts";
import type { LowerFile, ReadableLowerFiles } from "../../archive/lower-files.ts";
import type { ByteStream } from "../../base/streams.ts";
import { nameOf, parentOf } from "./tree-path.ts";

/** A file that is put into a tree. */
export interface WorkFile extends LowerFile {
  /** A symlink's target. */
  readonly link: string;
  /** Its content; undefined for what has none. */
  readonly open: (() => ByteStream) | undefined;
  /** The same object for all names of a file that has several. */
  readonly inode?: object;
}

/** What was changed at a place. */
export interface Change {
  readonly path: string;
  /** Undefined: what the layers below have there is gone. */
  readonly file: WorkFile | undefined;
  /** A directory that shows nothing of the layers below although they have something in it. */
  readonly hidesLower: boolean;
}

interface Node {
  /** Undefined for a directory whose attributes are those of the layers below. */
  file: WorkFile | undefined;
  /** `null`: gone. */
  readonly children: Map<string, Node | null>;
  /** Nothing of the layers below is seen in it. */
  hidesLower: boolean;
}

interface Found {
  readonly node: Node | undefined;
  /** Whether the layers below are seen there. */
  readonly isLower: boolean;
}

/**
 * A tree that is changed on top of layers: an overlay in memory. Paths are clean and relative, "" is the root; symlinks are not followed
 * (`resolvePath` does). Nothing checks permissions.
 */
export class WorkTree {
  readonly #lower: ReadableLowerFiles;
  readonly #root: Node = { file: undefined, children: new Map(), hidesLower: false };

  constructor(lower: ReadableLowerFiles = EMPTY_FILES) {
    this.#lower = lower;
  }

  find(path: string): LowerFile | undefined {
    const { node, isLower } = this.#find(path);
    if (node?.file !== undefined) return node.file;
    return isLower ? this.#findLower(path) : undefined;
  }

  /** A symlink's target; "" for anything else. */
  readLink(path: string): string {
    const { node, isLower } = this.#find(path);
    if (node?.file !== undefined) return node.file.link;
    return isLower ? this.#lower.readLink(path) : "";
  }

  /** Names in a directory; none when there is no such directory. */
  names(path: string): ReadonlySet<string> {
    const { node, isLower } = this.#find(path);
    const names = new Set(isLower && node?.hidesLower !== true ? this.#lower.names(path) : []);
    for (const [name, child] of node?.children ?? []) {
      if (child === null) names.delete(name);
      else names.add(name);
    }
    return names;
  }

  /** All about what is there. */
  file(path: string): WorkFile | undefined {
    const { node, isLower } = this.#find(path);
    if (node?.file !== undefined) return node.file;
    const file = isLower ? this.#findLower(path) : undefined;
    if (file === undefined) return undefined;
    const hasContent = !isDirectory(file.mode) && !isSymlink(file.mode) && file.size > 0;
    return {
      ...file,
      link: this.#lower.readLink(path),
      open: hasContent ? () => this.#lower.read(path) : undefined,
    };
  }

  /** Content of a file of the layers below or of the tree. */
  read(path: string): ByteStream | undefined {
    const { node, isLower } = this.#find(path);
    if (node?.file !== undefined) return node.file.open?.();
    return isLower && this.#lower.find(path) !== undefined ? this.#lower.read(path) : undefined;
  }

  /** Puts a file that is no directory, in the place of what is there. Its parent must be a directory. */
  put(path: string, file: WorkFile): void {
    this.#parent(path).children.set(nameOf(path), { file, children: new Map(), hidesLower: true });
  }

  /** Makes a directory where nothing is, or gives the one that is there these attributes. */
  putDirectory(path: string, file: WorkFile): void {
    const before = this.find(path);
    const isThere = before !== undefined && isDirectory(before.mode);
    if (isThere) this.#changed(path).file = file;
    else this.#parent(path).children.set(nameOf(path), { file, children: new Map(), hidesLower: true });
  }

  /** Changes attributes of what is there; of a file with several names only this name's. */
  change(path: string, attributes: Partial<LowerFile>): void {
    const file = this.file(path);
    if (file === undefined) throw new Error(`nothing to change at ${path}`);
    this.#changed(path).file = { ...file, ...attributes };
  }

  /** Removes what is there, with all that is in it. */
  remove(path: string): void {
    this.#parent(path).children.set(nameOf(path), null);
  }

  /** What is different from the layers below: parents first, names in the order of their UTF-16 code units. */
  *changes(): Generator<Change, void, undefined> {
    yield* this.#changesIn(this.#root, "", true);
  }

  *#changesIn(node: Node, directory: string, isLower: boolean): Generator<Change, void, undefined> {
    for (const name of [...node.children.keys()].toSorted(byCodeUnits)) {
      const child = node.children.get(name);
      const path = directory === "" ? name : `${directory}/${name}`;
      const before = isLower ? this.#lower.find(path) : undefined;
      if (child === null || child === undefined) {
        if (before !== undefined) yield { path, file: undefined, hidesLower: false };
        continue;
      }
      const isTree = child.file === undefined || isDirectory(child.file.mode);
      const hidesLower = isTree && child.hidesLower && before !== undefined && this.#hasLower(path);
      let isTold = child.file !== undefined;
      if (isTold) yield { path, file: child.file, hidesLower };
      for (const change of this.#changesIn(child, path, isLower && !child.hidesLower)) {
        if (!isTold) yield { path, file: this.file(path), hidesLower };
        isTold = true;
        yield change;
      }
    }
  }

  #findLower(path: string): LowerFile | undefined {
    return this.#lower.find(path) ?? (path === "" ? EMPTY_FILES.find("") : undefined);
  }

  #hasLower(path: string): boolean {
    for (const _ of this.#lower.names(path)) return true;
    return false;
  }

  /** The node of what is there, made when only the layers below have it. */
  #changed(path: string): Node {
    if (path === "") return this.#root;
    const parent = this.#parent(path);
    const name = nameOf(path);
    const known = parent.children.get(name);
    if (known) return known;
    const node: Node = { file: undefined, children: new Map(), hidesLower: false };
    parent.children.set(name, node);
    return node;
  }

  #parent(path: string): Node {
    if (path === "") throw new Error("the root has no parent");
    const directory = parentOf(path);
    const file = this.find(directory);
    if (file === undefined || !isDirectory(file.mode)) throw new Error(`not a directory: ${directory}`);
    return this.#changed(directory);
  }

  #find(path: string): Found {
    let node: Node | undefined = this.#root;
    let isLower = true;
    if (path === "") return { node, isLower };
    for (const part of path.split("/")) {
      if (node === undefined) break;
      isLower &&= !node.hidesLower;
      const child: Node | null | undefined = node.children.get(part);
      if (child === null) return { node: undefined, isLower: false };
      node = child;
    }
    return { node, isLower };
  }
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
