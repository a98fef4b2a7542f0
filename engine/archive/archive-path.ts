import type { ByteStream } from "../base/streams.ts";
import type { TreeEntry } from "../guest/tree.ts";
import { writeTar } from "../oci/tar-writer.ts";
import { systemClock } from "../base/clock.ts";
import { type ContainerView, isWithin } from "./container-view.ts";
import { baseName } from "./path-stat.ts";
import { RUNTIME_PATHS } from "./runtime-paths.ts";
import { type MergedLayers, mergedFiles } from "./merged-files.ts";
import { lookAt, readPlace, type TreeGuest } from "./place.ts";
import { impliedDirectory, type TarPiece, tarPieceOf } from "./tree-tar.ts";

/**
 * A file or directory of a container as a tar file.
 * @param path resolved, without a symlink in it
 * @param asked the path as it was asked for: its last element names the top entry, as in `docker cp`
 */
export function archivePath(view: ContainerView, path: string, asked: string): ByteStream {
  return writeTar(pieces(view, path, (below) => join(baseName(asked), below)));
}

/** All of a container's own files, named relative to its root: `docker export`. */
export function archiveRoot(guest: TreeGuest, layers: MergedLayers): ByteStream {
  async function* all(): AsyncGenerator<TarPiece, void, undefined> {
    const missing = new Map(RUNTIME_PATHS);
    for await (const entry of mergedFiles(guest, layers, "")) {
      missing.delete(entry.path);
      const piece = entry.path === "" ? undefined : tarPieceOf(entry, { path: entry.path });
      if (piece !== undefined) yield piece;
    }
    for (const [path, kind] of missing) yield placeToMount(path, kind);
  }
  return writeTar(all());
}

/**
 * First what is on the path's own file system, then each mount below it. In a root that has never been started the places to mount on are
 * told as if they were there, as Docker's are.
 */
async function* pieces(
  view: ContainerView,
  path: string,
  nameOf: (below: string) => string,
): AsyncGenerator<TarPiece, void, undefined> {
  for (const top of [path, ...view.mountsBelow(path).map(({ destination }) => destination)]) {
    const hidden = view.mountsBelow(top).map(({ destination }) => destination);
    const nameHere = (below: string): string => nameOf(join(top, below).slice(path.length).replace(/^\//, ""));
    const missing = new Map(top === "" ? RUNTIME_PATHS : []);
    for await (const entry of entries(view, top)) {
      missing.delete(entry.path);
      const real = join(top, entry.path);
      if (hidden.some((mount) => isWithin(real, mount))) continue;
      const piece = tarPieceOf(entry, namesOf(entry, nameHere));
      if (piece !== undefined) yield piece;
    }
    for (const [place, kind] of missing) yield placeToMount(nameHere(place), kind);
  }
}

function placeToMount(path: string, kind: "directory" | "file"): TarPiece {
  return { entry: { path, type: kind, mode: 0o755, mtimeSeconds: Math.floor(systemClock.now() / 1000) } };
}

/** A directory may be there only because something is mounted in it. */
async function* entries(view: ContainerView, path: string): AsyncGenerator<TreeEntry, void, undefined> {
  const place = view.placeOf(path);
  if ((await lookAt(view.guest, place)) === undefined) yield impliedDirectory("");
  else if (view.mountOf(path) === undefined) yield* mergedFiles(view.guest, view.layers, path.slice(1));
  else yield* readPlace(view.guest, place);
}

function namesOf(entry: TreeEntry, nameOf: (below: string) => string): { path: string; link?: string } {
  return { path: nameOf(entry.path), ...(entry.hard && { link: nameOf(entry.link) }) };
}

function join(directory: string, below: string): string {
  if (below === "") return directory;
  return directory.endsWith("/") ? directory + below : `${directory}/${below}`;
}
