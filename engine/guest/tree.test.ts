import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunksOf, collect, emptyStream, encodeUtf8, streamFrom, streamOf, type ByteStream } from "../base/streams.ts";
import { decodeTree, encodeTree, encodeTreeHeader, treeHeader, type TreeEntry, type TreeHeader } from "./tree.ts";

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((value) => !/[\0/]/.test(value));
const entry = fc
  .record({
    path: fc.array(name, { maxLength: 3 }).map((parts) => parts.join("/")),
    mode: fc.nat(0xffff),
    uid: fc.nat(0xffffffff),
    gid: fc.nat(0xffffffff),
    mtimeSeconds: fc.maxSafeInteger(),
    mtimeNanoseconds: fc.nat(999_999_999),
    major: fc.nat(4095),
    minor: fc.nat(0xfffff),
    link: name,
    hard: fc.boolean(),
    xattrs: fc.array(fc.tuple(name, fc.uint8Array({ maxLength: 40 })), { maxLength: 3 }),
    content: fc.uint8Array({ maxLength: 400 }),
  })
  .map(({ content, ...header }) => ({ header: { ...header, size: content.length } satisfies TreeHeader, content }));

const entries = (items: readonly { header: TreeHeader; content: Uint8Array }[]): TreeEntry[] =>
  items.map(({ header, content }) => ({ ...header, content: streamOf(content) }));

/** The stream cut into pieces of other sizes. */
async function* recut(stream: ByteStream, size: number): AsyncGenerator<Uint8Array> {
  const all = await collect(stream);
  for (let offset = 0; offset < all.length; offset += size) yield all.subarray(offset, offset + size);
}

describe("tree records", () => {
  it("give back entries and contents whatever the chunk boundaries", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 6 }), fc.integer({ min: 1, max: 90 }), async (items, size) => {
        const decoded = [];
        for await (const { content, ...header } of decodeTree(streamFrom(recut(encodeTree(entries(items)), size)))) {
          decoded.push({ header, content: Uint8Array.from(await collect(content)) });
        }
        expect(decoded).toEqual(items);
      }),
    );
  });

  it("skip what the reader does not take of a content", async () => {
    const big = new Uint8Array(100_000).fill(7);
    const items = ["a", "b", "c"].map((path) => ({
      header: treeHeader({ path, mode: 0o100644, size: big.length }),
      content: big,
    }));
    const seen: string[] = [];
    for await (const { path, content } of decodeTree(encodeTree(entries(items)))) {
      seen.push(path);
      if (path === "b") for await (const _ of chunksOf(content)) break;
    }
    expect(seen).toEqual(["a", "b", "c"]);
  });

  it("error when the stream ends before the end mark", async () => {
    const header = encodeTreeHeader(treeHeader({ path: "f", mode: 0o100644, size: 3 }));
    const read = async (stream: ByteStream): Promise<void> => {
      for await (const { content } of decodeTree(stream)) await collect(content);
    };
    await expect(read(streamOf(header, encodeUtf8("ab")))).rejects.toThrow("ended 1 bytes early");
    await expect(read(streamOf(header, encodeUtf8("abc")))).rejects.toThrow("ended 4 bytes early");
    await expect(read(streamOf(header.subarray(0, 9)))).rejects.toThrow("early");
    await expect(read(emptyStream())).rejects.toThrow("early");
  });

  it("refuse to encode a content of another length than was said", async () => {
    for (const size of [2, 4]) {
      const wrong = { ...treeHeader({ path: "f", mode: 0o100644, size }), content: streamOf(encodeUtf8("abc")) };
      await expect(collect(encodeTree([wrong]))).rejects.toThrow(RangeError);
    }
  });

  it("cancel the stream when the reader leaves", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(encodeTreeHeader(treeHeader({ path: "", mode: 0o40755 }))),
      cancel: () => void (cancelled = true),
    });
    for await (const { path } of decodeTree(endless)) {
      expect(path).toBe("");
      break;
    }
    expect(cancelled).toBe(true);
  });
});
