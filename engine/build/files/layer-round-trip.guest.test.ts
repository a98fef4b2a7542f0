/** Layers keep everything: what Linux has written comes back the same. Needs the artifacts of `public/guest/`. */
import { EMPTY_FILES } from "../../archive/empty-files.ts";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { diffLayer } from "../../archive/layer-diff.ts";
import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import { tarPieceOf } from "../../archive/tree-tar.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../../base/file-types.ts";
import { collect, streamOf } from "../../base/streams.ts";
import { MemoryBlobStore } from "../../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../../content/memory-record-store.ts";
import { decodeTree, encodeTree, type TreeEntry, treeHeader } from "../../guest/tree.ts";
import { bootGuest, type V86Guest } from "../../guest/v86-guest.ts";
import { createFileAssets } from "../../node/file-assets.ts";
import { type Digest, digestOf } from "../../oci/digest.ts";
import { writeTar } from "../../oci/tar-writer.ts";
import { LayerStack } from "../../snapshots/layer-stack.ts";
import { createRootTree } from "../../snapshots/memory-tree.ts";
import { FileTreeServer } from "../../snapshots/nine-p-server.ts";
import { OverlaySnapshotter } from "../../snapshots/overlay-snapshotter.ts";
import { StoredLayers } from "../../snapshots/stored-layers.ts";
import { planCopy } from "./copy-step.ts";
import { entriesAt, entriesOf, type RandomChange, randomChanges, randomTree } from "./random-tree.ts";
import { nameOf, parentOf } from "./tree-path.ts";

const assets = createFileAssets(join(import.meta.dirname, "..", "..", "..", "public"));
let guest: V86Guest;
let layers: StoredLayers;
let snapshotter: OverlaySnapshotter;
let mounts = 0;

beforeAll(async () => {
  const server = new FileTreeServer();
  server.add("rootfs", createRootTree(assets.read("guest/rootfs.tar.gz"), "rootfs"));
  layers = new StoredLayers({ blobs: new MemoryBlobStore(), records: new MemoryRecordStore(), exports: server });
  guest = await bootGuest({
    emulator: await assets.emulator(),
    bios: await assets.read("guest/bios.bin"),
    vgaBios: await assets.read("guest/vgabios.bin"),
    bzImage: await assets.read("guest/bzImage"),
    initramfs: await assets.read("guest/initramfs.cpio.gz"),
    ninePServer: server,
  });
  snapshotter = await OverlaySnapshotter.open({ records: new MemoryRecordStore(), layers, guest });
});

afterAll(async () => {
  await guest?.[Symbol.asyncDispose]();
});

async function store(
  tar: ReadableStream<Uint8Array>,
): Promise<{ readonly diffId: Digest; readonly bytes: Uint8Array }> {
  const bytes = await collect(tar);
  const diffId = await digestOf(bytes);
  if (!(await layers.has(diffId))) await layers.unpack(diffId, streamOf(bytes));
  return { diffId, bytes };
}

/** An overlay over these layers, for as long as it is held. */
async function mounted(list: readonly Digest[]): Promise<{ target: string; upper: string } & AsyncDisposable> {
  mounts += 1;
  const key = `round-trip-${mounts}`;
  await snapshotter.prepare(key, list);
  const { target, upper, data } = snapshotter.mounts(key);
  await guest.run([{ op: "mount", source: "overlay", target, type: "overlay", data }]);
  return {
    target,
    upper,
    [Symbol.asyncDispose]: async () => {
      await guest.run([{ op: "umount", target }]);
      await snapshotter.remove(key);
    },
  };
}

async function stackOf(list: readonly Digest[]): Promise<ReadableLowerFiles> {
  return new LayerStack(await Promise.all(list.map((diffId) => layers.openTree(diffId))));
}

type Listing = Record<string, string>;

