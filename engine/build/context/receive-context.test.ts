import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import { collect, collectText, encodeUtf8, streamFrom, streamOf } from "../../base/streams.ts";
import { MemoryBlobStore } from "../../content/memory-blob-store.ts";
import { directory, file, hardLink, type Piece, symlink, tarOf } from "../files/copy-cases.ts";
import { listTree } from "../files/tree-listing.ts";
import { receiveContext, type ReceiveOptions } from "./receive-context.ts";

async function receive(pieces: readonly Piece[], options?: ReceiveOptions): Promise<ReadableLowerFiles> {
  return (await receiveContext(streamOf(await tarOf(pieces)), options)).files;
}

describe("a context that is received", () => {
  test("has the files of the tar, which become root's", async () => {
    const pieces = [directory("d", { uid: 5 }), file("d/a", "1", { uid: 7, gid: 8 }), symlink("l", "d/a")];
    expect(await listTree(await receive(pieces))).toEqual({
      d: "directory 0755 0:0",
      "d/a": 'file 0644 0:0 @1600000000 "1"',
      l: "symlink 0:0 @1600000000 -> d/a",
    });
  });

  test("keeps owners when it is a tar file itself", async () => {
    const files = await receive([file("a", "1", { uid: 7, gid: 8 })], { owners: "keep" });
    expect(files.find("a")).toMatchObject({ uid: 7, gid: 8 });
  });

  test("may be compressed, and comes in pieces of any size", async () => {
    const packed = gzipSync(await tarOf([file("a", "text")]));
    const pieces = Array.from(packed, (byte) => Uint8Array.of(byte));
    await using context = await receiveContext(streamFrom(pieces));
    expect(await collectText(context.files.read("a"))).toBe("text");
  });

  test("holds .wh. files as files", async () => {
    const files = await receive([file("a"), file(".wh.a"), file("d/.wh..wh..opq")]);
    expect(Object.keys(await listTree(files))).toEqual([".wh.a", "a", "d", "d/.wh..wh..opq"]);
  });

  test("is empty for an empty tar", async () => {
    expect([...(await receive([])).names("")]).toEqual([]);
  });

  test("keeps what is large in the store, reads it from there, and leaves nothing behind", async () => {
    const blobs = new MemoryBlobStore();
    const told: string[] = [];
    const onChunk = async (digest: string): Promise<void> => void told.push(digest);
    const large = new Uint8Array(21 << 20).map((_, index) => index % 253);
    const pieces: Piece[] = [
      file("small", "s"),
      { entry: { path: "large", size: large.length }, content: streamOf(large) },
      file("last", "l"),
    ];
    const context = await receiveContext(streamOf(await tarOf(pieces)), {
      spool: { blobs, onChunk, memoryBytes: 5 << 20 },
    });
    expect(Buffer.from(await collect(context.files.read("large"))).equals(Buffer.from(large))).toBe(true);
    expect(await collectText(context.files.read("small"))).toBe("s");
    expect(await collectText(context.files.read("last"))).toBe("l");
    expect(told).toHaveLength(4);
    await context[Symbol.asyncDispose]();
    for (const digest of told) expect(await blobs.stat(digest as never)).toBeUndefined();
  });

  test("leaves nothing behind when it breaks off", async () => {
    const blobs = new MemoryBlobStore();
    const onChunk = async (): Promise<void> => undefined;
    const tar = await tarOf([{ entry: { path: "large", size: 9 << 20 }, content: streamOf(new Uint8Array(9 << 20)) }]);
    const cut = streamOf(tar.subarray(0, 9 << 20));
    await expect(receiveContext(cut, { spool: { blobs, onChunk, memoryBytes: 0 } })).rejects.toThrow(
      "failed to read the build context: archive/tar: unexpected EOF",
    );
    for await (const left of blobs.list()) expect(left).toBeUndefined();
  });
});

describe("a hostile context", () => {
  test.each<[string, readonly Piece[], readonly string[]]>([
    [
      "names that climb out",
      [file("../../etc/passwd"), file("/abs"), file("a/../../b")],
      ["abs", "b", "etc", "etc/passwd"],
    ],
    ["a symlink that leads out, with a file behind it", [symlink("l", "../../.."), file("l/a")], ["a", "l"]],
    ["an absolute symlink with a file behind it", [symlink("l", "/x"), file("l/a")], ["l", "x", "x/a"]],
    ["a file that comes twice", [file("a", "1"), file("a", "2")], ["a"]],
    ["a directory over a file", [file("a"), directory("a"), file("a/b")], ["a", "a/b"]],
  ])("%s: everything stays inside", async (_, pieces, expected) => {
    expect(Object.keys(await listTree(await receive(pieces)))).toEqual(expected);
  });

  test("the later one of two files with a name counts", async () => {
    const files = await receive([file("a", "1"), file("a", "22")]);
    expect(await collectText(files.read("a"))).toBe("22");
  });

  test.each<[string, readonly Piece[], string]>([
    ["a hard link to what is not there", [hardLink("a", "../../etc/passwd")], "the target of the hard link is not in"],
    ["a hard link to a directory", [directory("d"), hardLink("a", "d")], "hard link to a directory"],
    ["a name that is too long", [file("n".repeat(256))], "file name too long"],
    ["a path that is too long", [file("dir/".repeat(1100))], "file name too long"],
    ["symlinks in a circle", [symlink("a", "b"), symlink("b", "a"), file("a/x")], "too many levels of symbolic links"],
    ["a file below a file", [file("a"), file("a/b")], "not a directory"],
    ["an owner that no kernel knows", [file("a", "", { uid: 2 ** 33 })], "out of range"],
  ])("is refused: %s", async (_, pieces, message) => {
    await expect(receive(pieces, { owners: "keep" })).rejects.toThrow(message);
  });

  test("is refused when it has too many files or unpacks to too much", async () => {
    await expect(receive([file("a"), file("b"), file("c")], { maxEntries: 2 })).rejects.toThrow("more than 2 files");
    const bomb = gzipSync(await tarOf([file("zeros", "0".repeat(1 << 20))]));
    await expect(receiveContext(streamOf(bomb), { maxBytes: 1 << 19 })).rejects.toThrow("larger than 524288 bytes");
  });

  test.each([
    ["text", encodeUtf8("FROM scratch\n".repeat(100))],
    ["cut", encodeUtf8("x")],
  ])("is refused when it is no tar file: %s", async (_, bytes) => {
    await expect(receiveContext(streamOf(bytes))).rejects.toThrow(/^failed to read the build context: /);
  });
});
