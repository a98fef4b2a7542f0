import { EMPTY_FILES } from "../../archive/empty-files.ts";
import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import type { TarPiece } from "../../archive/tree-tar.ts";
import { Disposals } from "../../base/disposal.ts";
import { EngineError, messageOf } from "../../base/errors.ts";
import { PatternMatcher } from "../../dockerfile/pattern-matcher.ts";
import { parseModeChange } from "./change-mode.ts";
import { type HashedFile, hashFiles } from "./content-hash.ts";
import { Copier, type CopierOptions } from "./copier.ts";
import type { CopyPlan, CopyPorts, CopyRequest } from "./copy-request.ts";
import {
  type CopySource,
  type GitSource,
  matchSource,
  parseSources,
  plainSource,
  type RemoteSource,
} from "./copy-sources.ts";
import { Downloads } from "./download.ts";
import { layerPiecesOf } from "./layer-pieces.ts";
import { findOwner, isNamedOwner } from "./owner.ts";
import { selectFiles } from "./select-files.ts";
import { absolutePath, joinPath, nameOf, resolveParents, resolvePath } from "./tree-path.ts";
import { unpackArchive } from "./unpack-archive.ts";
import { WorkTree } from "./work-tree.ts";

/**
 * Checks a `COPY` or `ADD` (BuildKit `frontend/dockerfile/dockerfile2llb/convert_copy.go`) and tells how to make its layer. Nothing is read yet.
 * @throws EngineError invalid-argument in BuildKit's words
 */
export function planCopy(request: CopyRequest, ports: CopyPorts): CopyPlan {
  return new PlannedCopy(request, ports);
}

class PlannedCopy implements CopyPlan {
  readonly isIndependent: boolean;
  readonly #request: CopyRequest;
  readonly #ports: CopyPorts;
  readonly #destination: string;
  readonly #options: Omit<CopierOptions, "owner">;
  readonly #sources: readonly (CopySource | RemoteSource | GitSource)[];
  readonly #downloads: Downloads;
  #digest: Promise<string> | undefined;

  constructor(request: CopyRequest, ports: CopyPorts) {
    // A stage of scratch has not even a root.
    this.#request = request.from.find("") === undefined ? { ...request, from: EMPTY_FILES } : request;
    this.#ports = ports;
    this.#destination = absolutePath(request.destination, request.workingDirectory);
    this.isIndependent = request.link === true;
    const { chmod = "", exclude = [] } = request;
    this.#options = {
      mode: chmod === "" ? undefined : parseModeChange(chmod),
      exclude: exclude.length === 0 ? undefined : excludePatterns(exclude, request.fromId),
      times: ports.times,
    };
    this.#sources = parseSources(this.#request, ports);
    this.#downloads = new Downloads(ports, request.checksum);
  }

  contentDigest(): Promise<string> {
    this.#digest ??= this.#hash();
    return this.#digest;
  }

  async *pieces(lower: ReadableLowerFiles): AsyncGenerator<TarPiece, void, undefined> {
    const tree = this.isIndependent ? new WorkTree() : new WorkTree(lower);
    const owner = await this.#owner(lower);
    const copier = new Copier(tree, { ...this.#options, owner });
    await using archives = new Disposals();
    for (const source of this.#sources) {
      const local = await this.#localSource(source);
      for (const path of matchSource(local)) {
        const isUnpacked =
          local.unpack &&
          (await unpackArchive(
            { files: local.files, path: resolvePath(local.files, path) },
            { tree, destination: this.#destination, owner, ports: this.#ports, resources: archives },
          ));
        if (!isUnpacked) copier.copy({ ...local, path }, this.#destination);
      }
    }
    for (const piece of layerPiecesOf(tree, this.#ports.times)) {
      this.#ports.signal?.throwIfAborted();
      yield piece;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#downloads[Symbol.asyncDispose]();
  }

  async #owner(lower: ReadableLowerFiles): Promise<CopierOptions["owner"]> {
    const { chown = "" } = this.#request;
    if (chown === "") return undefined;
    // There is no image to look names up in.
    if (this.isIndependent && isNamedOwner(chown)) throw new EngineError("invalid-argument", "invalid user index: -1");
    return await findOwner(chown, lower);
  }

  async #localSource(source: CopySource | RemoteSource | GitSource): Promise<CopySource> {
    if ("repository" in source) return plainSource(await this.#downloads.repository(source), "", false);
    if (!("url" in source)) return source;
    return plainSource(await this.#downloads.get(source), source.name, source.unpack);
  }

  async #hash(): Promise<string> {
    const { instruction, chown, chmod, exclude = [], link, parents } = this.#request;
    const sources: CopySource[] = [];
    for (const source of this.#sources) sources.push(await this.#localSource(source));
    const head = JSON.stringify({
      instruction,
      destination: this.#destination,
      chown: chown ?? "",
      chmod: chmod ?? "",
      exclude,
      link: link === true,
      parents: parents === true,
      sources: sources.map(({ unpack, includePattern }) => ({ unpack, includePattern })),
    });
    return await hashFiles(head, this.#hashedFiles(sources), this.#ports.signal);
  }

  *#hashedFiles(sources: readonly CopySource[]): Generator<HashedFile, void, undefined> {
    for (const [index, source] of sources.entries()) {
      const { files, include, requiredPath } = source;
      let isRequiredThere = requiredPath === undefined;
      for (const path of matchSource(source)) {
        const top = source.followLinks ? resolvePath(files, path) : resolveParents(files, path);
        if (files.find(top) === undefined) throw this.#notFound(path);
        for (const selected of selectFiles(files, top, { include, exclude: this.#options.exclude })) {
          isRequiredThere ||= joinPath(path, selected.below).startsWith(requiredPath ?? "");
          // Where the tree itself came from, its root has attributes by chance.
          if (selected.path === "") continue;
          // The name that it gets: `COPY a /x/` and `COPY b/a /x/` are the same.
          yield { files, path: selected.path, name: `${index}/${joinPath(nameOf(path), selected.below)}` };
        }
      }
      if (!isRequiredThere) throw this.#notFound(requiredPath ?? "");
    }
  }

  #notFound(path: string): EngineError {
    const { fromId = "" } = this.#request;
    return new EngineError("not-found", `failed to calculate checksum of ref ${fromId}: "/${path}": not found`);
  }
}

function excludePatterns(patterns: readonly string[], fromId = ""): PatternMatcher {
  try {
    return new PatternMatcher(patterns);
  } catch (error) {
    const text = `failed to calculate checksum of ref ${fromId}: invalid excludepatterns: [${patterns.join(" ")}]: ${messageOf(error)}`;
    throw new EngineError("invalid-argument", text, { cause: error });
  }
}
