import { describe, expect, test } from "vitest";
import { concat } from "../base/streams.ts";
import { digestOf } from "../oci/digest.ts";
import { sampleBytes } from "./blob-store.suite.ts";
import { createLocalHasher, remoteHashers, serveHashes, type ChunkHasher, type HashPort } from "./chunk-hasher.ts";

function remote(): { create: () => Promise<ChunkHasher>; close: () => void } {
  const { port1, port2 } = new MessageChannel();
  serveHashes(port2);
  return { create: remoteHashers(port1), close: () => port1.close() };
}

describe.each(["here", "in a worker"])("a hasher %s", (where) => {
  const { create, close } = where === "here" ? { create: createLocalHasher, close: () => undefined } : remote();

  test("hashes chunks in their order, several at a time beside each other", async () => {
    const chunks = Array.from({ length: 20 }, (_, index) => sampleBytes(10_000 + index, index + 1));
    const expected = await digestOf(concat(chunks));
    const reversed = await digestOf(concat(chunks.toReversed()));
    const [a, b] = [await create(), await create()];
    await Promise.all([
      (async () => {
        for (const chunk of chunks) await a.update(chunk.slice());
      })(),
      (async () => {
        for (const chunk of chunks.toReversed()) await b.update(chunk.slice());
      })(),
    ]);
    expect([await a.digest(), await b.digest()]).toEqual([expected, reversed]);
    a.abandon();
    b.abandon();
  });

  test("of nothing gives the digest of nothing", async () => {
    const hasher = await create();
    expect(await hasher.digest()).toBe(await digestOf(new Uint8Array(0)));
  });

  test("may be abandoned at any time", async () => {
    const hasher = await create();
    await hasher.update(sampleBytes(10));
    hasher.abandon();
    hasher.abandon();
    const next = await create();
    await next.update(sampleBytes(10));
    expect(await next.digest()).toBe(await digestOf(sampleBytes(10)));
    close();
  });
});

test("a worker that fails fails what it was hashing; what comes later is hashed here", async () => {
  const port: HashPort = { postMessage: () => undefined, onmessage: null };
  const create = remoteHashers(port);
  const hasher = await create();
  const digest = (async () => {
    for (let index = 0; index < 10; index += 1) await hasher.update(sampleBytes(10));
    return hasher.digest();
  })();
  await Promise.resolve();
  port.onerror?.({ message: "not found" } as ErrorEvent);
  await expect(digest).rejects.toThrow("the hashing worker failed: not found");
  const later = await create();
  await later.update(sampleBytes(10));
  expect(await later.digest()).toBe(await digestOf(sampleBytes(10)));
});
