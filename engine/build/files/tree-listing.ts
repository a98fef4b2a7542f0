import { tarTypeOf } from "../../oci/tar-types.ts";
import type { LowerFile, ReadableLowerFiles } from "../../archive/lower-files.ts";
import { S_IFDIR, S_IFMT } from "../../base/file-types.ts";
import { collectText, decodeUtf8 } from "../../base/streams.ts";
import { joinPath } from "./tree-path.ts";

/** A tree as lines to compare, by path: all but the root and the times of directories, which BuildKit leaves to the clock. */
export async function listTree(files: ReadableLowerFiles): Promise<Record<string, string>> {
  const lines: Record<string, string> = {};
  const first = new Map<string, string>();
  const visit = async (directory: string): Promise<void> => {
    for (const name of [...files.names(directory)].toSorted()) {
      const path = joinPath(directory, name);
      const file = files.find(path);
      if (file === undefined) continue;
      const identity = files.identity(path);
      const link = identity === undefined ? undefined : first.get(identity);
      if (identity !== undefined && link === undefined) first.set(identity, path);
      lines[path] = link === undefined ? await lineOf(files, path, file) : `= ${link}`;
      if ((file.mode & S_IFMT) === S_IFDIR) await visit(path);
    }
  };
  await visit("");
  return lines;
}

async function lineOf(files: ReadableLowerFiles, path: string, file: LowerFile): Promise<string> {
  const type = tarTypeOf(file.mode) ?? "?";
  const permissions = (file.mode & 0o7777).toString(8).padStart(4, "0");
  const parts = [type, type === "symlink" ? "" : permissions, `${file.uid}:${file.gid}`];
  if (type !== "directory") parts.push(`@${file.mtimeSeconds}`);
  if (type.endsWith("device")) parts.push(`${file.major},${file.minor}`);
  if (type === "symlink") parts.push(`-> ${files.readLink(path)}`);
  if (type === "file") parts.push(contentText(await collectText(files.read(path))));
  for (const [name, value] of file.xattrs) parts.push(`${name}=${decodeUtf8(value)}`);
  return parts.filter((part) => part !== "").join(" ");
}

function contentText(text: string): string {
  return text.length > 60 ? `${text.length} characters` : JSON.stringify(text);
}
