import type { Clock } from "../base/clock.ts";
import { S_IFDIR, S_IFREG } from "../base/file-types.ts";
import { type ByteStream, chunksOf, concat, encodeUtf8, streamFrom, streamOf } from "../base/streams.ts";
import type { BlobStore } from "../content/blob-store.ts";
import type { RecordStore } from "../content/record-store.ts";
import { ERRNO } from "../guest/errno.ts";
import { FileError } from "./file-error.ts";
import { DEFAULT_LIMITS, type WorkspaceLimits } from "./quota.ts";
import { type ResolvedPath, resolvePath } from "./resolve-path.ts";
import { SAMPLE_FILES } from "./sample-files.ts";
import { readSavedWorkspace, restoreTree } from "./saved-workspace.ts";
import { SegmentStore } from "./segment-store.ts";
import { whenReady } from "./when-ready.ts";
import { WorkspaceEvents } from "./workspace-events.ts";
import { isDirectory, type WorkspaceNode } from "./workspace-node.ts";
import { WorkspaceSaver } from "./workspace-saver.ts";
import { WorkspaceServer } from "./workspace-server.ts";
import { contentOf, entriesOf, WorkspaceTree } from "./workspace-tree.ts";

export interface WorkspaceOptions {
  /** This workspace's own. */
  readonly records: RecordStore;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly limits?: WorkspaceLimits;
  /** How long changes wait before they are saved. */
  readonly saveDelayMs?: number;
  /** How many saves there are from one checkpoint to the next. */
  readonly checkpointEvery?: number;
  /** So much of what is in storage stays in memory too. */
  readonly cacheBytes?: number;
  /** Files of a workspace that never existed before, by path. Default: a page to build an image from. */
  readonly sample?: Readonly<Record<string, string>>;
  /** Told of trouble that no caller waits for. */
  readonly report?: (error: unknown) => void;
}

/** A file as it was at one moment. */
export interface ReadFile {
  readonly body: ByteStream;
  readonly sizeBytes: number;
  readonly etag: string;
}

/** The file is another version than was asked for. */
export class VersionMismatch extends Error {
  constructor(path: string) {
    super(`${path}: has changed`);
    this.name = "VersionMismatch";
  }
}

const SAVE_DELAY_MS = 200;
const CHECKPOINT_EVERY = 64;
const READ_BYTES = 256 << 10;

/**
 * A directory that the guest, the page and storage share. The tree here is the truth: the guest sees it over 9p, the page over the API,
 * storage gets what changes a moment later. Paths are relative to the workspace; absolute ones are those of the guest.
 */
export class Workspace implements AsyncDisposable {
  readonly tree: WorkspaceTree;
  /** What the guest mounts. */
  readonly server: WorkspaceServer;
  readonly events: WorkspaceEvents;
  readonly #saver: WorkspaceSaver;

  /** What storage has. */
  static async open(options: WorkspaceOptions): Promise<Workspace> {
    const { records, blobs, clock, limits = DEFAULT_LIMITS, report = () => undefined } = options;
    const tree = new WorkspaceTree({ clock, limits });
    const segments = new SegmentStore(blobs, options.cacheBytes);
    const saved = await readSavedWorkspace(records);
    if (saved !== undefined) {
      restoreTree(tree, saved, (digest) => segments.get(digest));
      await segments.delete(saved.litter);
    }
    const saver = new WorkspaceSaver({
      tree,
      records,
      segments,
      clock,
      delayMs: options.saveDelayMs ?? SAVE_DELAY_MS,
      sequence: saved?.sequence ?? 0,
      logLength: saved?.logLength ?? 0,
      checkpointEvery: options.checkpointEvery ?? CHECKPOINT_EVERY,
      report,
    });
    const workspace = new Workspace(tree, saver, clock);
    if (saved === undefined) workspace.#fill(options.sample ?? SAMPLE_FILES);
    return workspace;
  }

  private constructor(tree: WorkspaceTree, saver: WorkspaceSaver, clock: Clock) {
    this.tree = tree;
    this.#saver = saver;
    this.events = new WorkspaceEvents(clock);
    this.server = new WorkspaceServer(tree, { flush: () => saver.flush() });
    tree.onChange = (change) => this.events.publish(change);
  }

  /** @throws FileError ENOENT, EISDIR */
  async read(path: string): Promise<ReadFile> {
    const node = this.find(path, { follow: true });
    const content = contentOf(node);
    return { body: this.bodyOf(node), sizeBytes: content.size, etag: etagOf(node) };
  }

