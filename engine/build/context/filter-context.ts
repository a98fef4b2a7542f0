import { isDirectory } from "../../archive/file-mode.ts";
import type { LowerFile, ReadableLowerFiles } from "../../archive/lower-files.ts";
import { EngineError } from "../../base/errors.ts";
import { S_IFMT, S_IFREG } from "../../base/file-types.ts";
import { collectText, emptyStream } from "../../base/streams.ts";
import { DockerIgnore } from "../../dockerfile/docker-ignore.ts";
import { cleanPath } from "../../oci/path-bytes.ts";
import { resolvePath } from "../files/tree-path.ts";

/** A Dockerfile, a `.dockerignore`: nobody writes more than this. */
const MAX_TEXT_BYTES = 16 << 20;

/**
 * A text file of a context; symlinks are followed inside it. Also one that `.dockerignore` names: ask the unfiltered context.
 * @returns undefined when there is no such file
 * @throws EngineError invalid-argument for what is no file, or too large
 */
export async function readContextFile(files: ReadableLowerFiles, path: string): Promise<string | undefined> {
  const real = resolvePath(files, path);
  const file = files.find(real);
  if (file === undefined) return undefined;
  if ((file.mode & S_IFMT) !== S_IFREG) throw new EngineError("invalid-argument", `read /${real}: is a directory`);
  if (file.size > MAX_TEXT_BYTES)
    throw new EngineError("invalid-argument", `/${real} is larger than ${MAX_TEXT_BYTES} bytes`);
  return await collectText(files.read(real), MAX_TEXT_BYTES);
}

/**
 * A context without what its `.dockerignore` names; `<Dockerfile>.dockerignore` counts before it. A directory that is named stays when an
 * exception (`!`) keeps something in it.
 *
 * @param dockerfile its path in the context
 * @throws EngineError invalid-argument for a malformed pattern
 */
export async function filterContext(files: ReadableLowerFiles, dockerfile: string): Promise<ReadableLowerFiles> {
  const own = await readContextFile(files, `${cleanPath(dockerfile)}.dockerignore`);
  const text = own ?? (await readContextFile(files, ".dockerignore"));
  if (text === undefined) return files;
  const ignore = DockerIgnore.parse(text);
  return ignore.isEmpty ? files : new FilteredFiles(files, ignore);
}

class FilteredFiles implements ReadableLowerFiles {
  readonly #files: ReadableLowerFiles;
  readonly #ignore: DockerIgnore;
  readonly #kept = new Map<string, boolean>([["", true]]);

  constructor(files: ReadableLowerFiles, ignore: DockerIgnore) {
    this.#files = files;
    this.#ignore = ignore;
  }

  find(path: string): LowerFile | undefined {
    const file = this.#files.find(path);
    return file !== undefined && this.#isKept(path, file) ? file : undefined;
  }

  *names(path: string): Generator<string, void, undefined> {
    if (this.find(path) === undefined) return;
    for (const name of this.#files.names(path)) {
      if (this.find(path === "" ? name : `${path}/${name}`) !== undefined) yield name;
    }
  }

  readLink(path: string): string {
    return this.find(path) === undefined ? "" : this.#files.readLink(path);
  }

  read(path: string): ReturnType<ReadableLowerFiles["read"]> {
    return this.find(path) === undefined ? emptyStream() : this.#files.read(path);
  }

  identity(path: string): string | undefined {
    return this.find(path) === undefined ? undefined : this.#files.identity(path);
  }

  #isKept(path: string, file: LowerFile): boolean {
    const known = this.#kept.get(path);
    if (known !== undefined) return known;
    const isKept = !this.#ignore.ignores(path) || (isDirectory(file.mode) && this.#keepsSomething(path));
    this.#kept.set(path, isKept);
    return isKept;
  }

  #keepsSomething(directory: string): boolean {
    if (!this.#ignore.mayContainExceptions(directory)) return false;
    for (const name of this.#files.names(directory)) if (this.find(`${directory}/${name}`) !== undefined) return true;
    return false;
  }
}
