import { isSymlink } from "../../archive/file-mode.ts";
import { type TarPiece, tarPieceOf } from "../../archive/tree-tar.ts";
import { EngineError } from "../../base/errors.ts";
import { emptyStream } from "../../base/streams.ts";
import { formatWhiteout } from "../../oci/whiteout.ts";
import type { LayerTimes } from "./copy-request.ts";
import { nameOf } from "./tree-path.ts";
import type { Change, WorkTree } from "./work-tree.ts";

/**
 * What was changed in a tree as the entries of a layer. Equal changes give equal entries; content is opened when an entry is reached.
 * @throws EngineError invalid-argument for a name that means something else in a layer
 */
export function* layerPiecesOf(tree: WorkTree, times: LayerTimes): Generator<TarPiece, void, undefined> {
  /** First names of files that have several. */
  const first = new Map<object, string>();
  for (const change of tree.changes()) {
    refuseWhiteoutName(change.path);
    const piece = change.file === undefined ? whiteout("whiteout", change.path) : pieceOf(change, first, times);
    if (piece !== undefined) yield piece;
    if (change.hidesLower) yield whiteout("opaque", change.path);
  }
}

function pieceOf({ path, file }: Change, first: Map<object, string>, times: LayerTimes): TarPiece | undefined {
  if (file === undefined) return undefined;
  const { inode } = file;
  const link = inode === undefined ? undefined : first.get(inode);
  if (inode !== undefined && link === undefined) first.set(inode, path);
  const piece = tarPieceOf(
    {
      ...file,
      path,
      mtimeSeconds: Math.min(file.mtimeSeconds, times.latestSeconds ?? Infinity),
      mode: isSymlink(file.mode) ? file.mode | 0o777 : file.mode,
      link: link ?? file.link,
      hard: link !== undefined,
      // Opened only when it is asked for, below.
      content: NO_CONTENT,
    },
    { path },
  );
  if (piece === undefined) return undefined;
  const { open } = file;
  return piece.content === undefined || open === undefined
    ? { entry: piece.entry }
    : { entry: piece.entry, content: open() };
}

const NO_CONTENT = emptyStream();

function whiteout(kind: "whiteout" | "opaque", path: string): TarPiece {
  return { entry: { path: formatWhiteout(kind, path), mode: 0o600 } };
}

function refuseWhiteoutName(path: string): void {
  if (nameOf(path).startsWith(".wh."))
    throw new EngineError(
      "invalid-argument",
      `a layer cannot hold a file named "${nameOf(path)}": names with .wh. say what is gone`,
    );
}
