import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { collect, encodeUtf8, streamOf } from "../base/streams.ts";
import { writeTar, type TarEntryFields } from "../oci/tar-writer.ts";
import type { FileTree } from "./file-tree.ts";
import { createMemoryTree, createRootTree } from "./memory-tree.ts";
import { Errno, Message, MessageWriter } from "./nine-p-messages.ts";
import { FileTreeServer } from "./nine-p-server.ts";
import { NinePClient, type ErrnoError } from "./test-nine-p-client.ts";

type Item = TarEntryFields & { readonly text?: string };

async function tarOf(items: readonly Item[]): Promise<Uint8Array<ArrayBuffer>> {
  const entries = items.map(({ text = "", ...fields }) => {
    const content = encodeUtf8(text);
    return { entry: { ...fields, size: content.length }, ...(content.length > 0 && { content: streamOf(content) }) };
  });
  return collect(writeTar(entries));
}

const items: readonly Item[] = [
  { path: "", type: "directory", mode: 0o755, mtimeSeconds: 7 },
  { path: "etc", type: "directory" },
  {
    path: "etc/hostname",
    text: "dock\n",
    mode: 0o640,
    uid: 1,
    gid: 42,
    mtimeSeconds: 1_700_000_000,
    mtimeNanoseconds: 123_456_789,
  },
  { path: "bin", type: "directory" },
  {
    path: "bin/busybox",
    text: "x".repeat(300_000),
    mode: 0o4755,
    xattrs: [
      ["security.capability", Uint8Array.of(1, 0, 0, 2)],
      ["user.a", encodeUtf8("b")],
    ],
  },
  { path: "bin/sh", type: "hard-link", link: "bin/busybox" },
  { path: "bin/link", type: "symlink", link: "../etc/hostname" },
  { path: "dev/sda", type: "block-device", major: 259, minor: 70_000 },
  { path: "dev/null", type: "character-device", major: 1, minor: 3, mode: 0o666 },
  { path: "dev/pipe", type: "fifo" },
  { path: ".wh.gone" },
  { path: "etc/.wh..wh..opq" },
];

const errnoOf = async (work: Promise<unknown>): Promise<number> =>
  work.then(
    () => 0,
    (error: unknown) => (error as ErrnoError).errno,
  );

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((resolvePromise) => (resolve = resolvePromise));
  return { promise, resolve };
}

