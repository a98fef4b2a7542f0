import { expect, it } from "vitest";
import { systemClock } from "../base/clock.ts";
import { EngineError } from "../base/errors.ts";
import { collectText, encodeUtf8, streamOf } from "../base/streams.ts";
import type { BlobStore } from "../content/blob-store.ts";
import { MemoryBlobStore } from "../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { ERRNO } from "../guest/errno.ts";
import { readTar } from "../oci/layer-tar.ts";
import { LeavesWorkspace, resolvePath } from "./resolve-path.ts";
import { WorkspaceClient } from "./test-workspace-client.ts";
import { extractTar, workspaceTar } from "./workspace-tar.ts";
import { VersionMismatch, Workspace, type WorkspaceOptions } from "./workspace.ts";
import type { WorkspaceChange } from "./workspace-tree.ts";

const text = (content: string) => streamOf(encodeUtf8(content));

interface Stores {
  readonly records: MemoryRecordStore;
  readonly blobs: BlobStore;
}

const newStores = (): Stores => ({ records: new MemoryRecordStore(), blobs: new MemoryBlobStore() });

const openOn = (stores: Stores, options: Partial<WorkspaceOptions> = {}): Promise<Workspace> =>
  Workspace.open({ ...stores, clock: systemClock, saveDelayMs: 1, sample: {}, ...options });

async function readText(workspace: Workspace, path: string): Promise<string> {
  return collectText((await workspace.read(path)).body);
}

it("has an example only when it never existed before", async () => {
  const stores = newStores();
  const sample = { "a/file": "hello" };
  const first = await openOn(stores, { sample });
  expect(await readText(first, "a/file")).toBe("hello");
  first.remove("a");
  await first[Symbol.asyncDispose]();
  const second = await openOn(stores, { sample });
  expect([...(second.tree.root.entries?.keys() ?? [])]).toEqual([]);
  await second[Symbol.asyncDispose]();
});

it("saves by itself, a moment after a change", async () => {
  const stores = newStores();
  const workspace = await openOn(stores);
  await workspace.write("a", text("one"));
  await expect.poll(async () => (await stores.records.entries("workspace/log/")).length).toBeGreaterThan(0);
  await expect.poll(async () => readText(await openOn(stores, { saveDelayMs: 1e9 }), "a").catch(() => "")).toBe("one");
});

it("replaces a file only when it is the version that is meant", async () => {
  const workspace = await openOn(newStores());
  const first = await workspace.write("a", text("one"));
  const node = workspace.find("a");
  const second = await workspace.write("a", text("two"), { ifMatch: first });
  expect(second).not.toBe(first);
  await expect(workspace.write("a", text("three"), { ifMatch: first })).rejects.toThrow(VersionMismatch);
  await expect(workspace.write("new", text("x"), { ifMatch: first })).rejects.toThrow(VersionMismatch);
  expect(await readText(workspace, "a")).toBe("two");
  expect(workspace.find("a")).toBe(node);
  expect((await workspace.read("a")).etag).toBe(second);
});

it("does not touch a file when what replaces it does not fit", async () => {
  const workspace = await openOn(newStores(), { limits: { maxBytes: 100, maxFiles: 10 } });
  await workspace.write("a", text("x".repeat(60)));
  await workspace.write("b", text("y".repeat(30)));
  await expect(workspace.write("b", text("z".repeat(50)))).rejects.toMatchObject({ errno: ERRNO.ENOSPC });
  expect(await readText(workspace, "b")).toBe("y".repeat(30));
  await workspace.write("a", text("x".repeat(70)));
});

it("keeps everything when storage is full, refuses more, and saves when there is room again", async () => {
  const blobs = new MemoryBlobStore();
  let isFull = false;
  const limited: BlobStore = {
    stat: (digest) => blobs.stat(digest),
    open: (digest, range) => blobs.open(digest, range),
    list: () => blobs.list(),
    delete: (digest) => blobs.delete(digest),
    ingest: async (digest) => {
      if (isFull) throw new EngineError("unavailable", "no space left in the browser's storage for this page");
      return blobs.ingest(digest);
    },
  };
  const stores = { records: new MemoryRecordStore(), blobs: limited };
  const reports: unknown[] = [];
  const workspace = await openOn(stores, { saveDelayMs: 1e9, report: (error) => reports.push(error) });
  const client = new WorkspaceClient(workspace.server);
  await client.version();
  const root = await client.attachAs(0);
  await client.writeFile(root, "kept", "kept");
  isFull = true;
  const fid = await client.walk(root, "kept");
  await expect(client.fsync(fid)).rejects.toMatchObject({ errno: ERRNO.ENOSPC });
  await expect(client.writeFile(root, "more", "more")).rejects.toMatchObject({ errno: ERRNO.ENOSPC });
  await expect(workspace.write("more", text("more"))).rejects.toMatchObject({ errno: ERRNO.ENOSPC });
  expect(await client.readText(root, "kept")).toBe("kept");
  isFull = false;
  await client.fsync(fid);
  await client.writeFile(root, "more", "more");
  await workspace[Symbol.asyncDispose]();
  const again = await openOn(stores);
  expect(await readText(again, "more")).toBe("more");
});

