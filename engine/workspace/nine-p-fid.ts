import { ERRNO } from "../guest/errno.ts";
import { FileError } from "./file-error.ts";
import type { WorkspaceNode } from "./workspace-node.ts";
import type { WorkspaceTree } from "./workspace-tree.ts";

/** A value of an extended attribute that is being written; it counts when the fid is given up. */
export interface XattrWrite {
  readonly name: string;
  readonly value: Uint8Array;
  readonly flags: number;
  written: number;
}

/** A handle of the guest on a file. */
export interface WorkspaceFid {
  node: WorkspaceNode;
  /** Of the user who attached: owns what is made through it. */
  readonly uid: number;
  isOpen: boolean;
  isAppending: boolean;
  /** The fid reads this attribute (or list of names) instead of the file. */
  readonly xattr?: Uint8Array | undefined;
  xattrWrite?: XattrWrite;
}

/** The guest's handles; each keeps its file alive. */
export class WorkspaceFids {
  readonly #fids = new Map<number, WorkspaceFid>();
  readonly #tree: WorkspaceTree;

  constructor(tree: WorkspaceTree) {
    this.#tree = tree;
  }

  get size(): number {
    return this.#fids.size;
  }

  has(number: number): boolean {
    return this.#fids.has(number);
  }

  /** @throws FileError EBADF */
  get(number: number): WorkspaceFid {
    const fid = this.#fids.get(number);
    if (fid === undefined) throw new FileError(ERRNO.EBADF);
    return fid;
  }

  /** Replaces what has this number. */
  set(number: number, fid: WorkspaceFid): void {
    this.#tree.hold(fid.node);
    this.#drop(number);
    this.#fids.set(number, fid);
  }

  /** The fid is another file's from now on. */
  move(fid: WorkspaceFid, node: WorkspaceNode): void {
    this.#tree.hold(node);
    this.#tree.release(fid.node);
    fid.node = node;
  }

  delete(number: number): void {
    this.get(number);
    this.#drop(number);
    this.#fids.delete(number);
  }

  clear(): void {
    for (const number of this.#fids.keys()) this.#drop(number);
    this.#fids.clear();
  }

  #drop(number: number): void {
    const fid = this.#fids.get(number);
    if (fid !== undefined) this.#tree.release(fid.node);
  }
}
