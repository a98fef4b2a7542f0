import { beforeEach, describe, expect, test } from "vitest";
import { isKind } from "../base/errors.ts";
import { collect, encodeUtf8, streamFrom, streamOf, type ByteStream } from "../base/streams.ts";
import { sampleBytes } from "../content/blob-store.suite.ts";
import type { BlobStore } from "../content/blob-store.ts";
import { MemoryBlobStore } from "../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { digestOf, hexOf, type Digest } from "../oci/digest.ts";
import { writeTar } from "../oci/tar-writer.ts";
import { FileTreeServer } from "./nine-p-server.ts";
import { StoredLayers } from "./stored-layers.ts";
import { NinePClient } from "./test-nine-p-client.ts";

const big = sampleBytes(5_300_000, 3);

async function sampleTar(): Promise<Uint8Array<ArrayBuffer>> {
  const file = (path: string, bytes: Uint8Array) => ({ entry: { path, size: bytes.length }, content: streamOf(bytes) });
  return collect(writeTar([file("a/small", encodeUtf8("hello")), file("a/big", big), file("last", encodeUtf8("end"))]));
}

/** A stream of pieces of a size that fits nothing. */
const pieces = (bytes: Uint8Array, size = 70_001): ByteStream =>
  streamFrom(
    (function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })(),
  );

const rejection = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(() => undefined).catch((error: unknown) => error);

