export { decodePath, encodePath } from "../base/path-bytes.ts";

/**
 * A path as it is understood inside a root: relative, without `.`, empty components and a leading or trailing slash; `..` stops at the
 * root. "" is the root itself. containerd resolves the names of a layer the same way (`fs.RootPath`), after `filepath.Clean`.
 */
export function cleanPath(path: string): string {
  if (
    !path.includes("//") &&
    !path.includes("./") &&
    !path.startsWith("/") &&
    !path.endsWith("/") &&
    !path.endsWith(".")
  )
    return path;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** Whether a path leads above where it starts: `../x`, `a/../../x`. A leading slash is where it starts. */
export function climbsOut(path: string): boolean {
  if (!path.includes("..")) return false;
  let depth = 0;
  for (const part of path.split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== "" && part !== ".") depth += 1;
    if (depth < 0) return true;
  }
  return false;
}
