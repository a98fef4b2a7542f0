import { describe, expect, test } from "vitest";
import { isKind } from "../base/errors.ts";
import { chunksOf, collect } from "../base/streams.ts";
import { digestOf, type Digest } from "../oci/digest.ts";
import type { BlobStore } from "./blob-store.ts";

export interface BlobStoreHarness {
  readonly store: BlobStore;
  /** A second view of the same storage, as another tab or process has. */
  readonly other?: BlobStore;
  /** The store as it comes up after a crash or reload: nothing of the old instance is used any more. */
  readonly reopen?: () => Promise<BlobStore>;
  /** From now on the storage takes no more bytes, as a full disk does; the function returned frees space again. */
  readonly fill: () => Promise<() => Promise<void>>;
}

/** Bytes that do not repeat within a chunk. */
export function sampleBytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** Puts a blob in a store. */
export async function storeBlob(store: BlobStore, bytes: Uint8Array, pieceBytes = 300_000): Promise<Digest> {
  const digest = await digestOf(bytes);
  await using ingest = await store.ingest(digest);
  for (let at = ingest.offsetBytes; at < bytes.length; at += pieceBytes)
    await ingest.write(bytes.subarray(at, at + pieceBytes));
  await ingest.commit({ sizeBytes: bytes.length });
  return digest;
}

const sizes = [0, 1, 1000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_333_333];

