import { S_IFMT, S_IFDIR, S_IFCHR } from "../base/file-types.ts";
import { type ByteStream, emptyStream, streamFrom } from "../base/streams.ts";
import { decodePath, encodePath } from "../oci/path-bytes.ts";
import { type FileTree } from "./file-tree.ts";

const CHUNK_BYTES = 256 << 10;
const OPAQUE = "trusted.overlay.opaque";

/** A file of the uppermost layer that has it. */
interface StackedFile {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly major: number;
  readonly minor: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  readonly xattrs: readonly (readonly [name: string, value: Uint8Array])[];
}

interface Node {
  readonly tree: FileTree;
  readonly node: number;
}

/** Layers seen as one tree, as overlayfs shows them, without asking the guest. Paths are relative, "" is the root. */
export class LayerStack {
  /** A file's nodes, uppermost first; several only for a directory that layers share. */
  readonly #nodes = new Map<string, readonly Node[]>();

  readonly #trees: readonly FileTree[];

  /** @param trees bottom first, whiteouts in overlayfs's form */
  constructor(trees: readonly FileTree[]) {
    this.#trees = trees;
    this.#nodes.set(
      "",
      trees.toReversed().map((tree) => ({ tree, node: 0 })),
    );
  }

  find(path: string): StackedFile | undefined {
    const [top] = this.#find(path);
    if (top === undefined) return undefined;
    const { rdev, nlink: _, ...attributes } = top.tree.attributes(top.node);
    return {
      ...attributes,
      major: (rdev >>> 8) & 0xfff,
      minor: (rdev & 0xff) | ((rdev >>> 12) & ~0xff),
      xattrs: top.tree.xattrs(top.node),
    };
  }

  names(path: string): ReadonlySet<string> {
    const names = new Set<string>();
    const gone = new Set<string>();
    for (const { tree, node } of this.#find(path)) {
      const fromHere: string[] = [];
      for (let index = 0; index < tree.entryCount(node); index += 1) {
        const entry = tree.entryAt(node, index);
        const name = decodePath(entry.name);
        if (isWhiteout(tree, entry.node)) gone.add(name);
        else if (!gone.has(name)) fromHere.push(name);
      }
      for (const name of fromHere) names.add(name);
    }
    return names;
  }

  readLink(path: string): string {
    const [top] = this.#find(path);
    return top === undefined ? "" : decodePath(top.tree.readLink(top.node));
  }

  /** A file's content, straight from its layer. */
  read(path: string): ByteStream {
    const [top] = this.#find(path);
    return top === undefined ? emptyStream() : streamFrom(contentOf(top));
  }

  /** The same for all names of a file that has several in its layer; undefined for one that has one. */
  identity(path: string): string | undefined {
    const [top] = this.#find(path);
    if (top === undefined || top.tree.attributes(top.node).nlink < 2) return undefined;
    return `${this.#trees.indexOf(top.tree)}:${top.node}`;
  }

  #find(path: string): readonly Node[] {
    const known = this.#nodes.get(path);
    if (known !== undefined) return known;
    const slash = path.lastIndexOf("/");
    const found = children(this.#find(path.slice(0, Math.max(0, slash))), path.slice(slash + 1));
    this.#nodes.set(path, found);
    return found;
  }
}

async function* contentOf({ tree, node }: Node): AsyncGenerator<Uint8Array, void, undefined> {
  const { size } = tree.attributes(node);
  for (let offset = 0; offset < size;) {
    const bytes = new Uint8Array(Math.min(CHUNK_BYTES, size - offset));
    const count = tree.readNow(node, offset, bytes) ?? (await tree.read(node, offset, bytes));
    if (count === 0) throw new Error(`a file of a layer ended at ${offset} of ${size} bytes`);
    yield bytes.subarray(0, count);
    offset += count;
  }
}

function children(directories: readonly Node[], name: string): readonly Node[] {
  const found: Node[] = [];
  const bytes = encodePath(name);
  for (const { tree, node } of directories) {
    const child = tree.lookup(node, bytes);
    if (child === undefined) continue;
    if (isWhiteout(tree, child)) break;
    const isDirectory = (tree.attributes(child).mode & S_IFMT) === S_IFDIR;
    if (!isDirectory && found.length > 0) break;
    found.push({ tree, node: child });
    if (!isDirectory || isOpaque(tree, child)) break;
  }
  return found;
}

function isWhiteout(tree: FileTree, node: number): boolean {
  const { mode, rdev } = tree.attributes(node);
  return (mode & S_IFMT) === S_IFCHR && rdev === 0;
}

function isOpaque(tree: FileTree, node: number): boolean {
  return tree.xattrs(node).some(([name]) => name === OPAQUE);
}
