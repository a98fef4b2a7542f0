import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import { treeHeaderOf } from "../../archive/tree-tar.ts";
import type { Disposals } from "../../base/disposal.ts";
import { EngineError, isKind, messageOf } from "../../base/errors.ts";
import { S_IFMT, S_IFREG } from "../../base/file-types.ts";
import { chunksOf } from "../../base/streams.ts";
import { decompressed } from "../../images/decompress.ts";
import { type TarEntry, TarParser } from "../../oci/layer-tar.ts";
import { cleanPath } from "../../oci/path-bytes.ts";
import { ByteSpool } from "../context/byte-spool.ts";
import type { CopyPorts } from "./copy-request.ts";
import { makeDirectories } from "./make-directories.ts";
import type { Owner } from "./owner.ts";
import { isDirectory, isSymlink, joinPath, nameOf, parentOf, resolvePath } from "./tree-path.ts";
import type { WorkFile, WorkTree } from "./work-tree.ts";

export interface UnpackTarget {
  readonly tree: WorkTree;
  /** Absolute. */
  readonly destination: string;
  /** `--chown`: of every file. */
  readonly owner: Owner | undefined;
  readonly ports: CopyPorts;
  /** Takes over what the files' content is in. */
  readonly resources: Disposals;
}

const MAX_BYTES = 2 ** 30;

/**
 * Unpacks a tar file, plain or compressed, as `ADD` does (BuildKit `solver/llbsolver/file/unpack.go`, moby `go-archive`): the destination is the
 * archive's whole world, entries replace what is there, directories merge.
 *
 * @param source `path` without symlinks
 * @returns false when the file is no archive: it is to be copied
 * @throws EngineError invalid-argument for an archive that breaks off; not-implemented for a compression that is not known here
 */
export async function unpackArchive(
  source: { readonly files: ReadableLowerFiles; readonly path: string },
  target: UnpackTarget,
): Promise<boolean> {
  const file = source.files.find(source.path);
  if (file === undefined || (file.mode & S_IFMT) !== S_IFREG || file.size === 0) return false;
  const spool = target.resources.use(new ByteSpool(target.ports.spool));
  const entries = await readEntries(source, spool, target.ports);
  if (entries === undefined) return false;
  const top = resolvePath(target.tree, cleanPath(target.destination));
  const { madeSeconds } = target.ports.times;
  if (top !== "") makeDirectories(target.tree, top, { mode: 0o755, owner: target.owner, mtimeSeconds: madeSeconds });
  const unpacking = new Unpacking(target, top, spool);
  for (const entry of entries) unpacking.add(entry);
  return true;
}

async function readEntries(
  { files, path }: { readonly files: ReadableLowerFiles; readonly path: string },
  spool: ByteSpool,
  ports: CopyPorts,
): Promise<readonly TarEntry[] | undefined> {
  const entries: TarEntry[] = [];
  const parser = new TarParser({ entry: (entry) => void entries.push(entry) });
  try {
    const plain = await decompressed(files.read(path), ports.maxBytes ?? MAX_BYTES).catch((error: unknown) => {
      throw unknownCompression(path, error);
    });
    for await (const chunk of chunksOf(plain)) {
      ports.signal?.throwIfAborted();
      parser.push(chunk);
      await spool.append(chunk);
    }
    parser.end();
  } catch (error) {
    if (!isKind(error, "invalid-argument")) throw error;
    if (entries.length === 0) return undefined;
    throw new EngineError("invalid-argument", error.message.replace(/^archive\/tar: /, ""), { cause: error });
  }
  return entries.length === 0 ? undefined : entries;
}

function unknownCompression(path: string, error: unknown): unknown {
  const [, name] = /^layers compressed with (\w+) are not supported$/.exec(messageOf(error)) ?? [];
  if (name === undefined) return error;
  const text = `ADD /${path}: archives compressed with ${name} cannot be unpacked here; use gzip or zstd, or ADD --unpack=false to copy the file as it is`;
  return new EngineError("not-implemented", text, { cause: error });
}

function escapes({ type, escape = "" }: TarEntry): EngineError {
  const what = type === "hard-link" ? "hardlink target" : "entry name";
  return new EngineError("invalid-argument", `invalid ${what} "${escape}"`);
}

class Unpacking {
  readonly #target: UnpackTarget;
  readonly #top: string;
  readonly #spool: ByteSpool;

  constructor(target: UnpackTarget, top: string, spool: ByteSpool) {
    this.#target = target;
    this.#top = top;
    this.#spool = spool;
  }

  add(entry: TarEntry): void {
    const { tree } = this.#target;
    if (entry.escape !== undefined) throw escapes(entry);
    if (entry.path === "") return this.#addTop(entry);
    const path = this.#resolve(entry.path);
    const there = tree.find(path);
    if (entry.type === "directory") {
      if (there !== undefined && !isDirectory(there.mode)) tree.remove(path);
      tree.putDirectory(path, this.#file(entry));
    } else tree.put(path, entry.type === "hard-link" ? this.#linked(entry) : this.#file(entry));
  }

  /** `./`: attributes of the destination itself, which must not be the image's root. */
  #addTop(entry: TarEntry): void {
    if (entry.type === "directory" && this.#top !== "") this.#target.tree.putDirectory(this.#top, this.#file(entry));
  }

  /** Symlinks among the parents are followed, inside the destination; parents that are missing are made. */
  #resolve(path: string): string {
    const { tree, ports } = this.#target;
    const inside = {
      find: (below: string) => tree.find(joinPath(this.#top, below)),
      readLink: (below: string) => tree.readLink(joinPath(this.#top, below)),
    };
    const parent = joinPath(this.#top, resolvePath(inside, parentOf(path)));
    if (parent !== "")
      makeDirectories(tree, parent, { mode: 0o755, owner: undefined, mtimeSeconds: ports.times.madeSeconds });
    return joinPath(parent, nameOf(path));
  }

  #linked(entry: TarEntry): WorkFile {
    const { tree } = this.#target;
    const path = this.#resolve(entry.link);
    const file = tree.file(path);
    const text = `link /${entry.link} /${entry.path}`;
    if (file === undefined) throw new EngineError("invalid-argument", `${text}: no such file or directory`);
    if (isDirectory(file.mode)) throw new EngineError("invalid-argument", `${text}: operation not permitted`);
    if (file.inode !== undefined || isSymlink(file.mode)) return file;
    // A file of the layers below gets a second name: it has to be in this layer too.
    const named = { ...file, inode: {} };
    tree.put(path, named);
    return named;
  }

  #file(entry: TarEntry): WorkFile {
    const { owner } = this.#target;
    const isRegular = entry.type === "file";
    const header = treeHeaderOf(entry, { path: "" });
    return {
      ...header,
      ...owner,
      mtimeNanoseconds: 0,
      open: isRegular && entry.size > 0 ? () => this.#spool.open(entry.contentOffset, entry.size) : undefined,
      ...(isRegular && { inode: {} }),
    };
  }
}
