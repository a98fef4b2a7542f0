/**
 * A container's own files without asking the guest for what the image has, which the guest could only read from the engine again: the
 * guest tells what is in the container's own layer, the rest comes from the layers.
 */
import type { TreeEntry, TreeHeader } from "../guest/tree.ts";
import { compareStrings } from "./compare.ts";
import { isDirectory } from "./file-mode.ts";
import type { LowerFile, ReadableLowerFiles } from "./lower-files.ts";
import { lookAt, readPlace, type TreeGuest } from "./place.ts";
import { isWhiteout } from "./upper-files.ts";

const OPAQUE = "trusted.overlay.opaque";

/** A container's layers: its own as overlayfs writes it (a directory of the guest), and those below. */
export interface MergedLayers {
  readonly upper: string;
  readonly lower: ReadableLowerFiles;
}

/** What the container's own layer has at a path. An opaque directory shows nothing of the layers below. */
type Above = "directory" | "opaque" | "other";

/**
 * @param top a path without symlinks, relative; "" is the root
 * @returns what is there and below, as records relative to it: parents before children, first what the container has written
 */
export async function* mergedFiles(
  guest: TreeGuest,
  { upper, lower }: MergedLayers,
  top: string,
): AsyncGenerator<TreeEntry, void, undefined> {
  const above = new Map<string, Above>();
  const { isThere, hidesLower } = await lookAbove(guest, upper, top);
  if (isThere) {
    for await (const entry of readPlace(guest, { root: upper, path: `/${top}` })) {
      above.set(entry.path, aboveOf(entry));
      if (!isWhiteout(entry)) yield entry;
    }
  }
  if (hidesLower) return;
  yield* new Below(above, lower, top).entries("");
}

/** Whether the container's own layer has a path, and whether it hides what the layers below have there. */
async function lookAbove(
  guest: TreeGuest,
  upper: string,
  path: string,
): Promise<{ readonly isThere: boolean; readonly hidesLower: boolean }> {
  let hidesLower = false;
  const parts = path.split("/").filter((part) => part !== "");
  for (let depth = 0; depth <= parts.length; depth += 1) {
    const header = await lookAt(guest, { root: upper, path: `/${parts.slice(0, depth).join("/")}` });
    if (header === undefined) return { isThere: false, hidesLower };
    hidesLower ||= aboveOf(header) !== "directory";
  }
  return { isThere: true, hidesLower };
}

function aboveOf({ mode, xattrs }: TreeHeader): Above {
  if (!isDirectory(mode)) return "other";
  return xattrs.some(([name]) => name === OPAQUE) ? "opaque" : "directory";
}

/** What the layers have and the container's own has not. */
class Below {
  readonly #above: ReadonlyMap<string, Above>;
  readonly #lower: ReadableLowerFiles;
  readonly #top: string;
  /** First names of files that have several. */
  readonly #first = new Map<string, string>();

  constructor(above: ReadonlyMap<string, Above>, lower: ReadableLowerFiles, top: string) {
    this.#above = above;
    this.#lower = lower;
    this.#top = top;
  }

  *entries(path: string): Generator<TreeEntry, void, undefined> {
    const real = [this.#top, path].filter((part) => part !== "").join("/");
    const file = this.#lower.find(real);
    const above = this.#above.get(path);
    if (file === undefined || above === "other" || above === "opaque") return;
    if (above === undefined) yield this.#entry(path, real, file);
    if (!isDirectory(file.mode)) return;
    for (const name of [...this.#lower.names(real)].toSorted(compareStrings))
      yield* this.entries(path === "" ? name : `${path}/${name}`);
  }

  #entry(path: string, real: string, file: LowerFile): TreeEntry {
    const identity = isDirectory(file.mode) ? undefined : this.#lower.identity(real);
    const first = identity === undefined ? undefined : this.#first.get(identity);
    if (identity !== undefined && first === undefined) this.#first.set(identity, path);
    const link = first ?? this.#lower.readLink(real);
    return { ...file, path, link, hard: first !== undefined, content: this.#lower.read(real) };
  }
}
