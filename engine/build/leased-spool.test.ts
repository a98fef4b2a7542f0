import { expect, it } from "vitest";
import { collect } from "../base/streams.ts";
import { digestOf } from "../oci/digest.ts";
import { ByteSpool } from "./context/byte-spool.ts";
import { leasedSpool } from "./leased-spool.ts";
import { builderWorld } from "./testing/builder-world.ts";

const CHUNK = 4 << 20;

it("puts what is too much for memory by under a lease, and leaves neither", async () => {
  const { images, blobs, records } = await builderWorld();
  const leased = async (): Promise<number> => {
    const leases = await records.entries<{ readonly blobs: readonly string[] }>("leases/");
    return leases.flatMap(([, lease]) => lease.blobs).length;
  };
  const stored = async (): Promise<readonly string[]> => {
    const digests: string[] = [];
    for await (const { digest } of blobs.list()) digests.push(digest);
    return digests;
  };
  const before = await stored();
  const room = leasedSpool({ images, blobs });
  const spool = new ByteSpool({ ...room.ports, memoryBytes: CHUNK });
  expect(await leased()).toBe(0);
  const content = new Uint8Array(3 * CHUNK + 5).map((_, at) => at);
  await spool.append(content);
  expect(await leased()).toBe(2);
  expect((await stored()).length).toBe(before.length + 2);
  expect(await digestOf(await collect(spool.open()))).toBe(await digestOf(content));
  await spool[Symbol.asyncDispose]();
  await room[Symbol.asyncDispose]();
  expect(await records.entries("leases/")).toEqual([]);
  expect(await stored()).toEqual(before);
});

it("has no lease for what is small", async () => {
  const { images, blobs, records } = await builderWorld();
  const room = leasedSpool({ images, blobs });
  await using spool = new ByteSpool(room.ports);
  await spool.append(new Uint8Array(10));
  expect(await records.entries("leases/")).toEqual([]);
  await room[Symbol.asyncDispose]();
});