it("writes no more when another page has taken the same workspace", async () => {
  const stores = newStores();
  const first = await openOn(stores, { saveDelayMs: 1e9 });
  await first.write("a", text("first"));
  await first.flush();
  const second = await openOn(stores, { saveDelayMs: 1e9 });
  await second.write("a", text("second"));
  await second.flush();
  await first.write("a", text("first again"));
  await expect(first.flush()).rejects.toMatchObject({ kind: "conflict" });
  const third = await openOn(stores, { saveDelayMs: 1e9 });
  expect(await readText(third, "a")).toBe("second");
});

it("tells each side's changes, put together", async () => {
  const workspace = await openOn(newStores());
  const told: WorkspaceChange[] = [];
  using _ = workspace.events.subscribe((changes) => told.push(...changes));
  const client = new WorkspaceClient(workspace.server);
  await client.version();
  const root = await client.attachAs(0);
  await client.writeFile(root, "log", "1");
  for (let count = 0; count < 50; count += 1) await client.writeFile(root, "log", String(count));
  await client.writeFile(root, "temporary", "x");
  await client.unlink(root, "temporary");
  await expect.poll(() => told).toEqual([{ path: "log", kind: "created", origin: "guest" }]);
  told.length = 0;
  await workspace.write("page", text("x"));
  await expect.poll(() => told).toEqual([{ path: "page", kind: "created", origin: "api" }]);
  told.length = 0;
  workspace.rename("page", "moved");
  await expect.poll(() => told).toEqual([{ path: "moved", kind: "renamed", origin: "api", from: "page" }]);
});

it("resolves symlinks as the kernel does, and says when they lead out", async () => {
  const { tree } = await openOn(newStores());
  const link = (name: string, target: string) =>
    tree.create(tree.root, name, { mode: 0o120777, uid: 0, gid: 0, target });
  const directory = tree.create(tree.root, "d", { mode: 0o040755, uid: 0, gid: 0 });
  const file = tree.create(directory, "f", { mode: 0o100644, uid: 0, gid: 0 });
  link("in", "d/../d/./f");
  link("absolute", "/root/workspace/d");
  link("out", "/etc/passwd");
  link("up", "../outside");
  link("loop", "loop");
  const find = (path: string) => resolvePath(tree.root, path, { follow: true }).node;
  expect(find("in")).toBe(file);
  expect(find("absolute/f")).toBe(file);
  expect(find("/root/workspace/absolute/../d/f")).toBe(file);
  expect(resolvePath(tree.root, "out").node?.target).toBe("/etc/passwd");
  for (const path of ["out", "up", "out/x", "../x", "/etc", "/root/workspaces", "d/../../x"])
    expect(() => find(path), path).toThrow(LeavesWorkspace);
  expect(() => find("loop")).toThrow(expect.objectContaining({ errno: ERRNO.ELOOP }));
  expect(() => find("d/f/g")).toThrow(expect.objectContaining({ errno: ERRNO.ENOTDIR }));
  expect(() => find("a\0b")).toThrow(expect.objectContaining({ errno: ERRNO.EINVAL }));
});

it("comes out of a tar file as it went in", async () => {
  const workspace = await openOn(newStores());
  const { tree } = workspace;
  await workspace.write("d/e/large", text("x".repeat(600_000)));
  await workspace.write("d/small", text("s"));
  tree.link(workspace.find("d/small"), workspace.find("d/e"), "hard");
  tree.create(workspace.find("d"), "soft", { mode: 0o120777, uid: 0, gid: 0, target: "e/large" });
  tree.setAttributes(workspace.find("d/small"), { mode: 0o751, mtime: { seconds: 1_000_000_000, nanoseconds: 0 } });
  const copy = workspace.makeDirectory("copy");
  await extractTar(workspace, copy, workspaceTar(workspace, workspace.find("d"), ""));
  expect(await readText(workspace, "copy/soft")).toBe("x".repeat(600_000));
  expect(workspace.find("copy/e/hard")).toBe(workspace.find("copy/small"));
  expect(workspace.find("copy/small")).toMatchObject({ mode: 0o100751, mtime: { seconds: 1_000_000_000 } });
  const names: string[] = [];
  for await (const { entry } of readTar(workspaceTar(workspace, workspace.find("d"), "top"))) names.push(entry.path);
  expect(names).toEqual(["top", "top/e", "top/e/hard", "top/e/large", "top/small", "top/soft"]);
});

it("does not unpack through a symlink", async () => {
  const workspace = await openOn(newStores());
  const { tree } = workspace;
  const target = workspace.makeDirectory("elsewhere");
  await workspace.write("src/link/file", text("x"));
  const into = workspace.makeDirectory("into");
  tree.create(into, "link", { mode: 0o120777, uid: 0, gid: 0, target: "../elsewhere" });
  const tar = workspaceTar(workspace, workspace.find("src"), "");
  await expect(extractTar(workspace, into, tar)).rejects.toMatchObject({ errno: ERRNO.ENOTDIR });
  expect(target.entries?.size).toBe(0);
});