/** Everything that a layer keeps, by path. Directories have the time of their last entry, which is no matter of a layer. */
async function describeEntry(entry: TreeEntry, content: Uint8Array): Promise<string> {
  const type = entry.mode & S_IFMT;
  const isLink = type === S_IFLNK;
  const parts = [
    (isLink ? type : entry.mode).toString(8),
    `${entry.uid}:${entry.gid}`,
    type === S_IFDIR ? "" : `@${entry.mtimeSeconds}`,
    `${entry.major},${entry.minor}`,
    isLink ? `-> ${entry.link}` : "",
    type === S_IFREG ? `${content.length} ${await digestOf(content)}` : "",
    ...entry.xattrs
      .filter(([name]) => !name.startsWith("trusted.overlay."))
      .map(([name, value]) => `${name}=${String(value)}`)
      .toSorted(),
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** Names of one file stand together, whichever of them comes first. */
function withLinks(listing: Listing, names: ReadonlyMap<string, readonly string[]>): Listing {
  const result = { ...listing };
  for (const group of names.values()) {
    const [first = "", ...rest] = group.toSorted();
    const text = group.map((name) => listing[name] ?? "").find((line) => line !== "") ?? "";
    result[first] = text;
    for (const name of rest) result[name] = `= ${first}`;
  }
  return result;
}

async function listEntries(entries: AsyncIterable<TreeEntry> | Iterable<TreeEntry>): Promise<Listing> {
  const listing: Listing = {};
  const names = new Map<string, string[]>();
  for await (const entry of entries) {
    if (entry.path === "") continue;
    if (entry.hard) {
      listing[entry.path] = "";
      const group = names.get(entry.link) ?? [entry.link];
      group.push(entry.path);
      names.set(entry.link, group);
    } else listing[entry.path] = await describeEntry(entry, await collect(entry.content));
  }
  return withLinks(listing, names);
}

async function listGuest(path: string): Promise<Listing> {
  return await listEntries(decodeTree(await guest.readTree(path)));
}

async function listFiles(files: ReadableLowerFiles): Promise<Listing> {
  const listing: Listing = {};
  const names = new Map<string, string[]>();
  const visit = async (directory: string): Promise<void> => {
    for (const name of files.names(directory)) {
      const path = directory === "" ? name : `${directory}/${name}`;
      const file = files.find(path);
      if (file === undefined) throw new Error(`${path} has a name but is not there`);
      const identity = (file.mode & S_IFMT) === S_IFDIR ? undefined : files.identity(path);
      if (identity !== undefined) names.set(identity, [...(names.get(identity) ?? []), path]);
      const content = (file.mode & S_IFMT) === S_IFREG ? await collect(files.read(path)) : new Uint8Array();
      const header = treeHeader({ ...file, path, link: files.readLink(path) });
      listing[path] = await describeEntry({ ...header, content: streamOf() }, content);
      if ((file.mode & S_IFMT) === S_IFDIR) await visit(path);
    }
  };
  await visit("");
  return withLinks(listing, names);
}

/** Makes the changes in the guest, as a container would. */
async function apply(target: string, paths: readonly string[], changes: readonly RandomChange[]): Promise<void> {
  const gone = new Set<string>();
  const isGone = (path: string): boolean => path !== "" && (gone.has(path) || isGone(parentOf(path)));
  for (const change of changes) {
    const path = paths[change.at % paths.length];
    if (path === undefined || isGone(path)) continue;
    const real = `${target}/${path}`;
    if (change.kind === "remove" || change.kind === "replace") await guest.run([{ op: "remove", path: real }]);
    if (change.kind === "remove") gone.add(path);
    else if (change.kind === "attributes") {
      const { mode, uid, gid } = change.attributes;
      const [stat] = await guest.run([{ op: "stat", path: real }]);
      if (stat === undefined) continue;
      await guest.run([{ op: "chown", path: real, uid, gid }]);
      // chmod(2) would follow a symlink.
      const header = await entryAt(real);
      if ((header.mode & S_IFMT) !== S_IFLNK) await guest.run([{ op: "chmod", path: real, mode }]);
    } else {
      const before = change.kind === "write" ? await entryAt(real) : undefined;
      const isOtherKind =
        before !== undefined && ((before.mode & S_IFMT) === S_IFDIR) !== (change.node.type === "directory");
      if (isOtherKind) continue;
      await guest.writeTree(`${target}/${parentOf(path)}`, encodeTree(entriesAt(nameOf(path), change.node)));
      // What was in a directory before may have been replaced by something else.
      for (const below of paths) if (below.startsWith(`${path}/`)) gone.add(below);
    }
  }
}

async function entryAt(path: string): Promise<TreeEntry> {
  for await (const entry of decodeTree(await guest.readTree(path, { flags: 2 }))) return entry;
  throw new Error(`nothing at ${path}`);
}

test("a random tree survives tar, layer, overlay, changes, diff and tar", async () => {
  let runs = 0;
  let changed = 0;
  await fc.assert(
    fc.asyncProperty(randomTree, randomChanges, async (tree, changes) => {
      const entries = entriesOf(tree);
      const pieces = entries
        .map((entry) => tarPieceOf(entry, { path: entry.path }))
        .filter((piece) => piece !== undefined);
      const base = await store(writeTar(pieces));
      await using overlay = await mounted([base.diffId]);
      const expected = await listEntries(entriesOf(tree));
      expect(await listFiles(await stackOf([base.diffId]))).toEqual(expected);
      expect(await listGuest(overlay.target)).toEqual(expected);

      await apply(
        overlay.target,
        entries.map(({ path }) => path),
        changes,
      );
      const after = await listGuest(overlay.target);
      const lower = await stackOf([base.diffId]);
      const diff = await store(diffLayer(guest, overlay.upper, lower));
      const both = [base.diffId, diff.diffId];
      expect(await listFiles(await stackOf(both))).toEqual(after);
      await using again = await mounted(both);
      expect(await listGuest(again.target)).toEqual(after);
      expect((await store(diffLayer(guest, overlay.upper, lower))).diffId).toBe(diff.diffId);

      await using plan = planCopy(
        {
          instruction: "COPY",
          from: await stackOf(both),
          sources: ["/"],
          heredocs: [],
          destination: "/",
          workingDirectory: "",
        },
        { times: { madeSeconds: 0 } },
      );
      const copied = await store(writeTar(plan.pieces(EMPTY_FILES)));
      expect(await listFiles(await stackOf([copied.diffId]))).toEqual(after);
      runs += 1;
      if (JSON.stringify(after) !== JSON.stringify(expected)) changed += 1;
    }),
    { numRuns: 20, interruptAfterTimeLimit: 30_000, markInterruptAsFailure: false, endOnFailure: true },
  );
  expect(runs).toBeGreaterThanOrEqual(5);
  expect(changed).toBeGreaterThanOrEqual(3);
});
