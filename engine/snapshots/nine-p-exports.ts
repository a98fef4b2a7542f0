/**
 * What the 9p server exports: file trees under names like `rootfs` or `l/<16 hex>`. Between the export's root and the trees there are
 * only directories, one level deep, made up from these names.
 */
import { S_IFMT, S_IFDIR, S_IFLNK } from "../base/file-types.ts";
import { EngineError } from "../base/errors.ts";
import { decodePath, encodePath } from "../oci/path-bytes.ts";
import { type DirectoryEntry, type FileTree, type NodeAttributes } from "./file-tree.ts";
import { NotReady } from "./nine-p-dispatcher.ts";
import { Errno, NinePError, QTDIR, QTFILE, QTSYMLINK, type Qid } from "./nine-p-messages.ts";

/** The directory of the layers is there even when it is empty. */
const ALWAYS = "l";

/** A tree to export. */
export interface TreeSource {
  /** Names the content for good, for example a diffId: inode numbers are derived from it. */
  readonly id: string;
  /** The tree, or how to get it when it is first touched. Requests wait; when it fails they get EIO, and the next one tries again. */
  readonly tree: FileTree | (() => Promise<FileTree>);
}

/** Where layers are put for the guest. */
export interface TreeExports {
  /** Replaces what has this name. */
  add(name: string, source: TreeSource): void;
  remove(name: string): void;
}

/** An exported name. It stays when its tree is removed, because the guest may still hold files of it. */
export class Slot {
  readonly name: string;
  /** Upper half of qid.path. 0 is the export's own directories. */
  pathHigh: number;
  id = "";
  #source: TreeSource["tree"] | undefined;
  #tree: FileTree | undefined;
  #loading: Promise<void> | undefined;

  constructor(name: string, pathHigh: number) {
    this.name = name;
    this.pathHigh = pathHigh;
  }

  get isExported(): boolean {
    return this.#source !== undefined;
  }

  set(source: TreeSource): void {
    this.id = source.id;
    this.#source = source.tree;
    this.#loading = undefined;
    this.#tree = typeof source.tree === "function" ? undefined : source.tree;
  }

  clear(): void {
    this.#source = undefined;
    this.#tree = undefined;
    this.#loading = undefined;
  }

