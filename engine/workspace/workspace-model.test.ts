/** Random sequences of operations against a model that is too simple to be wrong, with saves, reloads and crashes between them. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { S_IFDIR, S_IFREG } from "../base/file-types.ts";
import { MemoryBlobStore } from "../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import type { BlobStore } from "../content/blob-store.ts";
import type { RecordStore } from "../content/record-store.ts";
import { ERRNO } from "../guest/errno.ts";
import { FileError } from "./file-error.ts";
import { resolvePath } from "./resolve-path.ts";
import { whenReady } from "./when-ready.ts";
import { filesBelow, Workspace } from "./workspace.ts";
import { systemClock } from "../base/clock.ts";
import { isDirectory, type WorkspaceNode } from "./workspace-node.ts";

/** A file of the model: shared by all its names. Undefined for a directory. */
type Inode = { bytes: Uint8Array } | undefined;
type Model = Map<string, Inode>;

type Step =
  | {
      readonly do: "write";
      readonly path: string;
      readonly offset: number;
      readonly length: number;
      readonly fill: number;
    }
  | { readonly do: "truncate"; readonly path: string; readonly size: number }
  | { readonly do: "mkdir"; readonly path: string }
  | { readonly do: "unlink"; readonly path: string }
  | { readonly do: "rmdir"; readonly path: string }
  | { readonly do: "rename"; readonly path: string; readonly to: string }
  | { readonly do: "link"; readonly path: string; readonly to: string }
  | Pause;
type Pause = { readonly do: "save" | "reload" };

const name = fc.constantFrom("a", "b", "c");
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
const offset = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom(131_071, 131_072, 262_000, 300_000));
const length = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constantFrom(131_072, 140_000));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("write" as const), path, offset, length, fill: fc.nat(255) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("truncate" as const), path, size: offset }) },
  {
    weight: 8,
    arbitrary: fc.oneof(
      ...(["mkdir", "unlink", "rmdir"] as const).map((what) => fc.record({ do: fc.constant(what), path })),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.oneof(
      ...(["rename", "link"] as const).map((what) => fc.record({ do: fc.constant(what), path, to: path })),
    ),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("save" as const, "reload" as const) }) },
);

const isPause = (each: Step): each is Pause => each.do === "save" || each.do === "reload";
const parentOf = (text: string): string => text.slice(0, Math.max(0, text.lastIndexOf("/")));
const below = (model: Model, directory: string): string[] =>
  [...model.keys()].filter((each) => each.startsWith(`${directory}/`));

/** The error of a path whose directory is not there. */
function missing(model: Model, text: string): number | undefined {
  for (let at = parentOf(text); at !== ""; at = parentOf(at)) {
    if (!model.has(at)) continue;
    if (model.get(at) !== undefined) return ERRNO.ENOTDIR;
    return at === parentOf(text) ? undefined : ERRNO.ENOENT;
  }
  return parentOf(text) === "" ? undefined : ERRNO.ENOENT;
}

type Handler<T> = (model: Model, each: T) => number | undefined;
type StepOf<T> = Extract<Step, { readonly do: T }>;

const writeModel: Handler<StepOf<"write">> = (model, { path: at, offset: from, length: count, fill }) => {
  const file = model.get(at) ?? { bytes: new Uint8Array(0) };
  if (model.has(at) && model.get(at) === undefined) return ERRNO.EISDIR;
  const bytes = new Uint8Array(Math.max(file.bytes.length, from + count));
  bytes.set(file.bytes);
  bytes.fill(fill, from, from + count);
  file.bytes = bytes;
  model.set(at, file);
  return undefined;
};

const truncateModel: Handler<StepOf<"truncate">> = (model, { path: at, size }) => {
  const inode = model.get(at);
  if (inode === undefined) return model.has(at) ? ERRNO.EISDIR : ERRNO.ENOENT;
  const bytes = new Uint8Array(size);
  bytes.set(inode.bytes.subarray(0, size));
  inode.bytes = bytes;
  return undefined;
};

const makeModel: Handler<{ readonly path: string }> = (model, { path: at }) => {
  if (model.has(at)) return ERRNO.EEXIST;
  model.set(at, undefined);
  return undefined;
};

const removeModel: Handler<StepOf<"unlink" | "rmdir">> = (model, each) => {
  if (!model.has(each.path)) return ERRNO.ENOENT;
  const isFile = model.get(each.path) !== undefined;
  if (each.do === "unlink" && !isFile) return ERRNO.EISDIR;
  if (each.do === "rmdir" && isFile) return ERRNO.ENOTDIR;
  if (below(model, each.path).length > 0) return ERRNO.ENOTEMPTY;
  model.delete(each.path);
  return undefined;
};

