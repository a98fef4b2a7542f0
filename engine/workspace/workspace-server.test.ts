import { beforeEach, describe, expect, it } from "vitest";
import { S_IFCHR, S_IFDIR, S_IFIFO } from "../base/file-types.ts";
import { concat, encodeUtf8 } from "../base/streams.ts";
import { Message } from "../snapshots/nine-p-messages.ts";
import type { ErrnoError } from "../snapshots/test-nine-p-client.ts";
import { DEFAULT_LIMITS } from "./quota.ts";
import {
  AT_REMOVEDIR,
  O_APPEND,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  WorkspaceClient,
} from "./test-workspace-client.ts";
import { WorkspaceServer } from "./workspace-server.ts";
import { WorkspaceTree } from "./workspace-tree.ts";

let nowMs = 0;
let tree: WorkspaceTree;
let server: WorkspaceServer;
let client: WorkspaceClient;
let root: number;
let flushed = 0;

const KIB = 1024;
const errno = (number: number) => expect.objectContaining({ errno: number }) as ErrnoError;
const [ENOENT, EBADF, EEXIST, ENOTDIR, EISDIR, EINVAL, ENOSPC] = [2, 9, 17, 20, 21, 22, 28];
const [EPERM, EBUSY, ENAMETOOLONG, ENOTEMPTY, ENODATA, ENOTSUP] = [1, 16, 36, 39, 61, 95];

beforeEach(async () => {
  nowMs = 1_700_000_000_000;
  flushed = 0;
  tree = new WorkspaceTree({ clock: { now: () => (nowMs += 1) }, limits: { maxBytes: 1024 * KIB, maxFiles: 100 } });
  server = new WorkspaceServer(tree, { flush: async () => void flushed++ });
  client = new WorkspaceClient(server);
  await client.version();
  root = await client.attachAs(0);
});

describe("files", () => {
  it("are made, written in any order, and read back", async () => {
    const fid = await client.create(root, "a", { mode: 0o640, gid: 7 });
    await client.write(fid, 300_000, "end");
    await client.write(fid, 0, "start");
    expect(await client.getattr(fid)).toMatchObject({ size: 300_003, mode: 0o100640, uid: 0, gid: 7, nlink: 1 });
    const expected = concat([encodeUtf8("start"), new Uint8Array(299_995), encodeUtf8("end")]);
    expect(await client.readFile(root, "a")).toEqual(expected);
  });

  it("belong to who has attached", async () => {
    const user = await client.attachAs(1000);
    await client.clunk(await client.create(user, "mine"));
    await client.mkdir(user, "dir");
    expect(await client.stat(root, "mine")).toMatchObject({ uid: 1000 });
    expect(await client.stat(root, "dir")).toMatchObject({ uid: 1000, mode: S_IFDIR | 0o755 });
  });

  it("are made once with O_EXCL, and opened when they are there without", async () => {
    await client.writeFile(root, "a", "old");
    await expect(client.create(root, "a", { flags: O_RDWR | O_EXCL })).rejects.toEqual(errno(EEXIST));
    const fid = await client.create(root, "a", { flags: O_RDWR });
    expect((await client.getattr(fid)).size).toBe(3);
    await client.writeFile(root, "a", "");
    expect((await client.getattr(fid)).size).toBe(0);
  });

  it("are emptied by O_TRUNC, and with O_APPEND written at their end wherever that is by then", async () => {
    await client.writeFile(root, "a", "one\n");
    const first = await client.walk(root, "a");
    await client.open(first, O_WRONLY | O_APPEND);
    const second = await client.walk(root, "a");
    await client.open(second, O_WRONLY | O_APPEND);
    await client.write(first, 0, "two\n");
    await client.write(second, 0, "three\n");
    expect(await client.readText(root, "a")).toBe("one\ntwo\nthree\n");
    const third = await client.walk(root, "a");
    await client.open(third, O_WRONLY | O_TRUNC);
    expect(await client.readText(root, "a")).toBe("");
  });

  it("are cut and made longer, and what comes back is zero", async () => {
    const fid = await client.create(root, "a");
    await client.write(fid, 0, new Uint8Array(200_000).fill(7));
    await client.setattr(fid, { size: 150_000 });
    await client.setattr(fid, { size: 180_000 });
    await client.write(fid, 190_000, "x");
    const content = await client.readFile(root, "a");
    expect(content.length).toBe(190_001);
    expect(content.subarray(0, 150_000).every((byte) => byte === 7)).toBe(true);
    expect(content.subarray(150_000, 190_000).every((byte) => byte === 0)).toBe(true);
  });

  it("live on while they are open, and take no room afterwards", async () => {
    const fid = await client.create(root, "a");
    await client.write(fid, 0, new Uint8Array(5000).fill(1));
    await client.unlink(root, "a");
    expect((await client.getattr(fid)).nlink).toBe(0);
    await client.write(fid, 5000, "more");
    expect((await client.read(fid, 4999, 10)).length).toBe(5);
    expect(tree.quota).toMatchObject({ usedBytes: 5004, files: 1 });
    await client.clunk(fid);
    expect(tree.quota).toMatchObject({ usedBytes: 0, files: 0 });
  });

  it("are told of as full when there is no more room, in bytes and in names", async () => {
    const fid = await client.create(root, "a");
    for (let at = 0; at < 1024; at += 16) await client.write(fid, at * KIB, new Uint8Array(16 * KIB));
    await expect(client.write(fid, 1024 * KIB, "x")).rejects.toEqual(errno(ENOSPC));
    expect(await client.statfs(root)).toEqual({ blockBytes: 4096, free: 0, freeFiles: 99 });
    await client.setattr(fid, { size: 0 });
    for (let count = 1; count < 100; count += 1) await client.mkdir(root, `d${count}`);
    await expect(client.mkdir(root, "one-too-many")).rejects.toEqual(errno(ENOSPC));
    expect((await client.statfs(root)).freeFiles).toBe(0);
    await client.unlink(root, "d1", AT_REMOVEDIR);
    await client.mkdir(root, "fits");
  });

  it("are written in part when only a part fits", async () => {
    const fid = await client.create(root, "a");
    for (let at = 0; at < 1020; at += 12) await client.write(fid, at * KIB, new Uint8Array(12 * KIB));
    expect(tree.quota.freeBytes).toBe(4 * KIB);
    await expect(client.write(fid, 1023 * KIB, new Uint8Array(2 * KIB))).rejects.toEqual(errno(ENOSPC));
    const other = await client.create(root, "b");
    expect(await client.write(other, 0, new Uint8Array(4 * KIB))).toBe(4 * KIB);
    await expect(client.write(other, 4 * KIB, "x")).rejects.toEqual(errno(ENOSPC));
  });
});

