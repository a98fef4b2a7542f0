import type { Clock } from "../base/clock.ts";
import { EngineError, isKind } from "../base/errors.ts";
import { Serial } from "../base/serial.ts";
import type { RecordStore } from "../content/record-store.ts";
import type { Digest } from "../oci/digest.ts";
import type { Chunk } from "./file-content.ts";
import {
  CHECKPOINT_KEY,
  INTENT_KEY,
  logKey,
  OWNER_KEY,
  type SavedBatch,
  saveNode,
  staleLogKeys,
} from "./saved-workspace.ts";
import {
  type ChunkBytes,
  encodeSegment,
  type PlannedSegment,
  planSegments,
  type SavedSegment,
  type SegmentStore,
} from "./segment-store.ts";
import type { WorkspaceNode } from "./workspace-node.ts";
import type { WorkspaceTree } from "./workspace-tree.ts";

export interface SaverOptions {
  readonly tree: WorkspaceTree;
  readonly records: RecordStore;
  readonly segments: SegmentStore;
  readonly clock: Clock;
  /** How long changes wait for more of them. */
  readonly delayMs: number;
  readonly sequence: number;
  readonly logLength: number;
  /** After so many saves everything is written anew, and the log begins again. */
  readonly checkpointEvery: number;
  /** Told of a save that failed, which is tried again. */
  readonly report: (error: unknown) => void;
}

const RETRY_MS = 3000;

/** Writes what changes in the tree to storage, a moment later. */
export class WorkspaceSaver implements AsyncDisposable {
  readonly #options: SaverOptions;
  readonly #saving = new Serial();
  readonly #over = new AbortController();
  readonly #owner = crypto.randomUUID();
  #sequence: number;
  #logLength: number;
  #isScheduled = false;
  #next: Promise<void> | undefined;
  #isOwner = false;

  constructor(options: SaverOptions) {
    this.#options = options;
    this.#sequence = options.sequence;
    this.#logLength = options.logLength;
    options.tree.onDirty = () => this.#schedule(options.delayMs);
  }

  /** Resolves when all that the tree holds now is in storage. @throws EngineError unavailable when there is no room */
  flush(): Promise<void> {
    this.#next ??= this.#saving.run(async () => {
      this.#next = undefined;
      await this.#save();
    });
    return this.#next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort(new Error("the workspace is closed"));
    await this.flush();
  }

  #schedule(delayMs: number): void {
    if (this.#isScheduled || this.#over.signal.aborted) return;
    this.#isScheduled = true;
    void this.#saveAfter(delayMs).catch(() => undefined);
  }

  async #saveAfter(delayMs: number): Promise<void> {
    await this.#options.clock.sleep(delayMs, { signal: this.#over.signal }).finally(() => (this.#isScheduled = false));
    try {
      await this.flush();
    } catch (error) {
      this.#options.report(error);
      this.#schedule(RETRY_MS);
    }
  }

  async #save(): Promise<void> {
    const { tree, records, segments } = this.#options;
    if (tree.dirty.size === 0 && tree.removed.size === 0) return;
    await this.#claim();
    const isCheckpoint = this.#logLength >= this.#options.checkpointEvery;
    const taken = takeChanges(tree, isCheckpoint ? allNodes(tree) : [...tree.dirty]);
    const dead = segments.dead();
    const sequence = this.#sequence + 1;
    try {
      const encoded = await Promise.all(taken.planned.map(encodeSegment));
      const digests = encoded.map(({ digest }) => digest);
      if (encoded.length > 0) await records.set(INTENT_KEY, digests);
      for (const each of encoded) await segments.write(each);
      const batch: SavedBatch = {
        version: 1,
        sequence,
        nextId: taken.nextId,
        segments: [...digests, ...taken.oldSegments],
        nodes: taken.saved,
        removed: taken.removed,
        dead,
      };
      await records.set(isCheckpoint ? CHECKPOINT_KEY : logKey(sequence), batch);
      for (const [index, planned] of taken.planned.entries()) segments.adopt(digests[index] as Digest, planned);
    } catch (error) {
      putBack(tree, taken);
      if (isKind(error, "unavailable")) tree.quota.isStorageFull = true;
      throw error;
    }
    tree.quota.isStorageFull = false;
    this.#sequence = sequence;
    this.#logLength = isCheckpoint ? 0 : this.#logLength + 1;
    await segments.delete(dead);
    if (isCheckpoint) await this.#tidy();
  }

  /** After a checkpoint: the log before it goes, and what wastes storage is written anew with the next save. */
  async #tidy(): Promise<void> {
    const { records, segments } = this.#options;
    for (const key of await staleLogKeys(records, this.#sequence)) await records.delete(key);
    for (const segment of await segments.wasteful()) {
      await segment.load();
      for (const chunk of segment.chunks) {
        chunk.isDirty = true;
        chunk.content.touch();
      }
      segment.chunks.clear();
    }
  }

  /** Whoever opened the workspace last writes. Machines have one tab each; browsers without Web Locks cannot promise that. */
  async #claim(): Promise<void> {
    const { records } = this.#options;
    if (!this.#isOwner) {
      await records.set(OWNER_KEY, this.#owner);
      this.#isOwner = true;
    } else if ((await records.get(OWNER_KEY)) !== this.#owner) {
      throw new EngineError("conflict", "the workspace was opened by another page, which now writes it");
    }
  }
}