const linkModel: Handler<StepOf<"link">> = (model, { path: at, to }) => {
  if (!model.has(at)) return ERRNO.ENOENT;
  const wrong = missing(model, to);
  if (wrong !== undefined) return wrong;
  const inode = model.get(at);
  if (inode === undefined) return ERRNO.EPERM;
  if (model.has(to)) return ERRNO.EEXIST;
  model.set(to, inode);
  return undefined;
};

const renameModel: Handler<StepOf<"rename">> = (model, { path: at, to }) => {
  const wrong = missing(model, to) ?? (model.has(at) ? undefined : ERRNO.ENOENT);
  if (wrong !== undefined) return wrong;
  if (to.startsWith(`${at}/`)) return ERRNO.EINVAL;
  const [inode, replaced] = [model.get(at), model.get(to)];
  if (at === to || (inode !== undefined && replaced === inode)) return undefined;
  if (model.has(to) && inode === undefined && replaced !== undefined) return ERRNO.ENOTDIR;
  if (model.has(to) && inode !== undefined && replaced === undefined) return ERRNO.EISDIR;
  if (below(model, to).length > 0) return ERRNO.ENOTEMPTY;
  const moved = [at, ...below(model, at)].map((old) => [old, model.get(old)] as const);
  for (const [old] of moved) model.delete(old);
  for (const [old, file] of moved) model.set(to + old.slice(at.length), file);
  return undefined;
};

/** What a step does to the model, or the error that it gives. */
function inModel(model: Model, each: Step): number | undefined {
  if (isPause(each)) return undefined;
  const wrong = missing(model, each.path);
  if (wrong !== undefined) return wrong;
  if (each.do === "write") return writeModel(model, each);
  if (each.do === "truncate") return truncateModel(model, each);
  if (each.do === "mkdir") return makeModel(model, each);
  if (each.do === "link") return linkModel(model, each);
  if (each.do === "rename") return renameModel(model, each);
  return removeModel(model, each);
}

/** The same in the workspace. */
async function inWorkspace({ tree }: Workspace, each: Step): Promise<number | undefined> {
  if (isPause(each)) return undefined;
  const at = (text: string) => {
    const { parent, name: last, node } = resolvePath(tree.root, text);
    return { parent: parent as WorkspaceNode, name: last, node };
  };
  const existing = (node: WorkspaceNode | undefined): WorkspaceNode => {
    if (node === undefined) throw new FileError(ERRNO.ENOENT);
    return node;
  };
  try {
    const { parent, name: last, node } = at(each.path);
    switch (each.do) {
      case "write": {
        const file = node ?? tree.create(parent, last, { mode: S_IFREG | 0o644, uid: 0, gid: 0 });
        await whenReady(() => tree.write(file, each.offset, new Uint8Array(each.length).fill(each.fill)));
        break;
      }
      case "truncate":
        tree.setAttributes(existing(node), { size: each.size });
        break;
      case "mkdir":
        tree.create(parent, last, { mode: S_IFDIR | 0o755, uid: 0, gid: 0 });
        break;
      case "unlink":
      case "rmdir":
        tree.unlink(parent, last, { directory: each.do === "rmdir" });
        break;
      case "link": {
        const target = existing(node);
        const to = at(each.to);
        tree.link(target, to.parent, to.name);
        break;
      }
      case "rename": {
        const to = at(each.to);
        tree.rename(parent, last, to.parent, to.name);
        break;
      }
    }
    return undefined;
  } catch (error) {
    if (error instanceof FileError) return error.errno;
    throw error;
  }
}

/** Paths with their content, as text that can be compared. */
async function contentOf({ tree }: Workspace): Promise<string> {
  const lines: string[] = [];
  for (const [each, node] of filesBelow(tree.root)) {
    if (isDirectory(node)) lines.push(`${each}/ ${node.nlink}`);
    else {
      const bytes = new Uint8Array(node.content?.size ?? 0);
      await whenReady(() => node.content?.read(0, bytes));
      lines.push(`${each} ${node.nlink} ${hash(bytes)}`);
    }
  }
  return lines.toSorted().join("\n");
}

function modelContent(model: Model): string {
  const lines = [...model].map(([each, inode]) => {
    if (inode !== undefined) {
      const links = [...model.values()].filter((other) => other === inode).length;
      return `${each} ${links} ${hash(inode.bytes)}`;
    }
    const directories = below(model, each).filter(
      (other) => parentOf(other) === each && model.get(other) === undefined,
    ).length;
    return `${each}/ ${2 + directories}`;
  });
  return lines.toSorted().join("\n");
}

function hash(bytes: Uint8Array): string {
  let value = 0;
  for (const byte of bytes) value = (Math.imul(value, 31) + byte) | 0;
  return `${bytes.length}:${value}`;
}

const CHECKPOINT_EVERY = 3;

interface Stores {
  readonly records: RecordStore;
  readonly blobs: BlobStore;
}

