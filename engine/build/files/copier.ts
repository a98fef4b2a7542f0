import type { LowerFile, ReadableLowerFiles } from "../../archive/lower-files.ts";
import { EngineError } from "../../base/errors.ts";
import { S_IFMT, S_IFREG } from "../../base/file-types.ts";
import type { PatternMatcher } from "../../dockerfile/pattern-matcher.ts";
import { cleanPath } from "../../oci/path-bytes.ts";
import type { ModeChange } from "./change-mode.ts";
import type { LayerTimes } from "./copy-request.ts";
import { makeDirectories } from "./make-directories.ts";
import type { Owner } from "./owner.ts";
import { type Selected, selectFiles } from "./select-files.ts";
import {
  isDirectory,
  isSymlink,
  joinPath,
  nameOf,
  parentOf,
  resolveParents,
  resolvePath,
  statPath,
} from "./tree-path.ts";
import type { WorkFile, WorkTree } from "./work-tree.ts";

export interface CopierOptions {
  readonly owner: Owner | undefined;
  readonly mode: ModeChange | undefined;
  readonly exclude: PatternMatcher | undefined;
  readonly times: LayerTimes;
}

/** One file or directory to copy. */
export interface CopyItem {
  readonly files: ReadableLowerFiles;
  /** Clean. */
  readonly path: string;
  /** A symlink there is followed. */
  readonly followLinks: boolean;
  /** Of a directory only what is in it. */
  readonly contentsOnly: boolean;
  /** Only these, with the directories above them. */
  readonly include: PatternMatcher | undefined;
}

const DIRECTORY_MODE = 0o755;

/** Copies files into a tree as BuildKit does (`tonistiigi/fsutil/copy/copy.go`): its `Copy`, with a tree in memory in the place of a disk. */
export class Copier {
  readonly #tree: WorkTree;
  readonly #options: CopierOptions;

  constructor(tree: WorkTree, options: CopierOptions) {
    this.#tree = tree;
    this.#options = options;
  }

  /**
   * @param destination absolute; a slash or `/.` at its end tells that it is a directory
   * @throws EngineError invalid-argument in BuildKit's words
   */
  copy(item: CopyItem, destination: string): void {
    const tree = this.#tree;
    const name = destination.slice(destination.lastIndexOf("/") + 1);
    const isFileName = name !== "" && name !== ".";
    this.#makeDirectories(resolvePath(tree, isFileName ? parentOf(destination) : destination));
    const { files } = item;
    const source = item.followLinks ? resolvePath(files, item.path) : resolveParents(files, item.path);
    const file = files.find(source);
    if (file === undefined) throw missing(item.path);
    const target = this.#targetOf(item, file, resolvePath(tree, cleanPath(destination)));
    new CopyRun(tree, this.#options, item).copy(source, target);
  }

  #targetOf(item: CopyItem, file: LowerFile, destination: string): string {
    const there = statPath(this.#tree, destination);
    const isSourceDirectory = isDirectory(file.mode);
    const goesInside = isSourceDirectory
      ? !item.contentsOnly && there !== undefined
      : there !== undefined && isDirectory(there.mode);
    const target = goesInside ? joinPath(destination, nameOf(item.path)) : destination;
    const isNewTop = item.contentsOnly && isSourceDirectory && there === undefined;
    this.#makeDirectories(isNewTop ? target : parentOf(target));
    return target;
  }

  #makeDirectories(path: string): void {
    const { owner, mode, times } = this.#options;
    if (path === "") return;
    makeDirectories(this.#tree, path, {
      mode: (mode?.octal ?? DIRECTORY_MODE) & 0o777,
      owner,
      mtimeSeconds: times.madeSeconds,
    });
  }
}

function missing(path: string): EngineError {
  return new EngineError("not-found", `lstat /${path}: no such file or directory`);
}

/** One call of `Copy`: hard links among its files stay hard links. */
class CopyRun {
  readonly #tree: WorkTree;
  readonly #options: CopierOptions;
  readonly #item: CopyItem;
  readonly #inodes = new Map<string, object>();

  constructor(tree: WorkTree, options: CopierOptions, item: CopyItem) {
    this.#tree = tree;
    this.#options = options;
    this.#item = item;
  }

  copy(source: string, target: string): void {
    const { files, include } = this.#item;
    for (const selected of selectFiles(files, source, { include, exclude: this.#options.exclude })) {
      const path = joinPath(target, selected.below);
      if (isDirectory(selected.file.mode)) this.#copyDirectory(selected, path);
      else this.#copyFile(selected, path);
    }
  }

  #copyDirectory({ path, below, file, isParentOnly }: Selected, target: string): void {
    const there = this.#tree.find(target);
    if (there !== undefined && !isDirectory(there.mode))
      throw new EngineError("invalid-argument", `cannot copy to non-directory: /${target}`);
    if (there === undefined) this.#tree.putDirectory(target, this.#workFile(path, file));
    else if (isParentOnly) this.#tree.change(target, { mode: file.mode });
    else if (below !== "") this.#tree.putDirectory(target, this.#workFile(path, file));
    // BuildKit gives the top the time of the source's. The root of a tree has none that comes from its files.
    else if (path !== "" && target !== "")
      this.#tree.change(target, { mtimeSeconds: file.mtimeSeconds, mtimeNanoseconds: file.mtimeNanoseconds });
  }

  #copyFile({ path, file }: Selected, target: string): void {
    const there = this.#tree.find(target);
    if (there !== undefined && isDirectory(there.mode))
      throw new EngineError("invalid-argument", `cannot replace to directory /${target} with file`);
    this.#tree.put(target, this.#workFile(path, file));
  }

  #workFile(source: string, file: LowerFile): WorkFile {
    const { files } = this.#item;
    const { owner, mode } = this.#options;
    const isLink = isSymlink(file.mode);
    const isRegular = (file.mode & S_IFMT) === S_IFREG;
    const identity = isRegular ? files.identity(source) : undefined;
    return {
      ...file,
      ...owner,
      mode: isLink || mode === undefined ? file.mode : mode.apply(file.mode),
      size: isRegular ? file.size : 0,
      link: isLink ? files.readLink(source) : "",
      open: isRegular && file.size > 0 ? () => files.read(source) : undefined,
      ...(identity !== undefined && { inode: this.#inode(identity) }),
    };
  }

  #inode(identity: string): object {
    const known = this.#inodes.get(identity);
    const inode = known ?? {};
    if (known === undefined) this.#inodes.set(identity, inode);
    return inode;
  }
}
