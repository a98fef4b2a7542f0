/**
 * A container's own layer as a layer of an image: what `docker commit` stores, and each step of a build. The same files give the same bytes.
 * https://github.com/opencontainers/image-spec/blob/main/layer.md#change-types
 */
import { S_IFMT, S_IFREG } from "../base/file-types.ts";
import type { ByteStream } from "../base/streams.ts";
import type { TreeEntry } from "../guest/tree.ts";
import { type TarEntryFields, writeTar } from "../oci/tar-writer.ts";
import { formatWhiteout } from "../oci/whiteout.ts";
import { isDirectory } from "./file-mode.ts";
import type { LowerFiles } from "./lower-files.ts";
import { readPlace, type TreeGuest } from "./place.ts";
import { isMadeByRuntime } from "./runtime-paths.ts";
import { type TarPiece, tarPieceOf } from "./tree-tar.ts";
import { isWhiteout } from "./upper-files.ts";

const OPAQUE = "trusted.overlay.opaque";

/** Places that the runtime made to mount on, beside Docker's own: no change that anybody made as long as they are empty. */
export type MountPlaces = ReadonlySet<string>;

/** Reads a container's own layer and makes it a layer's tar. The container may run; for a consistent layer pause it. */
export function diffLayer(
  guest: TreeGuest,
  upper: string,
  lower: LowerFiles,
  places: MountPlaces = new Set(),
): ByteStream {
  return writeTar(layerPieces(readPlace(guest, { root: upper, path: "/" }), lower, places));
}

/**
 * @param records the container's own layer as overlayfs writes it, parents first
 * @returns entries of the layer: whiteouts for what is gone, nothing for directories that overlayfs made only to have others in them, nor
 * for places that the runtime made to mount on
 */
export async function* layerPieces(
  records: AsyncIterable<TreeEntry>,
  lower: LowerFiles,
  places: MountPlaces = new Set(),
): AsyncGenerator<TarPiece, void, undefined> {
  /** Directories that are told only with something in them, outermost first. */
  let waiting: TarEntryFields[] = [];
  for await (const entry of records) {
    const { path } = entry;
    if (path === "") continue;
    waiting = waiting.filter((directory) => path.startsWith(`${directory.path}/`));
    const piece = isWhiteout(entry) ? whiteoutOf(path, lower) : tarPieceOf(entry, { path });
    if (piece === undefined) continue;
    if (isIdle(entry, lower) || isPlace(entry, lower, places)) {
      if (isDirectory(entry.mode)) waiting.push(piece.entry);
      continue;
    }
    for (const directory of waiting) yield { entry: directory };
    waiting = [];
    yield piece;
    if (hidesLower(entry, lower)) yield { entry: opaqueOf(entry) };
  }
}

function whiteoutOf(path: string, lower: LowerFiles): TarPiece | undefined {
  return lower.find(path) === undefined ? undefined : { entry: whiteout(formatWhiteout("whiteout", path)) };
}

function whiteout(path: string): TarEntryFields {
  return { path, mode: 0o600 };
}

/** It inherits from its directory, as dockerd's does. */
function opaqueOf({ path, mode, uid, gid }: TreeEntry): TarEntryFields {
  return { path: formatWhiteout("opaque", path), mode: mode & 0o777, uid, gid };
}

/** Whether it is a place to mount on that the layers below do not have. */
function isPlace({ path, mode, size, hard }: TreeEntry, lower: LowerFiles, places: MountPlaces): boolean {
  if (hard || !places.has(path) || lower.find(path) !== undefined) return false;
  return isDirectory(mode) || ((mode & S_IFMT) === S_IFREG && size === 0);
}

/** Whether it says nothing by itself. */
function isIdle(entry: TreeEntry, lower: LowerFiles): boolean {
  if (isWhiteout(entry) || entry.hard) return false;
  if (isMadeByRuntime(entry.path, entry, lower)) return true;
  if (!isDirectory(entry.mode) || hidesLower(entry, lower)) return false;
  const before = lower.find(entry.path);
  if (before === undefined) return false;
  return (
    before.mode === entry.mode &&
    before.uid === entry.uid &&
    before.gid === entry.gid &&
    xattrText(before.xattrs) === xattrText(entry.xattrs)
  );
}

/** overlayfs also marks directories that hide nothing. */
function hidesLower({ path, mode, xattrs }: TreeEntry, lower: LowerFiles): boolean {
  if (!isDirectory(mode) || !xattrs.some(([name]) => name === OPAQUE)) return false;
  for (const _ of lower.names(path)) return true;
  return false;
}

function xattrText(xattrs: TreeEntry["xattrs"]): string {
  return xattrs
    .filter(([name]) => !name.startsWith("trusted.overlay."))
    .map(([name, value]) => `${name}=${String(value)}`)
    .toSorted()
    .join("\n");
}
