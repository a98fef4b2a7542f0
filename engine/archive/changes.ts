import { compareStrings } from "./compare.ts";
import { isDirectory } from "./file-mode.ts";
import type { LowerFile, LowerFiles } from "./lower-files.ts";
import { isMadeByRuntime } from "./runtime-paths.ts";
import { lookAt, type TreeGuest } from "./place.ts";
import { isWhiteout, scanUpper, type UpperFile } from "./upper-files.ts";

export type ChangeKind = "modified" | "added" | "deleted";

/** One line of `docker diff`. */
export interface Change {
  /** Absolute. */
  readonly path: string;
  readonly kind: ChangeKind;
}

const OPAQUE = "trusted.overlay.opaque";
const CAPABILITY = "security.capability";

/**
 * What a container has changed below its image, as Docker's comparison of the two trees tells it (moby's `pkg/archive/changes.go`): a directory counts as
 * modified when its owner or mode differ or something in it does; of a deleted directory only itself is told.
 * @param upper the container's own layer, as overlayfs writes it
 * @returns sorted by path
 */
export async function listChanges(guest: TreeGuest, upper: string, lower: LowerFiles): Promise<readonly Change[]> {
  const comparison = new Comparison(guest, upper, lower);
  const changes = await comparison.directory("", await scanUpper(guest, upper), { isOpaque: false, hasLower: true });
  return changes.toSorted((a, b) => compareStrings(a.path, b.path));
}

class Comparison {
  readonly #guest: TreeGuest;
  readonly #upper: string;
  readonly #lower: LowerFiles;

  constructor(guest: TreeGuest, upper: string, lower: LowerFiles) {
    this.#guest = guest;
    this.#upper = upper;
    this.#lower = lower;
  }

  /** Changes in a directory. `isOpaque`: nothing of the layers below shows through; `hasLower`: they have it as a directory. */
  async directory(
    path: string,
    { children }: UpperFile,
    { isOpaque, hasLower }: { isOpaque: boolean; hasLower: boolean },
  ): Promise<Change[]> {
    const changes: Change[] = [];
    for (const [name, file] of children) {
      const below = path === "" ? name : `${path}/${name}`;
      changes.push(...(await this.#file(below, file, hasLower ? this.#lower.find(below) : undefined)));
    }
    if (isOpaque && hasLower) {
      for (const name of this.#lower.names(path))
        if (!children.has(name)) changes.push({ path: `/${path}/${name}`, kind: "deleted" });
    }
    return changes;
  }

  async #file(path: string, file: UpperFile, before: LowerFile | undefined): Promise<Change[]> {
    const change = (kind: ChangeKind): Change => ({ path: `/${path}`, kind });
    if (isWhiteout(file.stat)) return before === undefined ? [] : [change("deleted")];
    const hasLower = before !== undefined && isDirectory(before.mode);
    const isOpaque = hasLower && isDirectory(file.stat.mode) && (await this.#isOpaque(path));
    const inside = await this.directory(path, file, { isOpaque, hasLower });
    if (before === undefined) {
      const isNothing = inside.length === 0 && isMadeByRuntime(path, file.stat, this.#lower);
      return isNothing ? [] : [change("added"), ...inside];
    }
    const isChanged =
      inside.length > 0 || differs(file, before) || (await this.#hasOtherCapability(path, file, before));
    return isChanged ? [change("modified"), ...inside] : [];
  }

  async #isOpaque(path: string): Promise<boolean> {
    const xattrs = await this.#xattrs(path);
    return xattrs.some(([name, value]) => name === OPAQUE && value.length === 1 && value[0] === 0x79);
  }

  /** Everything else is the same: only the inode's change time would tell. */
  async #hasOtherCapability(path: string, { stat }: UpperFile, { xattrs }: LowerFile): Promise<boolean> {
    if (isDirectory(stat.mode)) return false;
    const now = (await this.#xattrs(path)).find(([name]) => name === CAPABILITY)?.[1];
    const then = xattrs.find(([name]) => name === CAPABILITY)?.[1];
    return String(now) !== String(then);
  }

  async #xattrs(path: string): Promise<LowerFile["xattrs"]> {
    return (await lookAt(this.#guest, { root: this.#upper, path: `/${path}` }))?.xattrs ?? [];
  }
}

function differs({ stat }: UpperFile, before: LowerFile): boolean {
  if (stat.mode !== before.mode || stat.uid !== before.uid || stat.gid !== before.gid) return true;
  if (isDirectory(stat.mode)) return false;
  return (
    stat.size !== before.size ||
    stat.major !== before.major ||
    stat.minor !== before.minor ||
    stat.mtimeSeconds !== before.mtimeSeconds ||
    // A file system that keeps whole seconds says nothing about the rest.
    (stat.mtimeNanoseconds !== before.mtimeNanoseconds && stat.mtimeNanoseconds !== 0 && before.mtimeNanoseconds !== 0)
  );
}