describe("attributes", () => {
  it("are set one by one, and times by whom they are told", async () => {
    await client.writeFile(root, "a", "x");
    const fid = await client.walk(root, "a");
    await client.setattr(fid, { mode: 0o104711, uid: 5, gid: 6, mtime: 1_000_000_000 });
    expect(await client.getattr(fid)).toMatchObject({ mode: 0o104711, uid: 5, gid: 6, mtimeSeconds: 1_000_000_000 });
    await client.setattr(fid, { mtime: "now" });
    expect(await client.getattr(fid)).toMatchObject({ mtimeSeconds: 1_700_000_000 });
  });

  it("of a directory change with what is in it", async () => {
    await client.mkdir(root, "d");
    const before = await client.stat(root, "d");
    nowMs += 5000;
    await client.mkdir(root, "d/sub");
    const after = await client.stat(root, "d");
    expect(after.mtimeSeconds).toBe(before.mtimeSeconds + 5);
    expect([before.nlink, after.nlink]).toEqual([2, 3]);
    await client.rename(root, "d/sub", "sub");
    expect((await client.stat(root, "d")).nlink).toBe(2);
    expect((await client.stat(root, "")).nlink).toBe(4);
  });

  it("hand a shared directory's group on", async () => {
    await client.mkdir(root, "team", 0o2775, 42);
    await client.mkdir(root, "team/sub", 0o755, 1);
    expect(await client.stat(root, "team/sub")).toMatchObject({ gid: 42, mode: S_IFDIR | 0o2755 });
  });

  it("of one's own are kept, but no access control lists", async () => {
    await client.writeFile(root, "a", "x");
    const fid = await client.walk(root, "a");
    await client.setXattr(fid, "user.note", "hello");
    await client.setXattr(fid, "user.empty", "");
    expect(await client.xattr(fid, "")).toBe("user.note\0user.empty\0");
    expect(await client.xattr(fid, "user.note")).toBe("hello");
    await expect(client.setXattr(fid, "user.note", "again", 1)).rejects.toEqual(errno(EEXIST));
    await expect(client.setXattr(fid, "user.other", "x", 2)).rejects.toEqual(errno(ENODATA));
    await client.setXattr(fid, "user.note", undefined);
    await expect(client.xattr(fid, "user.note")).rejects.toEqual(errno(ENODATA));
    await expect(client.setXattr(fid, "system.posix_acl_access", "x")).rejects.toEqual(errno(ENOTSUP));
    await expect(client.xattr(fid, "system.posix_acl_access")).rejects.toEqual(errno(ENOTSUP));
    await expect(client.setXattr(fid, "user.large", "x".repeat(70_000).slice(0, 10_000))).resolves.toBeUndefined();
    await client.unlink(root, "a");
    await client.clunk(fid);
    expect(tree.quota.usedBytes).toBe(0);
  });
});

