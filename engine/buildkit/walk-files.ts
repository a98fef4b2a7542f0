import type { ReadableLowerFiles } from "../archive/lower-files.ts";
import { S_IFDIR, S_IFMT, S_IFSOCK } from "../base/file-types.ts";

/** Parents first, names in order: the receiver insists on it. Sockets go nowhere. */
export function* walkFiles(files: ReadableLowerFiles, directory = ""): Generator<string, void, undefined> {
  for (const name of [...files.names(directory)].toSorted()) {
    const path = directory === "" ? name : `${directory}/${name}`;
    const mode = files.find(path)?.mode ?? S_IFSOCK;
    if ((mode & S_IFMT) === S_IFSOCK) continue;
    yield path;
    if ((mode & S_IFMT) === S_IFDIR) yield* walkFiles(files, path);
  }
}