  /** A file's content, as far as it is there when it is read. */
  bodyOf(node: WorkspaceNode): ByteStream {
    const content = contentOf(node);
    if (content.size === 0) return streamOf();
    const sizeBytes = content.size;
    this.tree.hold(node);
    const tree = this.tree;
    async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for (let offset = 0; offset < sizeBytes;) {
          const at = offset;
          const target = new Uint8Array(Math.min(READ_BYTES, sizeBytes - at));
          const count = await whenReady(() => content.read(at, target));
          if (count === 0) return;
          yield target.subarray(0, count);
          offset += count;
        }
      } finally {
        tree.release(node);
      }
    }
    return streamFrom(pieces());
  }

  /**
   * Replaces a file's content at once, when all of it has arrived; makes it, and the directories above it, when missing. The file stays the
   * same inode, so that who has it open, or mounted into a container, sees the new content.
   * @throws FileError; VersionMismatch
   */
  async write(path: string, body: ByteStream, { ifMatch }: { readonly ifMatch?: string } = {}): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of chunksOf(body)) {
      size += chunk.length;
      if (size > this.tree.quota.limits.maxBytes) throw new FileError(ERRNO.EFBIG);
      chunks.push(chunk);
    }
    return this.asApi(() => this.#replace(path, concat(chunks), ifMatch));
  }

  /** A file, or a directory with all that is in it. @throws FileError ENOENT, EBUSY */
  remove(path: string): void {
    const found = this.#resolve(path);
    if (found.node === undefined) throw new FileError(ERRNO.ENOENT);
    if (found.parent === undefined) throw new FileError(ERRNO.EBUSY);
    const { parent, name, node } = found;
    this.asApi(() => this.#removeTree(parent, name, node));
  }

  /** With what leads to it; one that exists is fine. @throws FileError */
  makeDirectory(path: string): WorkspaceNode {
    return this.asApi(() => this.#makeDirectories(path));
  }

  /** As rename(2); makes the directories above the new name. @throws FileError */
  rename(from: string, to: string): void {
    this.asApi(() => {
      const source = this.#resolve(from);
      if (source.node === undefined) throw new FileError(ERRNO.ENOENT);
      if (source.parent === undefined) throw new FileError(ERRNO.EBUSY);
      const { parent, name } = this.#place(to);
      this.tree.rename(source.parent, source.name, parent, name);
    });
  }

  /** @throws FileError ENOENT; LeavesWorkspace */
  find(path: string, options: { readonly follow?: boolean } = {}): WorkspaceNode {
    const { node } = this.#resolve(path, options);
    if (node === undefined) throw new FileError(ERRNO.ENOENT);
    return node;
  }

  /** Does something in the name of the page. */
  asApi<T>(work: () => T): T {
    this.tree.origin = "api";
    try {
      return work();
    } finally {
      this.tree.origin = "guest";
    }
  }

  /** Resolves when everything is in storage. @throws EngineError unavailable */
  flush(): Promise<void> {
    return this.#saver.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#saver[Symbol.asyncDispose]();
  }

  #resolve(path: string, options: { readonly follow?: boolean } = {}): ResolvedPath {
    return resolvePath(this.tree.root, path, options);
  }

  #replace(path: string, bytes: Uint8Array, ifMatch: string | undefined): string {
    let node: WorkspaceNode | undefined;
    try {
      node = this.#resolve(path, { follow: true }).node;
    } catch (error) {
      // The directories that lead to it are made below.
      if (!(error instanceof FileError) || error.errno !== ERRNO.ENOENT) throw error;
    }
    if (ifMatch !== undefined && (node === undefined || (ifMatch !== "*" && ifMatch !== etagOf(node))))
      throw new VersionMismatch(path);
    const growth = bytes.length - (node === undefined ? 0 : contentOf(node).storedBytes);
    if (growth > this.tree.quota.freeBytes && growth > 0) throw new FileError(ERRNO.ENOSPC);
    const file = node ?? this.#createFile(path);
    if (contentOf(file).size > 0 || bytes.length === 0) this.tree.setAttributes(file, { size: 0 });
    if (bytes.length > 0) this.tree.write(file, 0, bytes);
    return etagOf(file);
  }

  #createFile(path: string): WorkspaceNode {
    const { parent, name } = this.#place(path, { follow: true });
    return this.tree.create(parent, name, { mode: S_IFREG | 0o644, uid: 0, gid: 0 });
  }

  /** Where a new name goes. */
  #place(path: string, options: { readonly follow?: boolean } = {}): { parent: WorkspaceNode; name: string } {
    const slash = path.replace(/\/+$/, "").lastIndexOf("/");
    if (slash > 0) this.#makeDirectories(path.slice(0, slash));
    const { parent, name } = this.#resolve(path, options);
    if (parent === undefined) throw new FileError(ERRNO.EBUSY);
    return { parent, name };
  }

  #makeDirectories(path: string): WorkspaceNode {
    let node = this.tree.root;
    const parts = path.split("/").filter((part) => part !== "");
    for (const count of parts.keys()) {
      const found = this.#resolve(parts.slice(0, count + 1).join("/"), { follow: true });
      if (found.node === undefined && found.parent !== undefined)
        node = this.tree.create(found.parent, found.name, { mode: S_IFDIR | 0o755, uid: 0, gid: 0 });
      else if (found.node !== undefined) node = found.node;
      if (!isDirectory(node)) throw new FileError(ERRNO.ENOTDIR);
    }
    return node;
  }

  #removeTree(parent: WorkspaceNode, name: string, node: WorkspaceNode): void {
    for (const [child, entry] of node.entries ?? []) this.#removeTree(node, child, entry.node);
    this.tree.unlink(parent, name, { directory: isDirectory(node) });
  }

  #fill(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) this.#replace(path, encodeUtf8(text), undefined);
    // An empty one is saved too: from now on it has existed.
    this.tree.setAttributes(this.tree.root, { mtime: "now" });
  }
}

/** Another version of the content has another. */
export function etagOf({ id, revision }: WorkspaceNode): string {
  return `"${id}-${revision}"`;
}

/** Every file below a directory with its path, parents first, names sorted. */
export function* filesBelow(
  directory: WorkspaceNode,
  path = "",
): Generator<readonly [path: string, node: WorkspaceNode], void, undefined> {
  for (const [name, { node }] of [...entriesOf(directory)].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const childPath = path === "" ? name : `${path}/${name}`;
    yield [childPath, node];
    if (node.entries !== undefined) yield* filesBelow(node, childPath);
  }
}