/** What every {@link BlobStore} must do. */
export function testBlobStore(name: string, create: () => Promise<BlobStoreHarness>): void {
  const rejection = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(() => undefined).catch((error: unknown) => error);
  const listed = async (store: BlobStore): Promise<string[]> => {
    const found: string[] = [];
    for await (const { digest, sizeBytes } of store.list()) found.push(`${digest} ${sizeBytes}`);
    return found.toSorted();
  };

  describe(`${name}, as a blob store`, () => {
    test.each(sizes)("a blob of %i bytes comes back whole", async (size) => {
      const { store, other = store } = await create();
      const bytes = sampleBytes(size);
      const digest = await storeBlob(store, bytes);
      expect(await other.stat(digest)).toEqual({ sizeBytes: size });
      expect(Buffer.compare(await collect(await other.open(digest)), bytes)).toBe(0);
      expect(await listed(other)).toEqual([`${digest} ${size}`]);
    });

    test("ranges give those bytes, cut to what there is", async () => {
      const { store } = await create();
      const bytes = sampleBytes(2_500_000);
      const digest = await storeBlob(store, bytes);
      const ranges: [number, number | undefined][] = [
        [0, 10],
        [1_048_570, 20],
        [5, 2_400_000],
        [2_499_999, 100],
        [2_500_000, 1],
        [9e9, 1],
        [7, 0],
        [1_048_576, undefined],
      ];
      for (const [offset, length] of ranges) {
        const range = length === undefined ? { offset } : { offset, length };
        const expected = bytes.subarray(offset, length === undefined ? undefined : offset + length);
        expect(Buffer.compare(await collect(await store.open(digest, range)), expected), `${offset}+${length}`).toBe(0);
      }
    });

    test("a reader that stops early is fine", async () => {
      const { store } = await create();
      const digest = await storeBlob(store, sampleBytes(3_000_000));
      for await (const chunk of chunksOf(await store.open(digest))) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      await store.delete(digest);
      expect(await store.stat(digest)).toBeUndefined();
    });

    test("what is missing is not found, and deleting it is fine", async () => {
      const { store } = await create();
      const digest = await digestOf(sampleBytes(10));
      expect(await store.stat(digest)).toBeUndefined();
      expect(isKind(await rejection(store.open(digest)), "not-found")).toBe(true);
      await store.delete(digest);
    });

    test("nothing is visible before the commit", async () => {
      const { store, other = store } = await create();
      const bytes = sampleBytes(2_000_000);
      const digest = await digestOf(bytes);
      await using ingest = await store.ingest(digest);
      await ingest.write(bytes);
      expect(await other.stat(digest)).toBeUndefined();
      expect(await listed(other)).toEqual([]);
      expect(isKind(await rejection(other.open(digest)), "not-found")).toBe(true);
      await ingest.commit();
      expect(await other.stat(digest)).toEqual({ sizeBytes: bytes.length });
    });

    test("a broken ingest is continued where it stopped", async () => {
      const { store, other = store } = await create();
      const bytes = sampleBytes(2_700_001);
      const digest = await digestOf(bytes);
      const first = await store.ingest(digest);
      await first.write(bytes.subarray(0, 1_500_003));
      await first[Symbol.asyncDispose]();
      const second = await other.ingest(digest);
      expect(second.offsetBytes).toBe(1_500_003);
      await second.write(bytes.subarray(1_500_003, 1_600_000));
      await second[Symbol.asyncDispose]();
      expect(await storeBlob(store, bytes)).toBe(digest);
      expect(Buffer.compare(await collect(await other.open(digest)), bytes)).toBe(0);
    });

    test("wrong bytes are refused and dropped", async () => {
      const { store } = await create();
      const bytes = sampleBytes(1_200_000);
      const digest = await digestOf(bytes);
      await using ingest = await store.ingest(digest);
      await ingest.write(sampleBytes(1_200_000, 2));
      expect(isKind(await rejection(ingest.commit()), "invalid-argument")).toBe(true);
      expect(await store.stat(digest)).toBeUndefined();
      expect(ingest.offsetBytes).toBe(0);
      await ingest.write(bytes);
      await ingest.commit();
      expect(Buffer.compare(await collect(await store.open(digest)), bytes)).toBe(0);
    });

    test("a wrong size is refused and dropped", async () => {
      const { store } = await create();
      const bytes = sampleBytes(1000);
      const digest = await digestOf(bytes);
      await using ingest = await store.ingest(digest);
      await ingest.write(bytes);
      const error = await rejection(ingest.commit({ sizeBytes: 1001 }));
      expect(isKind(error, "invalid-argument")).toBe(true);
      expect(String(error)).toContain("1001");
      expect(ingest.offsetBytes).toBe(0);
    });

    test("truncate starts over", async () => {
      const { store } = await create();
      const bytes = sampleBytes(1_100_000);
      const digest = await digestOf(bytes);
      await using ingest = await store.ingest(digest);
      await ingest.write(sampleBytes(2_000_000, 3));
      await ingest.truncate();
      expect(ingest.offsetBytes).toBe(0);
      await ingest.write(bytes);
      await ingest.commit({ sizeBytes: bytes.length });
      expect(Buffer.compare(await collect(await store.open(digest)), bytes)).toBe(0);
    });

    test("a digest has one writer at a time, different digests have one each", async () => {
      const { store, other = store } = await create();
      const [a, b] = [sampleBytes(1_500_000, 5), sampleBytes(1_500_000, 6)];
      const first = await store.ingest(await digestOf(a));
      expect(isKind(await rejection(store.ingest(await digestOf(a))), "conflict")).toBe(true);
      expect(isKind(await rejection(other.ingest(await digestOf(a))), "conflict")).toBe(true);
      const second = await other.ingest(await digestOf(b));
      await Promise.all([first.write(a), second.write(b)]);
      await Promise.all([first.commit(), second.commit()]);
      expect(Buffer.compare(await collect(await other.open(await digestOf(a))), a)).toBe(0);
      expect(Buffer.compare(await collect(await store.open(await digestOf(b))), b)).toBe(0);
      await first[Symbol.asyncDispose]();
      await second[Symbol.asyncDispose]();
    });

    test("a released writer makes room for the next, whoever it is", async () => {
      const { store, other = store } = await create();
      const digest = await digestOf(sampleBytes(10));
      for (const view of [store, other, store]) {
        const ingest = await view.ingest(digest);
        await ingest[Symbol.asyncDispose]();
        await ingest[Symbol.asyncDispose]();
      }
    });

    test("a blob that is here already can be ingested again and stays readable meanwhile", async () => {
      const { store } = await create();
      const bytes = sampleBytes(1_300_000);
      const digest = await storeBlob(store, bytes);
      await using ingest = await store.ingest(digest);
      expect(ingest.offsetBytes).toBe(0);
      expect(Buffer.compare(await collect(await store.open(digest)), bytes)).toBe(0);
      await ingest.write(bytes);
      await ingest.commit();
      expect(Buffer.compare(await collect(await store.open(digest)), bytes)).toBe(0);
      expect((await listed(store)).length).toBe(1);
    });

    test("a full disk is told as such, keeps what was written, and is recovered from", async () => {
      const { store, fill } = await create();
      const kept = await storeBlob(store, sampleBytes(50_000, 9));
      const bytes = sampleBytes(4_000_000);
      const digest = await digestOf(bytes);
      const ingest = await store.ingest(digest);
      await ingest.write(bytes.subarray(0, 1 << 20));
      const free = await fill();
      const error = await rejection(
        (async () => {
          for (let at = 1 << 20; at < bytes.length; at += 1 << 20)
            await ingest.write(bytes.subarray(at, at + (1 << 20)));
          await ingest.commit();
        })(),
      );
      expect(isKind(error, "unavailable")).toBe(true);
      expect(String(error)).toContain("no space left");
      await ingest[Symbol.asyncDispose]();
      expect(await store.stat(kept)).toEqual({ sizeBytes: 50_000 });
      expect(await store.stat(digest)).toBeUndefined();
      await free();
      const again = await store.ingest(digest);
      expect(again.offsetBytes).toBeLessThanOrEqual(bytes.length);
      await again.write(bytes.subarray(again.offsetBytes));
      await again.commit({ sizeBytes: bytes.length });
      await again[Symbol.asyncDispose]();
      expect(Buffer.compare(await collect(await store.open(digest)), bytes)).toBe(0);
    });

    test("a crash in the middle leaves a store that works, and an ingest that goes on or starts over", async () => {
      const { store, reopen } = await create();
      if (!reopen) return;
      const bytes = sampleBytes(3_100_000);
      const digest = await digestOf(bytes);
      const ingest = await store.ingest(digest);
      await ingest.write(bytes.subarray(0, 2_500_000));
      const later = await reopen();
      expect(await later.stat(digest)).toBeUndefined();
      const second = await later.ingest(digest);
      expect(second.offsetBytes).toBeLessThanOrEqual(2_500_000);
      await second.write(bytes.subarray(second.offsetBytes));
      await second.commit({ sizeBytes: bytes.length });
      await second[Symbol.asyncDispose]();
      expect(Buffer.compare(await collect(await later.open(digest)), bytes)).toBe(0);
    });
  });
}
