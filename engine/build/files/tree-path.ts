/** Paths in a tree of files. In trees they are relative and clean, "" is the root; in Dockerfiles they are as people write them. */
import { isDirectory, isSymlink } from "../../archive/file-mode.ts";
import { EngineError } from "../../base/errors.ts";
import { cleanPath } from "../../oci/path-bytes.ts";

/** What is needed to follow symlinks. */
export interface LinkTree {
  find(path: string): { readonly mode: number } | undefined;
  readLink(path: string): string;
}

/** As securejoin, which containerd's `fs.RootPath` is. */
const MAX_LINKS = 255;

/**
 * Where a path leads when the tree is the whole world: symlinks are followed, the last one too, `..` stops at the root. What is not there is
 * taken as it is written (containerd `continuity/fs.RootPath`).
 */
export function resolvePath(tree: LinkTree, path: string): string {
  const waiting = path.split("/").toReversed();
  const real: string[] = [];
  for (let links = 0; waiting.length > 0;) {
    const part = waiting.pop() as string;
    if (part === "" || part === ".") continue;
    if (part === "..") {
      real.pop();
      continue;
    }
    const here = [...real, part].join("/");
    const file = tree.find(here);
    if (file === undefined || !isSymlink(file.mode)) {
      real.push(part);
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) throw new EngineError("invalid-argument", "too many links");
    const target = tree.readLink(here);
    if (target.startsWith("/")) real.length = 0;
    waiting.push(...target.split("/").toReversed());
  }
  return real.join("/");
}

/** The same, but a symlink at the end is not followed. */
export function resolveParents(tree: LinkTree, path: string): string {
  const clean = cleanPath(path);
  return clean === "" ? "" : joinPath(resolvePath(tree, parentOf(clean)), nameOf(clean));
}

/** What `stat` finds: symlinks at the end followed. `path` is clean. */
export function statPath<T extends { readonly mode: number }>(
  tree: { find(path: string): T | undefined; readLink(path: string): string },
  path: string,
): T | undefined {
  const file = tree.find(path);
  return file !== undefined && isSymlink(file.mode) ? tree.find(resolvePath(tree, path)) : file;
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function joinPath(directory: string, name: string): string {
  if (directory === "") return name;
  return name === "" ? directory : `${directory}/${name}`;
}

/** An absolute path, with the slash or `/.` at its end that was written: it tells that a directory is meant. */
export function absolutePath(path: string, workingDirectory = "/"): string {
  const clean = `/${cleanPath(path.startsWith("/") ? path : `${workingDirectory}/${path}`)}`;
  if (path === "" || path === "." || path.endsWith("/")) return clean === "/" ? clean : `${clean}/`;
  if (path.endsWith("/.")) return clean === "/" ? "/." : `${clean}/.`;
  return clean;
}

export { isDirectory, isSymlink };