describe("names", () => {
  it("are read in the order in which they were made, also while they go", async () => {
    for (let count = 0; count < 60; count += 1) await client.mkdir(root, `name-${count}`);
    const fid = await client.walk(root, "");
    await client.open(fid, O_RDONLY);
    const seen: string[] = [];
    for (let cookie = 0; ;) {
      const from = cookie;
      const answer = await client.request(Message.readdir, (out) => out.u32(fid).u64(from).u32(300));
      const length = answer.u32();
      if (length === 0) break;
      for (let used = 0; used < length;) {
        answer.raw(13);
        cookie = answer.u64();
        answer.u8();
        const name = new TextDecoder().decode(answer.string());
        used += 24 + name.length;
        if (name.startsWith(".")) continue;
        seen.push(name);
        await client.unlink(root, name, AT_REMOVEDIR);
      }
    }
    expect(seen).toEqual(Array.from({ length: 60 }, (_, count) => `name-${count}`));
    expect(await client.list(root, "")).toEqual([]);
  });

  it.each<[string, string, number]>([
    ["", "empty", EINVAL],
    ["a/b", "with a slash", ENOENT],
    [".", "the directory itself", EEXIST],
    ["..", "the directory above", EEXIST],
    ["x".repeat(256), "too long", ENAMETOOLONG],
    ["ü".repeat(128), "too long in bytes", ENAMETOOLONG],
  ])("like %j (%s) are refused", async (name, _, number) => {
    await expect(client.mkdir(root, name)).rejects.toEqual(errno(number));
  });

  it("with a slash or a NUL in one message are refused", async () => {
    for (const name of ["a/b", "../up", "a\0b"]) {
      const made = client.request(Message.mkdir, (out) => out.u32(root).string(encodeUtf8(name)).u32(0o755).u32(0));
      await expect(made).rejects.toEqual(errno(EINVAL));
    }
    expect(await client.list(root, "")).toEqual([]);
  });

  it("do not lead above the root", async () => {
    await client.writeFile(root, "a", "x");
    const up = await client.walk(root, "../../..");
    expect((await client.getattr(up)).qidPath).toBe((await client.stat(root, "")).qidPath);
    await expect(client.walk(root, "a/..")).rejects.toEqual(errno(ENOENT));
  });

  it("go one by one: a file stays until its last", async () => {
    await client.writeFile(root, "a", "shared");
    await client.link(root, "a", "b");
    expect(await client.stat(root, "a")).toMatchObject({ nlink: 2 });
    await client.unlink(root, "a");
    expect(await client.readText(root, "b")).toBe("shared");
    expect(await client.stat(root, "b")).toMatchObject({ nlink: 1 });
    await client.mkdir(root, "d");
    await expect(client.link(root, "d", "e")).rejects.toEqual(errno(EPERM));
  });

  it("are refused to devices, not to pipes", async () => {
    await expect(client.mknod(root, "null", S_IFCHR | 0o666)).rejects.toEqual(errno(EPERM));
    await client.mknod(root, "pipe", S_IFIFO | 0o600);
    expect((await client.stat(root, "pipe")).mode).toBe(S_IFIFO | 0o600);
  });

  it("of directories go only when they are empty, and with rmdir", async () => {
    await client.mkdir(root, "d");
    await client.writeFile(root, "d/f", "x");
    await expect(client.unlink(root, "d", AT_REMOVEDIR)).rejects.toEqual(errno(ENOTEMPTY));
    await expect(client.unlink(root, "d")).rejects.toEqual(errno(EISDIR));
    await expect(client.unlink(root, "d/f", AT_REMOVEDIR)).rejects.toEqual(errno(ENOTDIR));
    await client.unlink(root, "d/f");
    const held = await client.walk(root, "d");
    await client.unlink(root, "d", AT_REMOVEDIR);
    const inGone = client.request(Message.mkdir, (out) => out.u32(held).string(encodeUtf8("x")).u32(0o755).u32(0));
    await expect(inGone).rejects.toEqual(errno(ENOENT));
  });
});

