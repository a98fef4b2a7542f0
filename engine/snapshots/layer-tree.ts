import type { DirectoryEntry, FileTree, NodeAttributes } from "./file-tree.ts";
import type { LayerIndex } from "./layer-index.ts";
import type { Xattrs } from "./layer-index-layout.ts";

/** The bytes of a layer's tar. */
export interface LayerContent {
  /** Fills `target` from `offset` on; false when not all of it is in memory (`target` may then be partly written). */
  readNow(offset: number, target: Uint8Array): boolean;
  read(offset: number, target: Uint8Array): Promise<void>;
}

/** A layer as a file tree: its index, and its tar for the files' content. */
export class LayerTree implements FileTree {
  readonly #index: LayerIndex;
  readonly #content: LayerContent;

  constructor(index: LayerIndex, content: LayerContent) {
    this.#index = index;
    this.#content = content;
  }

  get nodeCount(): number {
    return this.#index.nodeCount;
  }

  get contentBytes(): number {
    return this.#index.contentBytes;
  }

  attributes(node: number): NodeAttributes {
    return this.#index.attributes(node);
  }

  lookup(directory: number, name: Uint8Array): number | undefined {
    return this.#index.lookup(directory, name);
  }

  parent(directory: number): number {
    return this.#index.parent(directory);
  }

  entryCount(directory: number): number {
    return this.#index.entryCount(directory);
  }

  entryAt(directory: number, index: number): DirectoryEntry {
    return this.#index.entryAt(directory, index);
  }

  readLink(node: number): Uint8Array {
    return this.#index.readLink(node);
  }

  xattrs(node: number): Xattrs {
    return this.#index.xattrs(node);
  }

  pathOf(node: number): string {
    return this.#index.pathOf(node);
  }

  readNow(node: number, offset: number, target: Uint8Array): number | undefined {
    const length = this.#available(node, offset, target);
    if (length === 0) return 0;
    const isThere = this.#content.readNow(this.#index.contentOffset(node) + offset, target.subarray(0, length));
    return isThere ? length : undefined;
  }

  async read(node: number, offset: number, target: Uint8Array): Promise<number> {
    const length = this.#available(node, offset, target);
    if (length > 0) await this.#content.read(this.#index.contentOffset(node) + offset, target.subarray(0, length));
    return length;
  }

  #available(node: number, offset: number, target: Uint8Array): number {
    return Math.max(0, Math.min(target.length, this.#index.sizeOf(node) - offset));
  }
}