  /** @throws NotReady when it is to be waited for; NinePError ESTALE when it was removed */
  tree(): FileTree {
    if (this.#tree) return this.#tree;
    if (!this.#source) throw new NinePError(Errno.ESTALE);
    throw new NotReady(() => this.load());
  }

  /** Rejects when the tree cannot be had. */
  async load(): Promise<void> {
    const source = this.#source;
    if (this.#tree || typeof source !== "function") return;
    this.#loading ??= (async () => {
      try {
        const tree = await source();
        if (this.#source === source) this.#tree = tree;
      } finally {
        if (this.#source === source) this.#loading = undefined;
      }
    })();
    await this.#loading;
  }
}

/** A file as the server sees it: a node of an exported tree, or (slot undefined) a directory of the export itself, by name ("" = root). */
export type Place =
  | { readonly slot: Slot; readonly node: number }
  | { readonly slot: undefined; readonly directory: string };

export const EXPORT_ROOT: Place = { slot: undefined, directory: "" };

/** Names and their trees; walking from the export's root into them and back. */
export class Exports implements TreeExports {
  readonly #slots = new Map<string, Slot>();

  add(name: string, source: TreeSource): void {
    if (!/^[^/]+(\/[^/]+)?$/.test(name)) throw new EngineError("invalid-argument", `cannot export ${name}`);
    this.slot(name, source.id).set(source);
  }

  remove(name: string): void {
    this.#slots.get(name)?.clear();
  }

  /** The slot of a name, made when missing. `pathHigh` is given when a saved state knows it. */
  slot(name: string, id: string, pathHigh = this.#freePathHigh(id)): Slot {
    const existing = this.#slots.get(name);
    // Other content under the same name must not reuse inode numbers.
    if (existing && (existing.id === id || existing.id === "")) return existing;
    const slot = new Slot(name, pathHigh);
    slot.id = id;
    this.#slots.set(name, slot);
    return slot;
  }

  clear(): void {
    for (const slot of this.#slots.values()) slot.clear();
    this.#slots.clear();
  }

  /** One step down (or `..`). Undefined when there is nothing of this name. */
  walk(place: Place, name: Uint8Array): Place | undefined {
    const isUp = name.length === 2 && name[0] === 0x2e && name[1] === 0x2e;
    if (name.length === 1 && name[0] === 0x2e) return place;
    if (!place.slot) return isUp ? EXPORT_ROOT : this.#child(place.directory, decodePath(name));
    const { slot, node } = place;
    if (!isUp) {
      const found = slot.tree().lookup(node, name);
      return found === undefined ? undefined : { slot, node: found };
    }
    if (node !== 0) return { slot, node: slot.tree().parent(node) };
    const slash = slot.name.indexOf("/");
    return { slot: undefined, directory: slash < 0 ? "" : slot.name.slice(0, slash) };
  }

  attributes(place: Place): NodeAttributes {
    if (place.slot) return place.slot.tree().attributes(place.node);
    const nlink = 2 + this.entries(place).length;
    return { mode: S_IFDIR | 0o755, uid: 0, gid: 0, nlink, rdev: 0, size: 4096, mtimeSeconds: 0, mtimeNanoseconds: 0 };
  }

  isDirectory(place: Place): boolean {
    return !place.slot || place.node === 0 || (this.attributes(place).mode & S_IFMT) === S_IFDIR;
  }

  /** The entries of a directory of the export itself. */
  entries(place: Place & { slot: undefined }): readonly (DirectoryEntry & { readonly place: Place })[] {
    const prefix = place.directory === "" ? "" : `${place.directory}/`;
    const names = new Set<string>(place.directory === "" ? [ALWAYS] : []);
    for (const slot of this.#slots.values()) {
      if (slot.isExported && slot.name.startsWith(prefix))
        names.add(slot.name.slice(prefix.length).split("/", 1)[0] as string);
    }
    return [...names].toSorted().map((name) => {
      const child = this.#child(place.directory, name) as Place;
      return { name: encodePath(name), node: 0, mode: S_IFDIR, place: child };
    });
  }

  qid(place: Place, mode?: number): Qid {
    if (!place.slot) return { type: QTDIR, pathHigh: 0, pathLow: place.directory === "" ? 0 : hash(place.directory) };
    const type = place.node === 0 ? QTDIR : qidType(mode ?? place.slot.tree().attributes(place.node).mode);
    return { type, pathHigh: place.slot.pathHigh, pathLow: place.node };
  }

  #child(directory: string, name: string): Place | undefined {
    const path = directory === "" ? name : `${directory}/${name}`;
    const slot = this.#slots.get(path);
    if (slot?.isExported) return { slot, node: 0 };
    if (directory !== "") return undefined;
    for (const each of this.#slots.values())
      if (each.isExported && each.name.startsWith(`${name}/`)) return { slot: undefined, directory: name };
    return name === ALWAYS ? { slot: undefined, directory: name } : undefined;
  }

  /** Taken from the id, so that inode numbers are the same in every session; moved on when (on purpose or not) two ids meet. */
  #freePathHigh(id: string): number {
    const used = new Set([...this.#slots.values()].map((slot) => slot.pathHigh));
    let high = hash(id);
    while (used.has(high)) high = hash(`${high} ${id}`);
    return high;
  }
}

function qidType(mode: number): number {
  const type = mode & S_IFMT;
  if (type === S_IFDIR) return QTDIR;
  return type === S_IFLNK ? QTSYMLINK : QTFILE;
}

/**
 * FNV-1a with the top bit set: a 32-bit guest computes an inode number as `(low + 2) ^ high` of qid.path (fs/9p/v9fs.h), which must not be 0.
 */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return (value | 0x80000000) >>> 0;
}
