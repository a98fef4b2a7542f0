/**
 * How a workspace lies in storage: a checkpoint with every node, and after it a log of what has changed since. Contents are in blobs
 * (segments), each with the chunks of many files behind a random header, so that no two are alike and each has one owner.
 *
 *     workspace/checkpoint        SavedBatch with all nodes
 *     workspace/log/<sequence>    SavedBatch with what has changed
 *     workspace/intent            digests of the segments that are being written
 *     workspace/owner             who writes
 *
 * Every record is set after the blobs that it names, and before the blobs go that it no longer names: whatever moment it stops at,
 * what is there is the workspace as it was at one instant.
 */
import type { RecordStore } from "../content/record-store.ts";
import type { Digest } from "../oci/digest.ts";
import { type Chunk, CHUNK_BYTES, type Segment } from "./file-content.ts";
import { ROOT_ID, type Timestamp, type WorkspaceNode } from "./workspace-node.ts";
import type { WorkspaceTree } from "./workspace-tree.ts";

type SavedChunk = readonly [index: number, segment: number, offset: number, length: number];
type SavedTime = readonly [seconds: number, nanoseconds: number];

interface SavedNode {
  readonly id: number;
  readonly mode: number;
  readonly owner: readonly [uid: number, gid: number];
  readonly times: readonly [atime: SavedTime, mtime: SavedTime, ctime: SavedTime];
  readonly revision: number;
  readonly entries?: readonly (readonly [name: string, id: number])[];
  readonly size?: number;
  readonly chunks?: readonly SavedChunk[];
  readonly target?: string;
  /** Values as text, a character a byte. */
  readonly xattrs?: readonly (readonly [name: string, value: string])[];
}

/** What one save writes. */
export interface SavedBatch {
  readonly version: 1;
  readonly sequence: number;
  readonly nextId: number;
  /** What `chunks` count by. */
  readonly segments: readonly Digest[];
  readonly nodes: readonly SavedNode[];
  readonly removed: readonly number[];
  /** Nothing of these is needed from here on. */
  readonly dead: readonly Digest[];
}

/** Everything that storage knows. */
export interface SavedWorkspace {
  readonly nodes: ReadonlyMap<number, { readonly node: SavedNode; readonly segments: readonly Digest[] }>;
  readonly sequence: number;
  readonly nextId: number;
  /** Segments that a save left behind which did not come to its end. */
  readonly litter: readonly Digest[];
  /** Log records behind the checkpoint. */
  readonly logLength: number;
}

export const CHECKPOINT_KEY = "workspace/checkpoint";
export const INTENT_KEY = "workspace/intent";
export const OWNER_KEY = "workspace/owner";
const LOG_PREFIX = "workspace/log/";

export const logKey = (sequence: number): string => LOG_PREFIX + String(sequence).padStart(12, "0");

/** Undefined when there never was a workspace here. */
export async function readSavedWorkspace(records: RecordStore): Promise<SavedWorkspace | undefined> {
  const [checkpoint, log, intent] = await Promise.all([
    records.get<SavedBatch>(CHECKPOINT_KEY),
    records.entries<SavedBatch>(LOG_PREFIX),
    records.get<readonly Digest[]>(INTENT_KEY),
  ]);
  const batches = log.map(([, batch]) => batch).filter(({ sequence }) => sequence > (checkpoint?.sequence ?? 0));
  if (checkpoint !== undefined) batches.unshift(checkpoint);
  const last = batches.at(-1);
  if (last === undefined) return undefined;
  const nodes = new Map<number, { readonly node: SavedNode; readonly segments: readonly Digest[] }>();
  const dead = new Set<Digest>();
  for (const batch of batches) {
    for (const id of batch.removed) nodes.delete(id);
    for (const node of batch.nodes) nodes.set(node.id, { node, segments: batch.segments });
    for (const digest of batch.dead) dead.add(digest);
  }
  const used = new Set<Digest>();
  for (const { node, segments } of nodes.values())
    for (const [, segment] of node.chunks ?? []) used.add(segments[segment] as Digest);
  const litter = [...dead, ...(intent ?? [])].filter((digest) => !used.has(digest));
  const logLength = batches.length - (checkpoint === undefined ? 0 : 1);
  return { nodes, sequence: last.sequence, nextId: last.nextId, litter, logLength };
}

