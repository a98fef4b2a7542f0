/**
 * A file system to become a layer: paths without leading slash, each with what tar needs to know. The same tree always gives the
 * same bytes: sorted, owned by root unless said otherwise, dated {@link SOURCE_DATE_EPOCH}.
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { concat } from "../../engine/base/streams.ts";
import { type TarEntry, TarParser } from "../../engine/oci/layer-tar.ts";
import { encodeTarEntry, TAR_END, tarPadding, type TarEntryFields } from "../../engine/oci/tar-writer.ts";
import { formatWhiteout } from "../../engine/oci/whiteout.ts";

/** 2026-01-01T00:00:00Z, as in `kernel-image/build/lib.sh`. https://reproducible-builds.org/specs/source-date-epoch/ */
const SOURCE_DATE_EPOCH = 1767225600;
export const SOURCE_DATE = new Date(SOURCE_DATE_EPOCH * 1000).toISOString().replace(".000Z", "Z");

interface Node {
  readonly fields: TarEntryFields;
  readonly content: Uint8Array;
}

type Attributes = Pick<TarEntryFields, "mode" | "uid" | "gid">;

const NO_CONTENT = new Uint8Array(0);

export class Tree {
  readonly #nodes = new Map<string, Node>();

  /** What a tar holds. Contents are views on `tar`. */
  static fromTar(tar: Uint8Array): Tree {
    const tree = new Tree();
    const add = (entry: TarEntry): void => {
      const { contentOffset, ...fields } = entry;
      const content = entry.type === "file" ? tar.subarray(contentOffset, contentOffset + entry.size) : NO_CONTENT;
      if (entry.path !== "") tree.#nodes.set(entry.path, { fields, content });
    };
    const parser = new TarParser({ entry: add });
    parser.push(tar);
    parser.end();
    return tree;
  }

  directory(path: string, attributes: Attributes = {}): this {
    return this.#add({ path, type: "directory", mode: 0o755, ...attributes });
  }

  file(path: string, content: string | Uint8Array, attributes: Attributes = {}): this {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return this.#add({ path, type: "file", mode: 0o644, size: bytes.length, ...attributes }, bytes);
  }

  symlink(path: string, link: string): this {
    return this.#add({ path, type: "symlink", mode: 0o777, link });
  }

  /** A hard link to `link`, a path of this tree. */
  link(path: string, link: string, attributes: Attributes = {}): this {
    return this.#add({ path, type: "hard-link", link, ...attributes });
  }

  /** Content of a file. @throws Error when there is none */
  read(path: string): string {
    const node = this.#nodes.get(path);
    if (node?.fields.type !== "file") throw new Error(`${path}: no such file`);
    return new TextDecoder().decode(node.content);
  }

  /** Takes away what the predicate names. */
  without(isUnwanted: (path: string) => boolean): this {
    for (const path of this.#nodes.keys()) if (isUnwanted(path)) this.#nodes.delete(path);
    return this;
  }

  /** What must be laid over `base` to have this tree: what is new or differs, and whiteouts for what is gone. */
  over(base: Tree): Tree {
    const layer = new Tree();
    for (const [path, node] of this.#nodes) {
      const below = base.#nodes.get(path);
      if (!below || !isSame(node, below)) layer.#nodes.set(path, node);
    }
    for (const path of base.#nodes.keys()) {
      const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
      // The whiteout of a directory covers what was in it.
      if (this.#nodes.has(path) || (parent !== "" && !this.#nodes.has(parent))) continue;
      const whiteout = formatWhiteout("whiteout", path);
      layer.#nodes.set(whiteout, {
        fields: { path: whiteout, type: "file", mode: 0, mtimeSeconds: SOURCE_DATE_EPOCH },
        content: NO_CONTENT,
      });
    }
    return layer;
  }

  /** Parents come before children, targets of hard links before the links. */
  toTar(): Uint8Array {
    const nodes = [...this.#nodes].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, node]) => node);
    const isLink = ({ fields }: Node): boolean => fields.type === "hard-link";
    const ordered = [...nodes.filter((node) => !isLink(node)), ...nodes.filter(isLink)];
    return concat([
      ...ordered.flatMap(({ fields, content }) => [encodeTarEntry(fields), content, tarPadding(content.length)]),
      TAR_END,
    ]);
  }

  #add(fields: TarEntryFields, content: Uint8Array = NO_CONTENT): this {
    const { path } = fields;
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (parent && this.#nodes.get(parent)?.fields.type !== "directory")
      throw new Error(`${path}: no directory ${parent}`);
    this.#nodes.set(path, { fields: { mtimeSeconds: SOURCE_DATE_EPOCH, ...fields }, content });
    return this;
  }
}

function isSame(a: Node, b: Node): boolean {
  return JSON.stringify(a.fields) === JSON.stringify(b.fields) && Buffer.compare(a.content, b.content) === 0;
}

/** gzip without date and without the name of an operating system in it. */
export function gzip(bytes: Uint8Array): Uint8Array {
  const compressed = gzipSync(bytes, { level: 9, memLevel: 9 });
  compressed.fill(0, 4, 8);
  compressed[9] = 255;
  return compressed;
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
