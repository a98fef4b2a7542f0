import { EngineError, isKind } from "../base/errors.ts";
import { encodePath } from "../oci/path-bytes.ts";
import type { ContainerView, Found } from "./container-view.ts";
import { isDirectory, isSymlink } from "./file-mode.ts";
import { fileError } from "./place.ts";

/** What Docker tells of one file of a container. */
export interface PathStat {
  /** Last element of the path that was asked for: `.` of `/etc/.`, `/` of the root. */
  readonly name: string;
  readonly size: number;
  /** st_mode */
  readonly mode: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  /** Where a symlink leads in the end, as far as there is anything; "" for everything else. */
  readonly linkTarget: string;
}

/** Linux file systems differ in what they call the size of a directory; this is ext4's. */
const DIRECTORY_SIZE = 4096;

/** Finds a file without following a last symlink. @throws EngineError not-found, or internal in Docker's words */
export async function statPath(view: ContainerView, path: string): Promise<{ found: Found; stat: PathStat }> {
  const found = await view.resolve(path, { follow: false }).catch((error: unknown) => {
    if (isKind(error, "internal")) throw new EngineError("internal", `lstat ${path}: ${error.message}`);
    throw fileError(`lstat ${path}`, error);
  });
  const { header } = found;
  const linkTarget = isSymlink(header.mode) ? await targetOf(view, path) : "";
  return {
    found,
    stat: {
      name: baseName(path),
      size: isDirectory(header.mode) ? DIRECTORY_SIZE : header.size || encodePath(header.link).length,
      mode: header.mode,
      mtimeSeconds: header.mtimeSeconds,
      mtimeNanoseconds: header.mtimeNanoseconds,
      linkTarget,
    },
  };
}

async function targetOf(view: ContainerView, path: string): Promise<string> {
  try {
    return await view.target(path);
  } catch (error) {
    if (!isKind(error, "internal")) throw fileError("", error);
    const isLoop = error.message === "too many links";
    throw new EngineError("internal", isLoop ? `evalSymlinksInScope: too many links in ${path}` : error.message);
  }
}

/** Go's `filepath.Base`. */
export function baseName(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  if (trimmed === "") return path === "" ? "." : "/";
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

/** An absolute path without `.` and `..` in it, but with the slash or dot at its end, which mean something to Docker. */
export function absolutePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const clean = `/${parts.join("/")}`;
  if (clean === "/") return clean;
  if (path.endsWith("/.") || path === ".") return `${clean}/.`;
  return path.endsWith("/") ? `${clean}/` : clean;
}
