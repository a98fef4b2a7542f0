import { S_IFMT, S_IFCHR } from "../base/file-types.ts";
import { ERRNO } from "../guest/errno.ts";
import { GuestError } from "../guest/guest.ts";
import { decodeNames, decodeStat, type FileStat } from "../guest/op-results.ts";
import type { Op } from "../guest/ops.ts";
import { isDirectory } from "./file-mode.ts";
import type { TreeGuest } from "./place.ts";

/** A file of a container's own layer, with what is in it. */
export interface UpperFile {
  readonly stat: FileStat;
  /** By name, sorted; empty for what is no directory. */
  readonly children: ReadonlyMap<string, UpperFile>;
}

/** One request holds at most 1 MiB. */
const OPS_PER_REQUEST = 1000;

/**
 * Everything in a container's own layer but the content: one pair of requests for each level of directories. What vanishes meanwhile is left out.
 */
export async function scanUpper(guest: TreeGuest, upper: string): Promise<UpperFile> {
  const root: Scanned = { path: upper, stat: await statOf(guest, upper), children: new Map() };
  for (let level = [root]; level.length > 0;) {
    const listings = await answers(
      guest,
      level.map(({ path }) => ({ op: "readdir", path })),
    );
    const found = level.flatMap((directory, index) =>
      decodeNames(listings[index] ?? NO_NAMES).map((name) => ({ directory, name, path: `${directory.path}/${name}` })),
    );
    const stats = await answers(
      guest,
      found.map(({ path }) => ({ op: "stat", path })),
    );
    level = [];
    for (const [index, { directory, name, path }] of found.entries()) {
      const bytes = stats[index];
      if (bytes === undefined) continue;
      const file: Scanned = { path, stat: decodeStat(bytes), children: new Map() };
      directory.children.set(name, file);
      if (isDirectory(file.stat.mode)) level.push(file);
    }
  }
  return root;
}

/** How overlayfs says that a file of the layers below is gone. */
export function isWhiteout({ mode, major, minor }: Pick<FileStat, "mode" | "major" | "minor">): boolean {
  return (mode & S_IFMT) === S_IFCHR && major === 0 && minor === 0;
}

interface Scanned extends UpperFile {
  readonly path: string;
  readonly children: Map<string, Scanned>;
}

/** An empty list. */
const NO_NAMES = new Uint8Array(4);

async function statOf(guest: TreeGuest, path: string): Promise<FileStat> {
  const [stat = new Uint8Array()] = await guest.run([{ op: "stat", path }]);
  return decodeStat(stat);
}

/** One answer for each op, undefined where the file is gone. */
async function answers(guest: TreeGuest, ops: readonly Op[]): Promise<(Uint8Array | undefined)[]> {
  const results: (Uint8Array | undefined)[] = [];
  while (results.length < ops.length) {
    const batch = ops.slice(results.length, results.length + OPS_PER_REQUEST);
    results.push(...(await answersOf(guest, batch)));
  }
  return results;
}

async function answersOf(guest: TreeGuest, ops: readonly Op[]): Promise<(Uint8Array | undefined)[]> {
  try {
    return await guest.run(ops);
  } catch (error) {
    if (!(error instanceof GuestError) || (error.errno !== ERRNO.ENOENT && error.errno !== ERRNO.ENOTDIR)) throw error;
    // The ones before it were fine: ask again without the one that vanished.
    const { opIndex } = error;
    const before = opIndex === 0 ? [] : await answersOf(guest, ops.slice(0, opIndex));
    const rest = ops.slice(opIndex + 1);
    return [...before, undefined, ...(rest.length === 0 ? [] : await answersOf(guest, rest))];
  }
}