/** Log records that a checkpoint of this sequence has made superfluous. */
export async function staleLogKeys(records: RecordStore, sequence: number): Promise<readonly string[]> {
  const log = await records.entries<SavedBatch>(LOG_PREFIX);
  return log.filter(([, batch]) => batch.sequence <= sequence).map(([key]) => key);
}

/** Fills an empty tree. What is reached from the root counts; a name without a node is left out. */
export function restoreTree(tree: WorkspaceTree, saved: SavedWorkspace, segmentOf: (digest: Digest) => Segment): void {
  const made = new Map<number, WorkspaceNode>();
  const make = (id: number): WorkspaceNode | undefined => {
    const known = made.get(id);
    if (known !== undefined) return known;
    const found = saved.nodes.get(id);
    if (found === undefined) return undefined;
    const { node: fields, segments } = found;
    const [uid, gid] = fields.owner;
    const target = fields.target === undefined ? {} : { target: fields.target };
    const node = tree.newNode({ id, mode: fields.mode, uid, gid, ...target });
    made.set(id, node);
    [node.atime, node.mtime, node.ctime] = fields.times.map(timestamp) as [Timestamp, Timestamp, Timestamp];
    node.revision = fields.revision;
    const chunks = (fields.chunks ?? []).map(
      ([index, segment, offset, length]) =>
        [index, segmentOf(segments[segment] as Digest), offset, Math.min(length, CHUNK_BYTES)] as const,
    );
    node.content?.restore(fields.size ?? 0, chunks);
    for (const [name, value] of fields.xattrs ?? []) {
      const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0));
      (node.xattrs ??= new Map()).set(name, bytes);
      tree.quota.usedBytes += bytes.length;
    }
    tree.quota.files += id === ROOT_ID ? 0 : 1;
    return node;
  };
  const root = make(ROOT_ID);
  if (root?.entries === undefined) return;
  root.nlink = 2;
  const fill = (directory: WorkspaceNode): void => {
    for (const [name, id] of saved.nodes.get(directory.id)?.node.entries ?? []) {
      const isNew = !made.has(id);
      const node = make(id);
      if (node === undefined || (node.entries !== undefined && !isNew)) continue;
      directory.entries?.set(name, { node, cookie: directory.nextCookie++ });
      node.link = { parent: directory, name };
      if (node.entries === undefined) node.nlink += 1;
      else {
        node.nlink = 2;
        directory.nlink += 1;
        fill(node);
      }
    }
  };
  fill(root);
  tree.root = root;
  tree.nextId = Math.max(saved.nextId, ...[...made.keys()].map((id) => id + 1));
}

/** Where a chunk's bytes will be once this batch is saved. */
export type ChunkPlace = (chunk: Chunk) => { readonly segment: number; readonly offset: number };

export function saveNode(node: WorkspaceNode, placeOf: ChunkPlace): SavedNode {
  const { id, mode, uid, gid, atime, mtime, ctime, revision, entries, content, target, xattrs } = node;
  const chunks: SavedChunk[] = [];
  for (const [index, chunk] of content?.chunks.entries() ?? []) {
    if (chunk === undefined || chunk.length === 0) continue;
    const { segment, offset } = placeOf(chunk);
    chunks.push([index, segment, offset, chunk.length]);
  }
  return {
    id,
    mode,
    owner: [uid, gid],
    times: [atime, mtime, ctime].map(({ seconds, nanoseconds }) => [
      seconds,
      nanoseconds,
    ]) as unknown as SavedNode["times"],
    revision,
    ...(entries && { entries: [...entries].map(([name, entry]) => [name, entry.node.id] as const) }),
    ...(content && { size: content.size, chunks }),
    ...(target !== undefined && { target }),
    ...(xattrs && { xattrs: [...xattrs].map(([name, value]) => [name, latin1(value)] as const) }),
  };
}

const timestamp = ([seconds, nanoseconds]: SavedTime): Timestamp => ({ seconds, nanoseconds });

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