describe("StoredLayers", () => {
  let tar: Uint8Array<ArrayBuffer>;
  let diffId: Digest;
  let blobs: BlobStore;
  let records: MemoryRecordStore;

  /** A new session on the same storage. */
  function openSession(options: { cacheBytes?: number } = {}): {
    layers: StoredLayers;
    server: FileTreeServer;
    client: NinePClient;
  } {
    const server = new FileTreeServer();
    return {
      layers: new StoredLayers({ blobs, records, exports: server, ...options }),
      server,
      client: new NinePClient(server),
    };
  }

  async function blobCount(): Promise<number> {
    let count = 0;
    for await (const { sizeBytes } of blobs.list()) count += sizeBytes > 0 ? 1 : 0;
    return count;
  }

  beforeEach(async () => {
    tar = await sampleTar();
    diffId = await digestOf(tar);
    blobs = new MemoryBlobStore();
    records = new MemoryRecordStore();
  });

  test("an unpacked layer is served to the guest under the first digits of its diffId", async () => {
    const { layers, client } = openSession();
    expect(await layers.has(diffId)).toBe(false);
    const progress: number[] = [];
    await layers.unpack(diffId, pieces(tar), { onProgress: (bytes) => progress.push(bytes) });
    expect(await layers.has(diffId)).toBe(true);
    expect(progress.at(-1)).toBe(tar.length);
    const name = hexOf(diffId).slice(0, 16);
    expect(await layers.export(diffId)).toBe(`/run/9p/l/${name}`);
    const root = await client.attach(`l/${name}`);
    expect(await client.list(root, "a")).toEqual(["big", "small"]);
    expect(Buffer.compare(await client.readFile(root, "a/big", 500_001), big)).toBe(0);
    expect(client.lateAnswers, "what was just unpacked is in memory").toBe(0);
    expect(await layers.size(diffId)).toBe(5 + big.length + 3);
    expect(Buffer.compare(await collect(await layers.openTar(diffId)), tar)).toBe(0);
  });

  test("after a reload it is served from storage, with a cache of any size", async () => {
    await openSession().layers.unpack(diffId, pieces(tar));
    for (const cacheBytes of [0, 1 << 20, 48 << 20]) {
      const { layers, client } = openSession({ cacheBytes });
      expect(await layers.has(diffId)).toBe(true);
      const root = await client.attach((await layers.export(diffId)).slice("/run/9p/".length));
      expect(Buffer.from(await client.readFile(root, "a/small")).toString()).toBe("hello");
      expect(Buffer.compare(await client.readFile(root, "a/big", 400_003), big)).toBe(0);
      expect(client.lateAnswers).toBeGreaterThan(0);
      const before = client.lateAnswers;
      expect(Buffer.compare(await client.readFile(root, "a/big", 400_003), big)).toBe(0);
      if (cacheBytes > tar.length) expect(client.lateAnswers).toBe(before);
    }
  });

  test("several reads at once of what is not in memory load it once", async () => {
    await openSession().layers.unpack(diffId, pieces(tar));
    let opened = 0;
    const open = blobs.open.bind(blobs);
    blobs.open = async (...args) => ((opened += 1), open(...args));
    const { layers, client } = openSession();
    const root = await client.attach((await layers.export(diffId)).slice("/run/9p/".length));
    await client.walk(root, "");
    opened = 0;
    const read = async (): Promise<Uint8Array> => {
      const fid = await client.walk(root, "a/big");
      await client.open(fid);
      return client.read(fid, 2_500_000, 1000);
    };
    for (const bytes of await Promise.all([read(), read(), read()]))
      expect(Buffer.compare(bytes, big.subarray(2_500_000, 2_501_000))).toBe(0);
    expect(opened).toBeLessThanOrEqual(2);
  });

  test("wrong bytes leave nothing", async () => {
    const { layers } = openSession();
    const wrong = tar.slice();
    wrong[600] = 0x21;
    expect(isKind(await rejection(layers.unpack(diffId, pieces(wrong))), "invalid-argument")).toBe(true);
    const noTar = sampleBytes(3_000_000);
    expect(isKind(await rejection(layers.unpack(await digestOf(noTar), pieces(noTar))), "invalid-argument")).toBe(true);
    const cut = tar.slice(0, 2_000_000);
    expect(isKind(await rejection(layers.unpack(await digestOf(cut), pieces(cut))), "invalid-argument")).toBe(true);
    expect([await blobCount(), (await records.entries("")).length]).toEqual([0, 0]);
    expect(await layers.has(diffId)).toBe(false);
    await layers.unpack(diffId, pieces(tar));
    expect(await layers.has(diffId)).toBe(true);
  });

  test("a stream that fails, and a caller that gives up, leave nothing", async () => {
    const { layers } = openSession();
    const failing = streamFrom(
      (async function* () {
        yield tar.subarray(0, 3_000_000);
        throw new Error("connection reset");
      })(),
    );
    expect(String(await rejection(layers.unpack(diffId, failing)))).toContain("connection reset");
    const control = new AbortController();
    let isCancelled = false;
    const stuck = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(tar.subarray(0, 1_500_000)),
      cancel: () => void (isCancelled = true),
    });
    const unpacking = rejection(layers.unpack(diffId, stuck, { signal: control.signal }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    control.abort(new Error("cancelled by the user"));
    expect(String(await unpacking)).toContain("cancelled by the user");
    expect(isCancelled).toBe(true);
    expect(await layers.has(diffId)).toBe(false);
    const ingest = await blobs.ingest(diffId);
    expect(ingest.offsetBytes).toBe(0);
    await ingest[Symbol.asyncDispose]();
  });

  test("a full disk is told, and gives its space back", async () => {
    blobs = new MemoryBlobStore({ capacityBytes: 3_000_000 });
    const { layers } = openSession();
    const error = await rejection(layers.unpack(diffId, pieces(tar)));
    expect(isKind(error, "unavailable")).toBe(true);
    const small = await collect(
      writeTar([{ entry: { path: "a", size: 2_000_000 }, content: streamOf(sampleBytes(2_000_000)) }]),
    );
    await layers.unpack(await digestOf(small), pieces(small));
  });

  test("a second unpack of the same layer waits for the first, and then has nothing to do", async () => {
    const first = openSession();
    const second = openSession();
    let consumed = 0;
    const counted = streamFrom(
      (function* () {
        for (let at = 0; at < tar.length; at += 100_000) {
          consumed += 1;
          yield tar.subarray(at, at + 100_000);
        }
      })(),
    );
    await Promise.all([first.layers.unpack(diffId, pieces(tar)), second.layers.unpack(diffId, counted)]);
    expect(consumed).toBe(0);
    expect(await second.layers.has(diffId)).toBe(true);
    await second.layers.export(diffId);
  });

  test("an index that is lost or of another version is built again", async () => {
    await openSession().layers.unpack(diffId, pieces(tar));
    for await (const { digest } of blobs.list()) if (digest !== diffId) await blobs.delete(digest);
    const { layers, client } = openSession();
    const root = await client.attach((await layers.export(diffId)).slice("/run/9p/".length));
    expect(Buffer.from(await client.readFile(root, "last")).toString()).toBe("end");
    expect(await blobCount()).toBe(2);
  });

  test("a removed layer is gone from storage and from the guest, and may come again", async () => {
    const { layers, client } = openSession();
    await layers.unpack(diffId, pieces(tar));
    const path = (await layers.export(diffId)).slice("/run/9p/".length);
    const file = await client.walk(await client.attach(path), "last");
    await layers.remove(diffId);
    await layers.remove(diffId);
    expect([await blobCount(), (await records.entries("")).length, await layers.has(diffId)]).toEqual([0, 0, false]);
    for (const work of [layers.export(diffId), layers.size(diffId), layers.openTar(diffId)])
      expect(isKind(await rejection(work), "not-found")).toBe(true);
    expect(String(await rejection(client.getattr(file)))).toContain("116");
    await layers.unpack(diffId, pieces(tar));
    await layers.export(diffId);
    expect((await client.getattr(file)).size).toBe(3);
  });

  test("storage that fails later is an I/O error to the guest, and no more than that", async () => {
    await openSession().layers.unpack(diffId, pieces(tar));
    const { layers, client } = openSession();
    const root = await client.attach((await layers.export(diffId)).slice("/run/9p/".length));
    const fid = await client.walk(root, "a/big");
    await client.open(fid);
    const open = blobs.open.bind(blobs);
    blobs.open = async () => Promise.reject(new Error("storage is gone"));
    expect(String(await rejection(client.read(fid, 0, 100)))).toContain("errno 5");
    blobs.open = open;
    expect((await client.read(fid, 0, 100)).length).toBe(100);
  });
});
