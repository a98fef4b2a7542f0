import { describe, expect, it } from "vitest";
import { MemoryBlobStore } from "../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import type { Digest } from "../oci/digest.ts";
import { Images } from "./images.ts";
import { createRegistryHosts } from "./registry-hosts.ts";
import { Crash, crashingStores } from "./testing/crashing-stores.ts";
import { FakeLayerStore } from "./testing/fake-layer-store.ts";
import { type Fixture, putImage, tarOf } from "./testing/image-fixture.ts";
import { InstantClock } from "./testing/instant-clock.ts";
import { RegistryDouble } from "./testing/registry-double.ts";

const NEVER = Number.MAX_SAFE_INTEGER;
const unused = { force: false, inUseBy: () => [] };

async function setUp() {
  // Small pieces: many operations to die at.
  const registry = new RegistryDouble({ chunkBytes: 60 });
  const base = await tarOf("base", "shared by both");
  const old = await putImage(registry, {
    repository: "library/old",
    layers: [{ tar: base }, { tar: await tarOf("a", "old") }],
  });
  const fresh = await putImage(registry, {
    layers: [{ tar: base }, { tar: await tarOf("b", "new") }, { tar: await tarOf("c", "top") }],
  });
  const stores = { blobs: new MemoryBlobStore(), layers: new FakeLayerStore(), records: new MemoryRecordStore() };
  const clock = new InstantClock();
  const open = (parts: typeof stores | ReturnType<typeof crashingStores>): Images =>
    new Images({ ...parts, clock, fetch: registry.fetch, hosts: createRegistryHosts() });
  return { registry, stores, clock, open, old, fresh };
}

type World = Awaited<ReturnType<typeof setUp>>;

async function pull(images: Images, name: string): Promise<void> {
  for await (const _event of images.pull(name));
}

/** Every image that is listed is whole. */
async function expectWhole(images: Images, { stores }: World): Promise<void> {
  for (const image of await images.list()) {
    for (const diffId of image.layers) expect(await stores.layers.has(diffId)).toBe(true);
    for (const digest of [image.id, image.manifest.digest]) expect(await stores.blobs.stat(digest)).toBeDefined();
    for (const name of [...image.repoTags, ...image.repoDigests])
      expect((await images.resolve(name)).id).toBe(image.id);
  }
}

/** The stores hold these images and nothing else. */
async function expectExactly(world: World, ...fixtures: readonly Fixture[]): Promise<void> {
  const blobs: Digest[] = [];
  for await (const { digest } of world.stores.blobs.list()) blobs.push(digest);
  expect(new Set(blobs)).toEqual(
    new Set(fixtures.flatMap(({ id, manifestDigest, layerDigests }) => [id, manifestDigest, ...layerDigests])),
  );
  expect(new Set(world.stores.layers.layers.keys())).toEqual(new Set(fixtures.flatMap(({ diffIds }) => diffIds)));
  expect(await world.stores.records.entries("leases/")).toEqual([]);
}

async function collectLater(images: Images, { clock }: World): Promise<void> {
  clock.advance(25 * 3_600_000);
  await images.collectGarbage();
}

/** Runs `work` once for each operation it does, dying there; then `check` on what is left, in a new process. */
async function atEveryOperation(
  work: (images: Images) => Promise<unknown>,
  check: (images: Images, world: World) => Promise<void>,
): Promise<number> {
  let total = 0;
  for (const when of ["before", "after"] as const) {
    for (let at = 1; at < 1000; at += 1) {
      const world = await setUp();
      await pull(world.open(world.stores), "old:latest");
      const dying = crashingStores(world.stores, at, when);
      let died = true;
      await work(world.open(dying)).then(
        () => (died = false),
        (error: unknown) => {
          // Errors may be wrapped, never swallowed.
          if (!(error instanceof Crash) && !((error as Error).cause instanceof Crash)) throw error;
        },
      );
      // Work in the background ends too.
      await new Promise((resolve) => setTimeout(resolve, 0));
      await check(world.open(world.stores), world);
      if (!died && dying.operations() < at) break;
      total += 1;
    }
  }
  return total;
}

describe("a process that dies at any operation", { timeout: 60_000 }, () => {
  it("of a pull leaves whole images only, and the next pull succeeds", async () => {
    const operations = await atEveryOperation(
      (images) => pull(images, "x:latest"),
      async (images, world) => {
        await expectWhole(images, world);
        await pull(images, "x:latest");
        expect(await images.resolve("x")).toMatchObject({
          id: world.fresh.id,
          repoDigests: [`x@${world.fresh.digest}`],
        });
        await collectLater(images, world);
        await expectExactly(world, world.old, world.fresh);
      },
    );
    expect(operations).toBeGreaterThan(60);
  });

  it("of a pull leaves nothing that is not collected a day later", async () => {
    await atEveryOperation(
      (images) => pull(images, "x:latest"),
      async (images, world) => {
        await collectLater(images, world);
        const known = await images.list();
        await expectWhole(images, world);
        await expectExactly(world, world.old, ...(known.some(({ id }) => id === world.fresh.id) ? [world.fresh] : []));
      },
    );
  });

  it("of a removal leaves the image whole or gone", async () => {
    await atEveryOperation(
      (images) => images.remove("old", unused),
      async (images, world) => {
        await expectWhole(images, world);
        const left = await images.list();
        await collectLater(images, world);
        await expectExactly(world, ...(left.length > 0 ? [world.old] : []));
      },
    );
  });

  it("of a pull that takes a name from another image never loses either", async () => {
    await atEveryOperation(
      async (images) => {
        await images.tag("old", "x");
        await pull(images, "x:latest");
      },
      async (images, world) => {
        await expectWhole(images, world);
        expect((await images.list()).map(({ id }) => id)).toContain(world.old.id);
        await collectLater(images, world);
        await expectWhole(images, world);
      },
    );
  });

  it("is told apart from one that does not", async () => {
    const world = await setUp();
    const stores = crashingStores(world.stores, NEVER, "before");
    await pull(world.open(stores), "x:latest");
    expect(stores.operations()).toBeGreaterThan(30);
  });
});
