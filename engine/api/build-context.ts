import type { ReadableLowerFiles } from "../archive/lower-files.ts";
import { EngineError } from "../base/errors.ts";
import { readContextFile } from "../build/context/filter-context.ts";

/**
 * The Dockerfile in a context that came with it. `path`: "" for the default.
 * @throws EngineError not-found when there is none, internal for a path that leaves the context, both in dockerd's words
 */
export async function dockerfileIn(
  files: ReadableLowerFiles,
  path: string,
): Promise<{ readonly name: string; readonly text: string }> {
  if (path.split("/").includes(".."))
    throw new EngineError("internal", `forbidden path outside the build context: ${path} ()`);
  const names = path === "" ? ["Dockerfile", "dockerfile"] : [path];
  for (const name of names) {
    const text = await readContextFile(files, name);
    if (text !== undefined) return { name, text };
  }
  throw new EngineError("not-found", `Cannot locate specified Dockerfile: ${path || "Dockerfile"}`);
}
