import type { ByteStream } from "../base/streams.ts";
import { tarTypeOf } from "../oci/tar-types.ts";
import { writeTar } from "../oci/tar-writer.ts";
import type { ReadableLowerFiles } from "./lower-files.ts";
import type { TarPiece } from "./tree-tar.ts";

/** A tree as a tar file, directories before what is in them, names in order; the root itself is left out. */
export function tarOfFiles(files: ReadableLowerFiles): ByteStream {
  return writeTar(entriesOf(files));
}

function* entriesOf(files: ReadableLowerFiles): Generator<TarPiece, void, undefined> {
  const linked = new Map<string, string>();
  const waiting = [""];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const below: string[] = [];
    for (const name of [...files.names(directory)].toSorted()) {
      const path = directory === "" ? name : `${directory}/${name}`;
      const found = files.find(path);
      const type = found && tarTypeOf(found.mode);
      if (found === undefined || type === undefined) continue;
      if (type === "directory") below.push(path);
      const identity = type === "file" ? files.identity(path) : undefined;
      const first = identity === undefined ? undefined : linked.get(identity);
      if (identity !== undefined && first === undefined) linked.set(identity, path);
      const { mode, ...fields } = found;
      const common = { ...fields, path, mode: mode & 0o7777 };
      if (first !== undefined) yield { entry: { ...common, type: "hard-link", size: 0, link: first, xattrs: [] } };
      else if (type === "file") yield { entry: { ...common, type }, content: files.read(path) };
      else yield { entry: { ...common, type, size: 0, link: type === "symlink" ? files.readLink(path) : "" } };
    }
    waiting.push(...below.toReversed());
  }
}
