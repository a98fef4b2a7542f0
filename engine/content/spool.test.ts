import { describe, expect, test } from "vitest";
import { collect, streamFrom } from "../base/streams.ts";
import { type Digest, digestOf } from "../oci/digest.ts";
import { sampleBytes } from "./blob-store.suite.ts";
import { MemoryBlobStore } from "./memory-blob-store.ts";
import { Spool } from "./spool.ts";

const big = sampleBytes(9_000_001, 7);

async function countOf(blobs: MemoryBlobStore): Promise<number> {
  let count = 0;
  for await (const _ of blobs.list()) count += 1;
  return count;
}

/** Pieces of a size that fits nothing. */
function* pieces(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += 70_001) yield bytes.subarray(at, at + 70_001);
}

describe("a spool", () => {
  test("gives back what was put by, more than once", async () => {
    const blobs = new MemoryBlobStore();
    const told: Digest[] = [];
    await using spool = new Spool(blobs, async (digest) => void told.push(digest));
    const stored = await spool.add(streamFrom(pieces(big)));
    const empty = await spool.add(streamFrom([]));
    expect(stored.sizeBytes).toBe(big.length);
    expect(await digestOf(await collect(stored.open()))).toBe(await digestOf(big));
    expect(await digestOf(await collect(stored.open()))).toBe(await digestOf(big));
    expect(await collect(empty.open())).toEqual(new Uint8Array(0));
    expect(told).toHaveLength(3);
    for (const digest of told) expect(await blobs.stat(digest)).toBeDefined();
  });

  test("takes nobody else's blob away, although the bytes are the same", async () => {
    const blobs = new MemoryBlobStore();
    await using other = new Spool(blobs, async () => undefined);
    const kept = await other.add(streamFrom([Uint8Array.of(1, 2, 3)]));
    {
      await using spool = new Spool(blobs, async () => undefined);
      await spool.add(streamFrom([Uint8Array.of(1, 2, 3)]));
      expect(await countOf(blobs)).toBe(2);
    }
    expect(await countOf(blobs)).toBe(1);
    expect(await collect(kept.open())).toEqual(Uint8Array.of(1, 2, 3));
  });

  test("leaves nothing when its source fails", async () => {
    const blobs = new MemoryBlobStore();
    async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
      yield big;
      throw new Error("the client went away");
    }
    const work = async (): Promise<void> => {
      await using spool = new Spool(blobs, async () => undefined);
      await spool.add(streamFrom(failing()));
    };
    await expect(work()).rejects.toThrow("the client went away");
    expect(await countOf(blobs)).toBe(0);
  });
});
