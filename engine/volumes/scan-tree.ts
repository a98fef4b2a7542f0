import { S_IFMT, S_IFDIR, S_IFREG } from "../base/file-types.ts";
import { type Guest, GuestError } from "../guest/guest.ts";
import { decodeNames, decodeStat, type FileStat } from "../guest/op-results.ts";
import type { Op } from "../guest/ops.ts";

/** What can be told of a directory tree without reading its files. */
export interface TreeScan {
  /** Of regular files; each counts once however many names it has. */
  readonly sizeBytes: number;
  readonly isEmpty: boolean;
  /** Differs when anything was made, removed, written or given other permissions. */
  readonly fingerprint: string;
}

/** Operations in one request to the guest. */
const BATCH = 256;

/** Looks at every name below a directory; what vanishes meanwhile is passed over. No directory there is an empty one. */
export async function scanTree(guest: Pick<Guest, "run">, top: string): Promise<TreeScan> {
  const seen = new Set<bigint>();
  const marks: string[] = [];
  let sizeBytes = 0;
  let level = [top];
  while (level.length > 0) {
    const listed = await runEach(
      guest,
      level.map((path): Op => ({ op: "readdir", path })),
    );
    const paths = level.flatMap((directory, index) => {
      const names = listed[index];
      return names === undefined ? [] : decodeNames(names).map((name) => `${directory}/${name}`);
    });
    const stats = await runEach(
      guest,
      paths.map((path): Op => ({ op: "stat", path })),
    );
    level = [];
    for (const [index, path] of paths.entries()) {
      const bytes = stats[index];
      if (bytes === undefined) continue;
      const stat = decodeStat(bytes);
      marks.push(markOf(path, stat));
      const kind = stat.mode & S_IFMT;
      if (kind === S_IFDIR) level.push(path);
      if (kind === S_IFREG && !seen.has(stat.ino)) sizeBytes += stat.size;
      seen.add(stat.ino);
    }
  }
  return { sizeBytes, isEmpty: marks.length === 0, fingerprint: marks.join("\n") };
}

function markOf(path: string, stat: FileStat): string {
  const { mode, uid, gid, size, ino, mtimeSeconds, mtimeNanoseconds } = stat;
  return [path, mode, uid, gid, size, ino, mtimeSeconds, mtimeNanoseconds].join(" ");
}

/** Results of operations that may fail one by one: undefined for those that did. */
export async function runEach(
  guest: Pick<Guest, "run">,
  ops: readonly Op[],
): Promise<readonly (Uint8Array | undefined)[]> {
  const results: (Uint8Array | undefined)[] = [];
  while (results.length < ops.length) {
    const batch = ops.slice(results.length, results.length + BATCH);
    try {
      results.push(...(await guest.run(batch)));
    } catch (error) {
      if (!(error instanceof GuestError)) throw error;
      // Those before the one that failed are asked again: only looked at, they do not mind.
      if (error.opIndex > 0) results.push(...(await guest.run(batch.slice(0, error.opIndex)).catch(() => [])));
      else results.push(undefined);
    }
  }
  return results;
}
