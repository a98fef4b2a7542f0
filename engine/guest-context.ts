/** A directory of the guest without what a `.dockerignore` file excludes: only the rest is read and travels. */
import { S_IFDIR, S_IFMT } from "./base/file-types.ts";
import { type ByteStream, emptyStream } from "./base/streams.ts";
import type { LeaveOut } from "./cli/command-context.ts";
import { ERRNO } from "./guest/errno.ts";
import { type Guest, GuestError } from "./guest/guest.ts";
import { decodeNames, decodeStat, type FileStat } from "./guest/op-results.ts";
import { decodeTree, encodeTree, type TreeEntry, treeHeader } from "./guest/tree.ts";
import type { Op } from "./guest/ops.ts";
import { runEach } from "./volumes/scan-tree.ts";

type ContextGuest = Pick<Guest, "run" | "readTree">;

/** A directory or file that is wanted. */
interface Node {
  readonly path: string;
  readonly stat: FileStat;
  /** Of a directory. */
  readonly children: Node[];
  /** Nothing below is left out: all of it can be read at once. */
  isWhole: boolean;
}

/** Tree records as `readTree` gives them, without what is left out. Hard links between pieces that are read apart become files. */
export async function readTreeWithout(guest: ContextGuest, top: string, leaveOut: LeaveOut): Promise<ByteStream> {
  const root = await scan(guest, top, leaveOut);
  return encodeTree(entriesOf(guest, top, root, { isTop: true }));
}

/** Level by level; what vanishes meanwhile is passed over, what is left out is not looked into. */
async function scan(guest: ContextGuest, top: string, leaveOut: LeaveOut): Promise<Node> {
  const [answer] = await guest.run([{ op: "stat", path: top }]);
  if (answer === undefined) throw new Error("a stat without an answer");
  const root: Node = { path: "", stat: decodeStat(answer), children: [], isWhole: true };
  const parents = new Map<Node, Node>();
  for (let level = [root]; level.length > 0;) {
    const listed = await runEach(
      guest,
      level.map(({ path }): Op => ({ op: "readdir", path: join(top, path) })),
    );
    const found = level.flatMap((parent, index) => {
      const names = listed[index];
      return names === undefined ? [] : decodeNames(names).map((name) => ({ parent, path: join(parent.path, name) }));
    });
    const stats = await runEach(
      guest,
      found.map(({ path }): Op => ({ op: "stat", path: join(top, path) })),
    );
    level = [];
    for (const [index, { parent, path }] of found.entries()) {
      const bytes = stats[index];
      if (bytes === undefined) continue;
      const stat = decodeStat(bytes);
      const isDirectory = (stat.mode & S_IFMT) === S_IFDIR;
      const isIgnored = leaveOut.ignores(path);
      if (isIgnored) spoil(parent, parents);
      if (isIgnored && !(isDirectory && leaveOut.mayContainExceptions(path))) continue;
      const node: Node = { path, stat, children: [], isWhole: !isIgnored };
      parents.set(node, parent);
      parent.children.push(node);
      if (isDirectory) level.push(node);
    }
  }
  prune(root, leaveOut);
  return root;
}

function spoil(node: Node | undefined, parents: ReadonlyMap<Node, Node>): void {
  for (let at = node; at?.isWhole === true; at = parents.get(at)) at.isWhole = false;
}

/** A directory that is left out stays only for the exceptions in it. */
function prune(node: Node, leaveOut: LeaveOut): boolean {
  const kept = node.children.filter((child) => prune(child, leaveOut));
  node.children.splice(0, node.children.length, ...kept);
  return node.path === "" || kept.length > 0 || !leaveOut.ignores(node.path);
}

async function* entriesOf(
  guest: ContextGuest,
  top: string,
  node: Node,
  { isTop }: { readonly isTop: boolean },
): AsyncGenerator<TreeEntry, void, undefined> {
  const isDirectory = (node.stat.mode & S_IFMT) === S_IFDIR;
  if (!isDirectory || (node.isWhole && !isTop)) {
    yield* pieceOf(guest, top, node.path);
    return;
  }
  const { mode, uid, gid, mtimeSeconds, mtimeNanoseconds } = node.stat;
  yield { ...treeHeader({ path: node.path, mode, uid, gid, mtimeSeconds, mtimeNanoseconds }), content: emptyStream() };
  for (const child of node.children) yield* entriesOf(guest, top, child, { isTop: false });
}

/** All that is at and below a path. */
async function* pieceOf(guest: ContextGuest, top: string, path: string): AsyncGenerator<TreeEntry, void, undefined> {
  let records: ByteStream;
  try {
    records = await guest.readTree(join(top, path));
  } catch (error) {
    // It was there when the directory was listed.
    if (error instanceof GuestError && error.errno === ERRNO.ENOENT) return;
    throw error;
  }
  for await (const entry of decodeTree(records))
    yield { ...entry, path: join(path, entry.path), ...(entry.hard && { link: join(path, entry.link) }) };
}

const join = (parent: string, path: string): string =>
  parent === "" || path === "" ? parent + path : `${parent}/${path}`;