describe("FileTreeServer", () => {
  let tree: FileTree;
  let server: FileTreeServer;
  let client: NinePClient;
  let root: number;

  beforeEach(async () => {
    tree = await createMemoryTree(await tarOf(items));
    server = new FileTreeServer();
    server.add("rootfs", { id: "root", tree });
    server.add("l/0123456789abcdef", { id: "0123456789abcdef", tree });
    client = new NinePClient(server);
    await client.version();
    root = await client.attach();
  });

  test("negotiates the version and the smaller message size", async () => {
    expect(await client.version(8192)).toEqual({ msize: 8192, version: "9P2000.L" });
    expect(await client.version(1_000_000)).toEqual({ msize: 512_000, version: "9P2000.L" });
    expect((await client.version(8192, "9P2000")).version).toBe("unknown");
    expect(await errnoOf(client.getattr(root)), "a new version forgets all fids").toBe(Errno.EBADF);
  });

  test("the export shows the root layer and a directory of layers", async () => {
    expect(await client.list(root, "")).toEqual(["l", "rootfs"]);
    expect(await client.list(root, "l")).toEqual(["0123456789abcdef"]);
    server.remove("l/0123456789abcdef");
    expect(await client.list(root, "l")).toEqual([]);
    expect(await errnoOf(client.walk(root, "l/0123456789abcdef"))).toBe(Errno.ENOENT);
  });

  test("attaching with a path starts there", async () => {
    expect(await client.list(await client.attach("rootfs/etc"), "")).toEqual(["hostname"]);
    expect(await client.list(await client.attach("/l/0123456789abcdef"), "etc")).toEqual(["hostname"]);
    expect(await errnoOf(client.attach("none"))).toBe(Errno.ENOENT);
  });

  test("attributes are exact", async () => {
    expect(await client.stat(root, "rootfs/etc/hostname")).toMatchObject({
      qidType: 0,
      mode: 0o100640,
      uid: 1,
      gid: 42,
      nlink: 1,
      rdev: 0,
      size: 5,
      mtimeSeconds: 1_700_000_000,
      mtimeNanoseconds: 123_456_789,
    });
    expect(await client.stat(root, "rootfs/bin/busybox")).toMatchObject({ mode: 0o104755, nlink: 2, size: 300_000 });
    expect(await client.stat(root, "rootfs")).toMatchObject({
      qidType: 0x80,
      mode: 0o40755,
      nlink: 5,
      mtimeSeconds: 7,
    });
    expect(await client.stat(root, "rootfs/bin/link")).toMatchObject({ qidType: 2, mode: 0o120644, size: 15 });
    expect(await client.stat(root, "rootfs/dev/pipe")).toMatchObject({ mode: 0o10644 });
    expect(await client.stat(root, "rootfs/dev/null")).toMatchObject({ mode: 0o20666, rdev: 0x103 });
    const { rdev } = await client.stat(root, "rootfs/dev/sda");
    expect([(rdev & 0xfff00) >> 8, (rdev & 0xff) | ((rdev >>> 12) & 0xfff00)], "new_decode_dev").toEqual([259, 70_000]);
    expect(await client.stat(root, "rootfs/gone"), "a whiteout is a character device 0:0").toMatchObject({
      mode: 0o20000,
      rdev: 0,
    });
  });

  test("qids never have version 0, hard links share one, and the same layer elsewhere has others", async () => {
    const busybox = await client.stat(root, "rootfs/bin/busybox");
    const shell = await client.stat(root, "rootfs/bin/sh");
    const elsewhere = await client.stat(root, "l/0123456789abcdef/bin/sh");
    expect(busybox.qidVersion).toBe(1);
    expect(shell.qidPath).toBe(busybox.qidPath);
    expect(elsewhere.qidPath).not.toBe(shell.qidPath);
    expect(elsewhere.qidPath & 0xffffffffn).toBe(shell.qidPath & 0xffffffffn);
    const all = new Set<bigint>();
    for (const path of [
      "",
      "l",
      "rootfs",
      "rootfs/etc",
      "rootfs/etc/hostname",
      "l/0123456789abcdef",
      "l/0123456789abcdef/etc",
    ])
      all.add((await client.stat(root, path)).qidPath);
    expect(all.size).toBe(7);
  });

  test("walking: several names, a clone, up again, part of the way", async () => {
    const clone = await client.walk(root, "");
    expect((await client.getattr(clone)).qidPath).toBe((await client.getattr(root)).qidPath);
    const up = await client.walk(root, "rootfs/etc/../bin/..");
    expect((await client.getattr(up)).qidPath).toBe((await client.stat(root, "rootfs")).qidPath);
    expect(await client.stat(root, "rootfs/../l/../..")).toEqual(await client.getattr(root));
    expect(await errnoOf(client.walk(root, "none/at/all"))).toBe(Errno.ENOENT);
    expect(await errnoOf(client.walk(root, "rootfs/etc/hostname/x"))).toBe(Errno.ENOENT);
    const file = await client.walk(root, "rootfs/etc/hostname");
    expect(await errnoOf(client.walk(file, "x"))).toBe(Errno.ENOTDIR);
    const answer = await client.request(Message.walk, (out) =>
      out.u32(root).u32(999).u16(3).string(encodeUtf8("rootfs")).string(encodeUtf8("etc")).string(encodeUtf8("no")),
    );
    expect(answer.u16()).toBe(2);
    expect(await errnoOf(client.getattr(999)), "a partial walk makes no fid").toBe(Errno.EBADF);
  });

  test("reads any range of a file, in the same tick", async () => {
    expect(Buffer.from(await client.readFile(root, "rootfs/etc/hostname")).toString()).toBe("dock\n");
    expect((await client.readFile(root, "rootfs/bin/sh", 100_001)).length).toBe(300_000);
    const fid = await client.walk(root, "rootfs/etc/hostname");
    expect(await errnoOf(client.read(fid, 0, 1)), "not open").toBe(Errno.EBADF);
    await client.open(fid);
    expect(Buffer.from(await client.read(fid, 2, 2)).toString()).toBe("ck");
    expect((await client.read(fid, 5, 10)).length).toBe(0);
    expect((await client.read(fid, 2 ** 53, 10)).length).toBe(0);
    expect((await client.read(fid, 0, 0xffffffff)).length).toBe(5);
    expect(client.lateAnswers).toBe(0);
  });

  test("a read is never longer than the message size allows", async () => {
    await client.version(4096);
    const fid = await client.walk(await client.attach(), "rootfs/bin/busybox");
    await client.open(fid);
    expect((await client.read(fid, 0, 100_000)).length).toBe(4096 - 11);
  });

  test("directories are listed with dots, types and inode numbers, in pieces of any size", async () => {
    const fid = await client.walk(root, "rootfs/bin");
    await client.open(fid);
    const entries = await client.readdir(fid);
    expect(entries.map(({ name, type }) => [name, type])).toEqual([
      [".", 4],
      ["..", 4],
      ["busybox", 8],
      ["link", 10],
      ["sh", 8],
    ]);
    expect(entries[2]?.qidPath).toBe(entries[4]?.qidPath);
    expect(entries[1]?.qidPath).toBe((await client.stat(root, "rootfs")).qidPath);
    expect(await client.readdir(fid, 40)).toEqual(entries);
    expect(await client.list(root, "rootfs")).toEqual(["bin", "dev", "etc", "gone"]);
  });

  test("symlinks are read, other files are not symlinks", async () => {
    expect(await client.readlink(await client.walk(root, "rootfs/bin/link"))).toBe("../etc/hostname");
    expect(await errnoOf(client.readlink(await client.walk(root, "rootfs/bin/sh")))).toBe(Errno.EINVAL);
  });

  test("extended attributes are read and listed; opaque directories are told to overlayfs", async () => {
    const busybox = await client.walk(root, "rootfs/bin/busybox");
    expect(await client.xattr(busybox, "security.capability")).toBe("\x01\0\0\x02");
    expect(await client.xattr(busybox, "")).toBe("security.capability\0user.a\0");
    expect(await errnoOf(client.xattr(busybox, "user.none"))).toBe(Errno.ENODATA);
    expect(await client.xattr(await client.walk(root, "rootfs/etc"), "trusted.overlay.opaque")).toBe("y");
    expect(await errnoOf(client.xattr(await client.walk(root, "rootfs/bin"), "trusted.overlay.opaque"))).toBe(
      Errno.ENODATA,
    );
    expect(await client.xattr(await client.walk(root, "rootfs/bin"), "")).toBe("");
    expect(await errnoOf(client.xattr(root, "trusted.overlay.opaque"))).toBe(Errno.ENODATA);
  });

  test("statfs tells the name limit", async () => {
    const answer = await client.request(Message.statfs, (out) => out.u32(root));
    expect(answer.u32()).toBe(0x01021997);
    for (let word = 0; word < 13; word += 1) answer.u32();
    expect(answer.u32()).toBe(255);
  });

  test("whatever would write is refused, what is unknown is not supported", async () => {
    const file = await client.walk(root, "rootfs/etc/hostname");
    for (const flags of [1, 2, 0o1000]) expect(await errnoOf(client.open(file, flags))).toBe(Errno.EROFS);
    for (const type of [14, 16, 18, 20, 26, 32, 70, 72, 74, 76, 118])
      expect(await errnoOf(client.request(type, (out) => out.u32(file))), `message ${type}`).toBe(Errno.EROFS);
    expect(await errnoOf(client.request(Message.remove, (out) => out.u32(file)))).toBe(Errno.EROFS);
    expect(await errnoOf(client.getattr(file)), "remove has clunked it").toBe(Errno.EBADF);
    for (const type of [102, 2, 250])
      expect(await errnoOf(client.request(type, () => undefined))).toBe(Errno.EOPNOTSUPP);
    expect(await errnoOf(client.clunk(4711))).toBe(Errno.EBADF);
  });

  test("fsync and locks are granted", async () => {
    const file = await client.walk(root, "rootfs/etc/hostname");
    await client.request(Message.fsync, (out) => out.u32(file).u32(0));
    const granted = await client.request(Message.lock, (out) =>
      out.u32(file).u8(0).u32(0).u64(0).u64(0).u32(1).string(encodeUtf8("guest")),
    );
    expect(granted.u8()).toBe(0);
    const other = await client.request(Message.getlock, (out) =>
      out.u32(file).u8(1).u64(0).u64(0).u32(1).string(encodeUtf8("guest")),
    );
    expect(other.u8()).toBe(2);
  });

  test("a boot snapshot keeps fids, also of an open attribute and of a layer that comes later", async () => {
    const file = await client.walk(root, "rootfs/etc/hostname");
    await client.open(file);
    const layer = await client.walk(root, "l/0123456789abcdef/bin");
    await client.request(Message.xattrwalk, (out) => out.u32(layer).u32(777).string(new Uint8Array(0)));
    const before = [await client.getattr(file), await client.getattr(layer), await client.getattr(root)];
    const state = server.saveState();

    const later = new FileTreeServer();
    later.add("rootfs", { id: "root", tree });
    later.restoreState(state);
    const restored = new NinePClient(later);
    expect(await restored.getattr(file)).toEqual(before[0]);
    expect(Buffer.from(await restored.read(file, 0, 100)).toString()).toBe("dock\n");
    expect(await errnoOf(restored.getattr(layer))).toBe(Errno.ESTALE);
    later.add("l/0123456789abcdef", { id: "0123456789abcdef", tree });
    expect([await restored.getattr(file), await restored.getattr(layer), await restored.getattr(root)]).toEqual(before);
    expect((await restored.read(777, 0, 10)).length).toBe(0);
    expect(() => later.restoreState(encodeUtf8("{}"))).toThrow("another version");
  });

  test("a tree that is removed and exported again serves the guest's old fids", async () => {
    const file = await client.walk(root, "l/0123456789abcdef/etc/hostname");
    server.remove("l/0123456789abcdef");
    expect(await errnoOf(client.getattr(file))).toBe(Errno.ESTALE);
    server.add("l/0123456789abcdef", { id: "0123456789abcdef", tree });
    expect((await client.getattr(file)).size).toBe(5);
    server.add("rootfs", { id: "another", tree });
    const [old, fresh] = [await client.stat(root, "l/0123456789abcdef"), await client.stat(root, "rootfs")];
    expect(fresh.qidPath).not.toBe(old.qidPath);
  });

  test("the trace is told tree, path and length of every read", async () => {
    const reads: unknown[] = [];
    server.readTrace = (read) => reads.push(read);
    await client.readFile(root, "l/0123456789abcdef/etc/hostname");
    server.readTrace = undefined;
    await client.readFile(root, "rootfs/etc/hostname");
    expect(reads).toEqual([
      { tree: "l/0123456789abcdef", path: "etc/hostname", offset: 0, bytes: 5 },
      { tree: "l/0123456789abcdef", path: "etc/hostname", offset: 5, bytes: 0 },
    ]);
  });

  describe("with a root layer that is still on its way", () => {
    test("requests wait for it, others do not", async () => {
      const arriving = deferred<Uint8Array>();
      server.add("rootfs", createRootTree(arriving.promise, "later"));
      const rootfs = await client.walk(root, "rootfs");
      expect(client.lateAnswers, "walking to it needs nothing of it").toBe(0);
      const content = client.readFile(rootfs, "etc/hostname");
      expect((await client.stat(root, "l/0123456789abcdef/etc/hostname")).size).toBe(5);
      expect(server.pendingCount).toBe(1);
      expect(() => server.saveState()).toThrow("pending");
      arriving.resolve(
        new Uint8Array(
          await new Response(
            new Blob([await tarOf(items)]).stream().pipeThrough(new CompressionStream("gzip")),
          ).arrayBuffer(),
        ),
      );
      expect(Buffer.from(await content).toString()).toBe("dock\n");
      expect(server.pendingCount).toBe(0);
    });

    test("requests fail with EIO when it failed", async () => {
      server.add("rootfs", createRootTree(Promise.reject(new Error("offline")), "later"));
      const rootfs = await client.walk(root, "rootfs");
      expect(await errnoOf(client.walk(rootfs, "etc"))).toBe(Errno.EIO);
      expect(await errnoOf(client.getattr(rootfs))).toBe(Errno.EIO);
    });

    test("a source that failed is asked again at the next request", async () => {
      let attempts = 0;
      const source = async (): Promise<FileTree> => {
        attempts += 1;
        if (attempts === 1) throw new Error("offline");
        return tree;
      };
      server.add("rootfs", { id: "again", tree: source });
      const rootfs = await client.walk(root, "rootfs");
      expect(await errnoOf(client.walk(rootfs, "etc"))).toBe(Errno.EIO);
      expect((await client.stat(rootfs, "etc")).mode).toBe(0o40755);
      expect(attempts).toBe(2);
    });

    test("a flushed request is answered with EINTR before the flush, and has no effect later", async () => {
      const arriving = deferred<Uint8Array>();
      server.add("rootfs", createRootTree(arriving.promise, "later"));
      const rootfs = await client.walk(root, "rootfs");
      const answers: string[] = [];
      const send = (message: MessageWriter): void =>
        server.handle(message.finish(), (answer) => answers.push(answer.slice().join(" ")));
      send(new MessageWriter(100).begin(Message.walk, 50).u32(rootfs).u32(888).u16(1).string(encodeUtf8("etc")));
      send(new MessageWriter(100).begin(Message.flush, 51).u16(50));
      expect(answers).toEqual([`11 0 0 0 7 50 0 ${Errno.EINTR} 0 0 0`, "7 0 0 0 109 51 0"]);
      arriving.resolve(await tarOf(items));
      await client.walk(rootfs, "etc");
      expect(await errnoOf(client.getattr(888))).toBe(Errno.EBADF);
      await client.request(Message.flush, (out) => out.u16(4000));
    });
  });

  describe("given nonsense", () => {
    const answerTo = (bytes: Uint8Array): Uint8Array[] => {
      const answers: Uint8Array[] = [];
      server.handle(bytes, (answer) => answers.push(answer.slice()));
      return answers;
    };

    test("any bytes get exactly one well-formed answer", () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
          const answers = answerTo(bytes);
          expect(answers.length).toBe(1);
          const view = new DataView((answers[0] as Uint8Array).buffer);
          expect(view.getUint32(0, true)).toBe(answers[0]?.length);
        }),
        { numRuns: 800 },
      );
    });

    test("any fields of any message get exactly one answer, with the request's tag", () => {
      const types = Object.values(Message).filter((type) => type !== Message.version);
      fc.assert(
        fc.property(
          fc.constantFrom(...types),
          fc.nat(0xfffe),
          fc.nat(3),
          fc.uint8Array({ maxLength: 60 }),
          (type, tag, fid, fields) => {
            const request = new MessageWriter(80).begin(type, tag).u32(fid).raw(fields).finish();
            const answers = answerTo(request);
            expect(answers.length).toBe(1);
            const answer = answers[0] as Uint8Array;
            expect((answer[5] as number) | ((answer[6] as number) << 8)).toBe(tag);
            expect([7, type + 1]).toContain(answer[4]);
          },
        ),
        { numRuns: 1500 },
      );
    });
  });
});
