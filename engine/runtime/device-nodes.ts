import { S_IFMT, S_IFDIR, S_IFCHR, S_IFBLK, S_IFIFO } from "../base/file-types.ts";
import { EngineError } from "../base/errors.ts";
import { errnoText } from "../guest/errno.ts";
import { type Guest, GuestError } from "../guest/guest.ts";
import { decodeNames, decodeStat, type FileStat } from "../guest/op-results.ts";
import type { DeviceNode } from "./runtime.ts";

const TYPES: ReadonlyMap<number, DeviceNode["type"]> = new Map([
  [S_IFCHR, "c"],
  [S_IFBLK, "b"],
  [S_IFIFO, "p"],
]);

/**
 * The device node at a path of the machine, symlinks followed, or all nodes below a directory; their paths begin with `path`. Empty
 * when it is neither.
 * @throws EngineError not-found `no such file or directory`
 */
export async function readDeviceNodes(guest: Guest, path: string): Promise<readonly DeviceNode[]> {
  const [stat] = await statAll(guest, [path], true).catch((error: unknown) => {
    if (!(error instanceof GuestError)) throw error;
    throw new EngineError("not-found", errnoText(error.errno).toLowerCase(), { cause: error });
  });
  if (stat === undefined) return [];
  return (stat.mode & S_IFMT) === S_IFDIR ? nodesBelow(guest, path) : nodeOf(path, stat);
}

async function nodesBelow(guest: Guest, directory: string): Promise<readonly DeviceNode[]> {
  const [names = new Uint8Array()] = await guest.run([{ op: "readdir", path: directory }]);
  const paths = decodeNames(names).map((name) => `${directory}/${name}`);
  const stats = await statAll(guest, paths, false);
  const nodes: DeviceNode[] = [];
  for (const [index, path] of paths.entries()) {
    const stat = stats[index] as FileStat;
    if ((stat.mode & S_IFMT) === S_IFDIR) nodes.push(...(await nodesBelow(guest, path)));
    else nodes.push(...nodeOf(path, stat));
  }
  return nodes;
}

async function statAll(guest: Guest, paths: readonly string[], follow: boolean): Promise<readonly FileStat[]> {
  const results = await guest.run(paths.map((path) => ({ op: "stat", path, follow }) as const));
  return results.map(decodeStat);
}

function nodeOf(path: string, { mode, major, minor, uid, gid }: FileStat): readonly DeviceNode[] {
  const type = TYPES.get(mode & S_IFMT);
  return type === undefined ? [] : [{ path, type, major, minor, fileMode: mode & 0o7777, uid, gid }];
}
