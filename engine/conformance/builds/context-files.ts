/** A case's files as the two sides need them: a tar file for our engine, a directory for `docker`. */
import { chmodSync, linkSync, lutimesSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { collect, encodeUtf8, streamOf } from "../../base/streams.ts";
import { type TarEntryFields, writeTar } from "../../oci/tar-writer.ts";
import { CASE_TIME, type CaseFile, type CaseFiles } from "./build-case.ts";

/** Root's, everything of one time, parents first. */
export async function tarOfCase(files: CaseFiles): Promise<Uint8Array<ArrayBuffer>> {
  const pieces = await Promise.all(
    withDirectories(files).map(async ([path, file]) => {
      const content = await contentOf(file);
      // The names of one file agree, as `tar` writes them.
      const { mode } = fieldsOf(typeof file !== "string" && "hardLink" in file ? (files[file.hardLink] ?? file) : file);
      const own = { ...fieldsOf(file), ...(mode !== undefined && { mode }) };
      const entry: TarEntryFields = { path, mtimeSeconds: CASE_TIME, ...own, size: content.length };
      return content.length === 0 ? { entry } : { entry, content: streamOf(content) };
    }),
  );
  return await collect(writeTar(pieces));
}

/** Writes them below a directory that exists. */
export async function writeCase(files: CaseFiles, directory: string): Promise<void> {
  const all = withDirectories(files);
  for (const [path, file] of all) {
    const at = join(directory, path);
    mkdirSync(dirname(at), { recursive: true });
    if (typeof file !== "string" && "symlink" in file) symlinkSync(file.symlink, at);
    else if (typeof file !== "string" && "hardLink" in file) linkSync(join(directory, file.hardLink), at);
    else if (typeof file !== "string" && "directory" in file) mkdirSync(at, { recursive: true });
    else writeFileSync(at, await contentOf(file));
  }
  for (const [path, file] of all.toReversed()) {
    const { type, mode = type === "directory" ? 0o755 : 0o644 } = fieldsOf(file);
    if (type !== "symlink" && type !== "hard-link") chmodSync(join(directory, path), mode);
    lutimesSync(join(directory, path), CASE_TIME, CASE_TIME);
  }
}

function withDirectories(files: CaseFiles): readonly (readonly [path: string, file: CaseFile])[] {
  const all = new Map<string, CaseFile>();
  for (const [path, file] of Object.entries(files)) {
    const parts = path.split("/");
    for (let depth = 1; depth < parts.length; depth += 1) {
      const parent = parts.slice(0, depth).join("/");
      if (!all.has(parent)) all.set(parent, files[parent] ?? { directory: true });
    }
    all.set(path, file);
  }
  return [...all];
}

function fieldsOf(file: CaseFile): Pick<TarEntryFields, "type" | "mode" | "link"> {
  if (typeof file === "string" || "tar" in file) return { type: "file", mode: 0o644 };
  if ("directory" in file) return { type: "directory", mode: file.mode ?? 0o755 };
  if ("symlink" in file) return { type: "symlink", mode: 0o777, link: file.symlink };
  if ("hardLink" in file) return { type: "hard-link", link: file.hardLink };
  return { type: "file", mode: file.mode };
}

async function contentOf(file: CaseFile): Promise<Uint8Array> {
  if (typeof file === "string") return encodeUtf8(file);
  if ("content" in file) return encodeUtf8(file.content);
  if (!("tar" in file)) return new Uint8Array();
  const tar = await tarOfCase(file.tar);
  return file.gzip === true ? new Uint8Array(gzipSync(tar)) : tar;
}