interface TakenChanges {
  readonly nodes: readonly WorkspaceNode[];
  /** The nodes as they were. Their chunks name the planned segments by index, and behind them the old ones. */
  readonly saved: SavedBatch["nodes"];
  readonly planned: readonly PlannedSegment[];
  readonly oldSegments: readonly Digest[];
  readonly removed: readonly number[];
  readonly nextId: number;
}

/** What is to be saved, as it is at this instant; from here on the tree counts it as saved. */
function takeChanges(tree: WorkspaceTree, nodes: readonly WorkspaceNode[]): TakenChanges {
  const chunks: ChunkBytes[] = [];
  for (const chunk of nodes.flatMap(({ content }) => content?.chunks ?? [])) {
    if (chunk === undefined || !chunk.isDirty || chunk.length === 0) continue;
    chunk.isDirty = false;
    chunk.isFrozen = true;
    chunks.push({ chunk, bytes: (chunk.bytes as Uint8Array).subarray(0, chunk.length) });
  }
  const planned = planSegments(chunks);
  const places = new Map<Chunk, { readonly segment: number; readonly offset: number }>();
  for (const [segment, plan] of planned.entries())
    for (const { chunk, offset } of plan.places) places.set(chunk, { segment, offset });
  const oldSegments: Digest[] = [];
  const placeOf = (chunk: Chunk): { readonly segment: number; readonly offset: number } => {
    const place = places.get(chunk);
    if (place !== undefined) return place;
    const { digest } = chunk.segment as SavedSegment;
    if (!oldSegments.includes(digest)) oldSegments.push(digest);
    return { segment: planned.length + oldSegments.indexOf(digest), offset: chunk.offset };
  };
  const saved = nodes.map((node) => saveNode(node, placeOf));
  const removed = [...tree.removed];
  tree.dirty.clear();
  tree.removed.clear();
  return { nodes, saved, planned, oldSegments, removed, nextId: tree.nextId };
}

/** The save failed: all of it is to be saved again. */
function putBack(tree: WorkspaceTree, { nodes, planned, removed }: TakenChanges): void {
  for (const { chunk } of planned.flatMap(({ places }) => places)) chunk.isDirty = true;
  for (const node of nodes) if (node.nlink > 0) tree.dirty.add(node);
  for (const id of removed) tree.removed.add(id);
}

function allNodes(tree: WorkspaceTree): WorkspaceNode[] {
  const found = new Set<WorkspaceNode>([tree.root]);
  for (const node of found) for (const { node: child } of node.entries?.values() ?? []) found.add(child);
  return [...found];
}