const openOn = (stores: Stores): Promise<Workspace> =>
  Workspace.open({
    ...stores,
    clock: systemClock,
    saveDelayMs: 1e9,
    sample: {},
    checkpointEvery: CHECKPOINT_EVERY,
    cacheBytes: 150_000,
  });

it("does what the model does, also when it is saved and opened again in between", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const stores: Stores = { records: new MemoryRecordStore(), blobs: new MemoryBlobStore() };
      const model: Model = new Map();
      let workspace = await openOn(stores);
      for (const each of steps) {
        if (each.do === "save") await workspace.flush();
        if (each.do === "reload") {
          await workspace[Symbol.asyncDispose]();
          workspace = await openOn(stores);
        }
        expect([each, await inWorkspace(workspace, each)]).toEqual([each, inModel(model, each)]);
      }
      expect(await contentOf(workspace)).toBe(modelContent(model));
      const { usedBytes, files } = workspace.tree.quota;
      await workspace[Symbol.asyncDispose]();
      const again = await openOn(stores);
      expect(await contentOf(again)).toBe(modelContent(model));
      expect(again.tree.quota).toMatchObject({ usedBytes, files });
      await again[Symbol.asyncDispose]();
    }),
    { numRuns: 60 },
  );
}, 60_000);

/** Stores that a crash ends: after so many changes nothing is written any more. */
function mortal(stores: Stores, changes: number): Stores {
  let left = changes;
  const live = (): void => {
    if (left === 0) throw new Error("crashed");
    left -= 1;
  };
  const { records, blobs } = stores;
  return {
    records: {
      get: (key) => records.get(key),
      entries: (prefix) => records.entries(prefix),
      set: async (key, value) => {
        live();
        await records.set(key, structuredClone(value));
      },
      delete: async (key) => {
        live();
        await records.delete(key);
      },
    },
    blobs: {
      stat: (digest) => blobs.stat(digest),
      open: (digest, range) => blobs.open(digest, range),
      list: () => blobs.list(),
      delete: async (digest) => {
        live();
        await blobs.delete(digest);
      },
      ingest: async (digest) => {
        live();
        const ingest = await blobs.ingest(digest);
        return {
          offsetBytes: ingest.offsetBytes,
          truncate: () => ingest.truncate(),
          write: async (chunk: Uint8Array) => {
            live();
            await ingest.write(chunk);
          },
          commit: async (expected?: { sizeBytes?: number }) => {
            live();
            await ingest.commit(expected);
          },
          [Symbol.asyncDispose]: () => ingest[Symbol.asyncDispose](),
        };
      },
    },
  };
}

const flat = fc.constantFrom("a", "b", "c");
const small = fc.integer({ min: 1, max: 30 });
const crashStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      path: flat,
      offset: small,
      length: small,
      fill: fc.nat(255),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("unlink" as const), path: flat }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("rename" as const), path: flat, to: flat }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("save" as const), isAwaited: fc.boolean() }) },
);

it("is, after a crash at any moment, as it was at one moment since the last save that came to its end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(crashStep, { minLength: 10, maxLength: 60 }), fc.nat(100), async (steps, changes) => {
      const stores: Stores = { records: new MemoryRecordStore(), blobs: new MemoryBlobStore() };
      const dying = await openOn(mortal(stores, changes));
      let possible = [""];
      const started: Promise<void>[] = [];
      for (const each of steps) {
        if (each.do !== "save") {
          await inWorkspace(dying, each);
          possible.push(await contentOf(dying));
          continue;
        }
        const before = possible.at(-1) as string;
        const saving = dying.flush();
        started.push(saving.catch((error: unknown) => expect(error).toMatchObject({ message: "crashed" })));
        if (!each.isAwaited) continue;
        const isSaved = await saving.then(
          () => true,
          () => false,
        );
        if (isSaved) possible = [before];
      }
      await Promise.all(started);
      const after = await openOn(stores);
      expect(possible).toContain(await contentOf(after));
      // It goes on from there, and what the crash left behind is gone in the end.
      await inWorkspace(after, { do: "write", path: "c", offset: 0, length: 1, fill: 1 });
      for (let count = 0; count < 2 * CHECKPOINT_EVERY; count += 1) {
        await inWorkspace(after, { do: "write", path: "c", offset: 0, length: 1, fill: count });
        await after.flush();
      }
      const expected = await contentOf(after);
      await after[Symbol.asyncDispose]();
      const last = await openOn(stores);
      expect(await contentOf(last)).toBe(expected);
      const files = [...filesBelow(last.tree.root)].filter(([, node]) => (node.content?.size ?? 0) > 0);
      expect((await blobsOf(stores)).length).toBeLessThanOrEqual(files.length + 1);
      await last[Symbol.asyncDispose]();
    }),
    { numRuns: 150, endOnFailure: true },
  );
}, 60_000);

async function blobsOf({ blobs }: Stores): Promise<string[]> {
  const found: string[] = [];
  for await (const { digest } of blobs.list()) found.push(digest);
  return found;
}
