/**
 * Puts the files of a tar file into a container (`docker cp`), as moby's `archive.Untar`. The archive is hostile: names that lead out are
 * refused, and symlinks, be they the container's or the archive's, are resolved inside the container by the kernel.
 */
import { EngineError, isKind } from "../base/errors.ts";
import type { ByteStream } from "../base/streams.ts";
import { ERRNO } from "../guest/errno.ts";
import { GuestError } from "../guest/guest.ts";
import { climbsOut } from "../oci/path-bytes.ts";
import { readTar, type TarEntry, type TarItem } from "../oci/layer-tar.ts";
import { type ContainerView, type Found, isWithin } from "./container-view.ts";
import { isDirectory } from "./file-mode.ts";
import { fileError, lookAt } from "./place.ts";
import { impliedDirectory, treeHeaderOf } from "./tree-tar.ts";
import { TreeSink } from "./tree-sink.ts";

export interface ExtractOptions {
  /** An entry that would replace a directory by something else, or the reverse, is an error. */
  readonly keepKinds: boolean;
  /** Everything belongs to this user instead of the archive's. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/**
 * @param target a directory
 * @param tar uncompressed
 * @throws EngineError internal, as Docker for all that is wrong with an archive; what came before is there
 */
export async function extractArchive(
  view: ContainerView,
  target: Found,
  tar: ByteStream,
  options: ExtractOptions,
): Promise<void> {
  const extraction = new Extraction(view, target.path, options);
  try {
    for await (const item of readTar(tar)) await extraction.add(item);
    await extraction.end();
  } catch (error) {
    await extraction.abort(error);
    throw await extraction.explain(error);
  }
}

class Extraction {
  readonly #view: ContainerView;
  readonly #target: string;
  readonly #options: ExtractOptions;
  /** One per file system that is written to, by its root. */
  readonly #sinks = new Map<string, TreeSink>();
  /** Directories, and symlinks that may stand for some, that are known to be there. */
  readonly #known = new Set([""]);
  /** Symlinks of the archive that lead out of the target. */
  readonly #outward = new Set<string>();

  constructor(view: ContainerView, target: string, options: ExtractOptions) {
    this.#view = view;
    this.#target = target;
    this.#options = options;
  }

  async add({ entry, content }: TarItem): Promise<void> {
    const { path, type } = entry;
    if (entry.escape !== undefined) throw escapes(entry);
    if (path === "") return;
    if (type !== "directory" && this.#holdsMount(path))
      throw new EngineError("internal", `RemoveAll ${path}: device or resource busy`);
    await this.#makeParents(path);
    if (type === "directory" || type === "symlink") this.#known.add(path);
    if (type === "symlink" && leadsOut(entry)) this.#outward.add(path);
    else this.#outward.delete(path);
    const { sink, below } = this.#sinkOf(path);
    const names = { path: below, ...(type === "hard-link" && { link: this.#linkFrom(entry, sink) }) };
    await sink.add({ ...treeHeaderOf(entry, names), ...this.#options.owner, content });
  }

  async end(): Promise<void> {
    for (const sink of this.#sinks.values()) await sink.end();
  }

  async abort(reason: unknown): Promise<void> {
    for (const sink of this.#sinks.values()) await sink.abort(reason);
  }

  /** Docker's words; which entry replaces what it may not is found out afterwards. */
  async explain(error: unknown): Promise<unknown> {
    if (isKind(error, "invalid-argument"))
      return new EngineError("internal", error.message.replace("archive/tar: unexpected EOF", "unexpected EOF"));
    const isKindError = error instanceof GuestError && KIND_ERRNOS.has(error.errno);
    if (!isKindError) return fileError("", error);
    try {
      return (await this.#explainKind()) ?? fileError("", error);
    } catch {
      return fileError("", error);
    }
  }

  async #explainKind(): Promise<EngineError | undefined> {
    for (const sink of this.#sinks.values()) {
      for (const { path, mode } of sink.sent) {
        const { root, path: top } = sink.place;
        const there = await lookAt(this.#view.guest, { root, path: `${top}/${path}` });
        if (there !== undefined && isDirectory(there.mode) !== isDirectory(mode))
          return kindError(path, this.#target || "/", isDirectory(mode));
      }
    }
    return undefined;
  }

  /** Directories above an entry that neither the archive nor the container has. */
  async #makeParents(path: string): Promise<void> {
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
      const parent = path.slice(0, slash);
      if (this.#outward.has(parent)) throw new EngineError("internal", `statat ${parent}: path escapes from parent`);
      if (this.#known.has(parent)) continue;
      const { sink, below } = this.#sinkOf(parent);
      const { root, path: top } = sink.place;
      // The slash follows a symlink to a directory.
      const there = await lookAt(this.#view.guest, { root, path: `${top}/${below}/` });
      if (there === undefined) await sink.add(impliedDirectory(below));
      this.#known.add(parent);
    }
  }

  #holdsMount(path: string): boolean {
    const real = `${this.#target}/${path}`;
    return this.#view.mountOf(real)?.destination === real || this.#view.mountsBelow(real).length > 0;
  }

  #sinkOf(path: string): { sink: TreeSink; below: string } {
    const real = `${this.#target}/${path}`;
    const mount = this.#view.mountOf(real)?.destination ?? "";
    const top = isWithin(this.#target, mount) ? this.#target : mount;
    const known = this.#sinks.get(top);
    const sink = known ?? new TreeSink(this.#view.guest, this.#view.placeOf(top), this.#options);
    if (known === undefined) this.#sinks.set(top, sink);
    return { sink, below: real.slice(top.length + 1) };
  }

  #linkFrom(entry: TarEntry, sink: TreeSink): string {
    const target = this.#sinkOf(entry.link);
    if (target.sink === sink) return target.below;
    throw new EngineError("internal", `link ${entry.link} ${entry.path}: invalid cross-device link`);
  }
}

const KIND_ERRNOS: ReadonlySet<number> = new Set([ERRNO.ENOTDIR, ERRNO.EISDIR]);

function escapes({ type, escape = "" }: TarEntry): EngineError {
  return new EngineError("internal", `invalid ${type === "hard-link" ? "hardlink target" : "entry name"} "${escape}"`);
}

function leadsOut({ path, link }: TarEntry): boolean {
  const directory = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  return link.startsWith("/") || climbsOut(`${directory}/${link}`);
}

function kindError(name: string, target: string, isNewDirectory: boolean): EngineError {
  const [old, replacement] = isNewDirectory ? ["non-directory", "directory"] : ["directory", "non-directory"];
  return new EngineError("internal", `cannot overwrite ${old} "${name}" with ${replacement} "${target}"`);
}
