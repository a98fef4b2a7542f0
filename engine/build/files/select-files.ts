import type { LowerFile, ReadableLowerFiles } from "../../archive/lower-files.ts";
import type { PatternMatcher } from "../../dockerfile/pattern-matcher.ts";
import { isDirectory, joinPath } from "./tree-path.ts";

export interface Selected {
  /** Where it is in the tree. */
  readonly path: string;
  /** The same from the top on; "" is the top. */
  readonly below: string;
  readonly file: LowerFile;
  /** A directory that is meant only because something in it is. */
  readonly isParentOnly: boolean;
}

export interface Selection {
  readonly include: PatternMatcher | undefined;
  readonly exclude: PatternMatcher | undefined;
}

/**
 * What is at and below a path and is meant, parents first (fsutil `copier.copy`). The top is always meant; a directory that is not is told just
 * before the first thing in it that is.
 */
export function* selectFiles(
  files: ReadableLowerFiles,
  top: string,
  { include, exclude }: Selection,
): Generator<Selected, void, undefined> {
  /** Directories that wait for something in them, outermost first. */
  const waiting: Selected[] = [];
  function* visit(path: string, below: string): Generator<Selected, void, undefined> {
    const isExcluded = below !== "" && exclude?.matches(below) === true;
    const isMeant = below === "" || (!isExcluded && include?.matches(below) !== false);
    const mayHoldMore = isExcluded ? exclude.hasExceptions : isMeant || include !== undefined;
    if (!isMeant && !mayHoldMore) return;
    const file = files.find(path);
    if (file === undefined) return;
    const isTree = isDirectory(file.mode);
    if (isMeant) {
      yield* waiting.splice(0);
      yield { path, below, file, isParentOnly: false };
    } else if (isTree) waiting.push({ path, below, file, isParentOnly: true });
    if (!isTree || !mayHoldMore) return;
    for (const name of [...files.names(path)].toSorted()) yield* visit(joinPath(path, name), joinPath(below, name));
    if (waiting.at(-1)?.below === below) waiting.pop();
  }
  yield* visit(top, "");
}