describe("rename", () => {
  it("replaces what is there, which lives on while it is open", async () => {
    await client.writeFile(root, "old", "old");
    await client.writeFile(root, "new", "new");
    const open = await client.walk(root, "old");
    await client.open(open);
    await client.rename(root, "new", "old");
    expect(await client.readText(root, "old")).toBe("new");
    expect(new TextDecoder().decode(await client.read(open, 0, 10))).toBe("old");
    expect(await client.list(root, "")).toEqual(["old"]);
  });

  it("does nothing between two names of one file", async () => {
    await client.writeFile(root, "a", "x");
    await client.link(root, "a", "b");
    await client.rename(root, "a", "b");
    expect(await client.list(root, "")).toEqual(["a", "b"]);
  });

  it("is refused where it makes no sense", async () => {
    await client.mkdir(root, "d");
    await client.mkdir(root, "d/e");
    await client.mkdir(root, "full");
    await client.writeFile(root, "full/f", "x");
    await client.writeFile(root, "f", "x");
    await expect(client.rename(root, "d", "d/e/x")).rejects.toEqual(errno(EINVAL));
    await expect(client.rename(root, "d", "full")).rejects.toEqual(errno(ENOTEMPTY));
    await expect(client.rename(root, "d", "f")).rejects.toEqual(errno(ENOTDIR));
    await expect(client.rename(root, "f", "d")).rejects.toEqual(errno(EISDIR));
    await expect(client.rename(root, "none", "x")).rejects.toEqual(errno(ENOENT));
    await expect(client.rename(root, "d/.", "x")).rejects.toEqual(errno(EBUSY));
    await client.rename(root, "d", "moved");
    expect(await client.list(root, "moved")).toEqual(["e"]);
  });

  it("moves what a fid holds (Trename)", async () => {
    await client.writeFile(root, "a", "x");
    await client.mkdir(root, "d");
    const [file, directory] = [await client.walk(root, "a"), await client.walk(root, "d")];
    await client.request(Message.rename, (out) => out.u32(file).u32(directory).string(encodeUtf8("b")));
    expect(await client.list(root, "d")).toEqual(["b"]);
    await expect(
      client.request(Message.rename, (out) => out.u32(root).u32(directory).string(encodeUtf8("r"))),
    ).rejects.toEqual(errno(EBUSY));
  });
});

describe("the session", () => {
  it("makes things durable on fsync, and says so when that fails", async () => {
    const fid = await client.create(root, "a");
    await client.fsync(fid);
    expect(flushed).toBe(1);
    const failing = new WorkspaceClient(new WorkspaceServer(tree, { flush: () => Promise.reject(new Error("full")) }));
    await failing.version();
    await expect(failing.fsync(await failing.attachAs(0))).rejects.toEqual(errno(ENOSPC));
  });

  it("lets go of everything when a new one begins", async () => {
    const fid = await client.create(root, "a");
    await client.write(fid, 0, "x");
    await client.unlink(root, "a");
    expect(server.fidCount).toBe(2);
    await client.version();
    expect(server.fidCount).toBe(0);
    expect(tree.quota).toMatchObject({ usedBytes: 0, files: 0 });
    await expect(client.getattr(fid)).rejects.toEqual(errno(EBADF));
  });

  it("removes with Tremove, and gives the fid up whatever comes of it", async () => {
    await client.mkdir(root, "d");
    await client.writeFile(root, "d/f", "x");
    const fid = await client.walk(root, "d");
    await expect(client.request(Message.remove, (out) => out.u32(fid))).rejects.toEqual(errno(ENOTEMPTY));
    await expect(client.clunk(fid)).rejects.toEqual(errno(EBADF));
    const file = await client.walk(root, "d/f");
    await client.request(Message.remove, (out) => out.u32(file));
    expect(await client.list(root, "d")).toEqual([]);
  });

  it("answers nonsense with errors and goes on", async () => {
    const requests: [type: number, bytes: number][] = Object.values(Message)
      .filter((type) => type !== Message.version && type !== Message.flush)
      .map((type) => [type, type]);
    for (const [type, length] of requests) {
      const bytes = new Uint8Array(7 + (length % 23)).fill(0xee);
      bytes.set([bytes.length, 0, 0, 0, type, 1, 0]);
      const answer = await client.exchange(bytes);
      expect([answer[4], type]).toEqual([7, type]);
    }
    await client.writeFile(root, "a", "fine");
    expect(await client.readText(root, "a")).toBe("fine");
  });

  it("has bounds that hold a playground", () => {
    expect(DEFAULT_LIMITS).toEqual({ maxBytes: 256 << 20, maxFiles: 10_000 });
  });
});
