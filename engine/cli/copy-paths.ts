/**
 * Where `docker cp` puts things: as `cp -a` does, with one tar file in between whose entries may have to be renamed.
 * https://docs.docker.com/reference/cli/docker/container/cp/ has the rules.
 */
import { CommandError } from "./command.ts";
import type { CommandFiles, Rename } from "./command-context.ts";

/** So many symlinks one after the other are followed. */
const MAX_LINKS = 10;

export interface CopySource {
  readonly path: string;
  readonly isDirectory: boolean;
}

/** Where a copy ends, and what is there now. */
export interface CopyEnd {
  readonly path: string;
  readonly type: "directory" | "file" | "nothing";
}

export interface CopyPlan {
  /** Where the tar file is unpacked. */
  readonly directory: string;
  readonly rename: Rename | undefined;
}

/** @throws CommandError in Docker's words */
export function planCopy(source: CopySource, end: CopyEnd): CopyPlan {
  if (end.type === "directory") return { directory: end.path, rename: undefined };
  if (end.type === "file" && source.isDirectory) throw new CommandError("cannot copy directory");
  if (end.type === "nothing" && !source.isDirectory && namesDirectory(end.path))
    throw new CommandError("no such directory");
  const { directory, base } = splitPath(end.path);
  const from = splitPath(source.path).base;
  return { directory, rename: { from: from === "." || from === "/" ? "" : from, to: base } };
}

/** Absolute and cleaned; a slash or `/.` at the end, which says "what is in it", is kept. */
export function localPath(cwd: string, path: string): string {
  const absolute = cleanPath(path.startsWith("/") ? path : `${cwd}/${path}`);
  if (/(?:^|\/)\.$/.test(path)) return absolute === "/" ? "/." : `${absolute}/.`;
  return path.endsWith("/") && absolute !== "/" ? `${absolute}/` : absolute;
}

/** `/a/b` is `b` in `/a`; `/a/b/.` is `.` in `/a/b`. */
export function splitPath(path: string): { readonly directory: string; readonly base: string } {
  const clean = cleanPath(path);
  if (/(?:^|\/)\.$/.test(path)) return { directory: clean, base: "." };
  const slash = clean.lastIndexOf("/");
  return { directory: clean.slice(0, slash) || "/", base: clean.slice(slash + 1) || "/" };
}

/** What is at the end of a path of the user's machine, links followed. @throws CommandError when not even its directory is there */
export async function destinationIn(files: CommandFiles, given: string): Promise<CopyEnd> {
  let path = given;
  let found = await files.stat(path);
  for (let count = 0; found?.link !== undefined && count < MAX_LINKS; count += 1) {
    path = localPath(splitPath(path).directory, found.link);
    found = await files.stat(path);
  }
  if (found !== undefined) return { path, type: found.type === "directory" ? "directory" : "file" };
  const { directory } = splitPath(path);
  const parent = await files.stat(directory, { follow: true });
  if (parent === undefined) throw new CommandError(`lstat ${directory}: no such file or directory`);
  if (parent.type !== "directory") throw new CommandError("not a directory");
  return { path, type: "nothing" };
}

function namesDirectory(path: string): boolean {
  return path.endsWith("/") || splitPath(path).base === ".";
}

/** Of an absolute path: no empty parts, `.` and `..`. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
