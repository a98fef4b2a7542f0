import { describe, expect, it, vi } from "vitest";
import { EngineError } from "../base/errors.ts";
import { collectText, encodeUtf8 } from "../base/streams.ts";
import { MemoryBlobStore } from "../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { FakeGuest } from "../guest/fake-guest.ts";
import { ManualClock } from "../containers/testing.ts";
import { isAnonymousVolume, mountpointOf } from "./volume.ts";
import { type VolumePorts, Volumes } from "./volumes.ts";

interface World extends AsyncDisposable {
  readonly volumes: Volumes;
  readonly guest: FakeGuest;
  readonly clock: ManualClock;
  readonly records: MemoryRecordStore;
  readonly blobs: MemoryBlobStore;
  readonly events: string[];
  readonly reports: string[];
}

/** A machine's volumes; another world on the same stores is the machine after a reload. */
async function world(stores: Partial<Pick<VolumePorts, "records" | "blobs">> = {}): Promise<World> {
  const guest = new FakeGuest();
  const clock = new ManualClock();
  const events: string[] = [];
  const reports: string[] = [];
  const records = (stores.records ?? new MemoryRecordStore()) as MemoryRecordStore;
  const blobs = (stores.blobs ?? new MemoryBlobStore()) as MemoryBlobStore;
  const volumes = await Volumes.open({
    guest,
    clock,
    records,
    blobs,
    events: { publish: ({ action, id, attributes }) => events.push(`${action} ${id} ${JSON.stringify(attributes)}`) },
    report: (what, error) => reports.push(`${what}: ${String(error)}`),
  });
  return {
    volumes,
    guest,
    clock,
    records,
    blobs,
    events,
    reports,
    [Symbol.asyncDispose]: () => volumes[Symbol.asyncDispose](),
  };
}

function write({ guest }: World, volume: string, file: string, text: string): void {
  guest.files.put(`${mountpointOf(volume)}/${file}`, { data: encodeUtf8(text) });
}

function read({ guest }: World, volume: string, file: string): string | undefined {
  const found = guest.files.find(`${mountpointOf(volume)}/${file}`);
  return found && new TextDecoder().decode(found.data);
}

/** A container that runs and writes. */
async function run(at: World, name: string, text: string): Promise<void> {
  await at.volumes.acquire({ name }, "c1");
  await at.volumes.mount({ name, containerId: "c1", destination: "/x", readWrite: true });
  write(at, name, "file", text);
  await at.volumes.unmount(name, "c1");
}

const blobCount = async ({ blobs }: World): Promise<number> => {
  let count = 0;
  for await (const _ of blobs.list()) count += 1;
  return count;
};

/** Lets time pass until this text is saved, and nothing else is under way. */
async function saved(at: World, ms: number, text: string): Promise<void> {
  await at.clock.advance(ms);
  await vi.waitFor(async () => {
    let all = "";
    for await (const { digest } of at.blobs.list()) all += await collectText(await at.blobs.open(digest));
    expect(all).toContain(text);
    expect(await at.records.entries("volume-saves/")).toEqual([]);
  });
}

describe("a volume", () => {
  it("is made once: who asks again gets the one that is there", async () => {
    const at = await world();
    const first = await at.volumes.create({ name: "data", labels: { a: "b" } });
    expect(first).toMatchObject({ name: "data", driver: "local", labels: { a: "b" }, options: null });
    expect(first.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const again = await at.volumes.create({ name: "data", labels: {}, options: { type: "tmpfs", device: "x" } });
    expect(again.labels).toEqual({ a: "b" });
    expect(at.events).toEqual(['create data {"driver":"local"}']);
    expect(at.guest.files.find(mountpointOf("data"))).toBeDefined();
  });

  it("is the same for two who ask at one time", async () => {
    const { volumes, events } = await world();
    await Promise.all([volumes.acquire({ name: "data" }, "c1"), volumes.acquire({ name: "data" }, "c2")]);
    expect(volumes.usersOf("data")).toEqual(["c1", "c2"]);
    expect(events).toHaveLength(1);
  });

  it("gets a name and Docker's mark when nobody named it", async () => {
    const { volumes } = await world();
    const volume = await volumes.create({ name: "" });
    expect(volume.name).toMatch(/^[0-9a-f]{64}$/);
    expect(isAnonymousVolume(volume)).toBe(true);
    expect(isAnonymousVolume(await volumes.create({ name: "c".repeat(64) }))).toBe(false);
  });

  it.each([
    [{ name: "a" }, "invalid-argument", "create a: volume name is too short"],
    [{ name: "../x" }, "invalid-argument", 'create ../x: "../x" includes invalid characters'],
    [{ name: "x\0y" }, "invalid-argument", "includes invalid characters"],
    [
      { name: "xx", driver: "nfs" },
      "not-found",
      'create xx: error looking up volume plugin nfs: plugin "nfs" not found',
    ],
    [{ name: "xx", options: { nope: "1" } }, "invalid-argument", 'create xx: invalid option: "nope"'],
    [{ name: "xx", options: { type: "tmpfs" } }, "invalid-argument", 'create xx: missing required option: "device"'],
    [{ name: "xx", options: { device: "/x" } }, "invalid-argument", 'create xx: missing required option: "type"'],
    [{ name: "xx", options: { size: "1m" } }, "invalid-argument", "quota size requested but no quota support"],
  ])("cannot be made from %j", async (request, kind, message) => {
    const { volumes } = await world();
    const error = await volumes.create(request).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind, message: expect.stringContaining(message) });
    expect(volumes.list()).toEqual([]);
  });

  it("stays while a container has it, and goes with its files", async () => {
    const at = await world();
    await at.volumes.acquire({ name: "data" }, "c1");
    await expect(at.volumes.remove("data", { force: true })).rejects.toThrow("remove data: volume is in use - [c1]");
    await at.volumes.release("data", "c1", { remove: true });
    expect(at.volumes.get("data").name).toBe("data");
    await at.volumes.remove("data", { force: false });
    expect(() => at.volumes.get("data")).toThrow("get data: no such volume");
    expect(at.guest.files.find(mountpointOf("data"))).toBeUndefined();
    await expect(at.volumes.remove("data", { force: false })).rejects.toThrow("get data: no such volume");
    await at.volumes.remove("data", { force: true });
  });

  it("that nobody named goes with the last container that has it", async () => {
    const { volumes } = await world();
    const { name } = await volumes.acquire({ name: "" }, "c1");
    await volumes.acquire({ name }, "c2");
    await volumes.release(name, "c1", { remove: true });
    expect(volumes.list()).toHaveLength(1);
    await volumes.release(name, "c2", { remove: true });
    expect(volumes.list()).toEqual([]);
  });

  it("is pruned when it is wanted and unused; what is gained is told", async () => {
    const at = await world();
    for (const name of ["kept", "used", "gone"]) await at.volumes.create({ name });
    await at.volumes.acquire({ name: "used" }, "c1");
    write(at, "gone", "file", "12345");
    const pruned = await at.volumes.prune(({ name }) => name !== "kept");
    expect(pruned).toEqual({ names: ["gone"], bytes: 5 });
    expect(at.events.slice(-2)).toEqual(['destroy gone {"driver":"local"}', 'prune  {"reclaimed":"5"}']);
  });

  it("tells of its mounts", async () => {
    const at = await world();
    await run(at, "data", "x");
    expect(at.events.slice(1)).toEqual([
      'mount data {"container":"c1","destination":"/x","read/write":"true","propagation":"","driver":"local"}',
      'unmount data {"container":"c1","driver":"local"}',
    ]);
  });

  it("with options is mounted for its first container and unmounted after its last", async () => {
    const { volumes, guest } = await world();
    await volumes.create({ name: "tmp", options: { type: "tmpfs", device: "tmpfs", o: "ro,size=1m" } });
    const mounts = (): string[] =>
      guest.ops.flatMap((op) =>
        op.op === "mount" ? [`mount ${op.type} ${op.flags} ${op.data}`] : op.op === "umount" ? [op.op] : [],
      );
    for (const containerId of ["c1", "c2"])
      await volumes.mount({ name: "tmp", containerId, destination: "/x", readWrite: true });
    await volumes.unmount("tmp", "c1");
    expect(mounts()).toEqual(["mount tmpfs 1 size=1m"]);
    await volumes.unmount("tmp", "c2");
    expect(mounts()).toEqual(["mount tmpfs 1 size=1m", "umount"]);
  });
});

describe("what a volume holds", () => {
  it("is there after a reload as it was when the last container had let go of it", async () => {
    const before = await world();
    await run(before, "data", "first");
    await saved(before, 500, "first");
    const after = await world(before);
    expect(read(after, "data", "file")).toBeUndefined();
    await after.volumes.mount({ name: "data", containerId: "c2", destination: "/x", readWrite: true });
    expect(read(after, "data", "file")).toBe("first");
  });

  it("is saved now and then while a container writes", async () => {
    const before = await world();
    await before.volumes.acquire({ name: "data" }, "c1");
    await before.volumes.mount({ name: "data", containerId: "c1", destination: "/x", readWrite: true });
    write(before, "data", "file", "half way");
    await saved(before, 30_000, "half way");
    const after = await world(before);
    await after.volumes.mount({ name: "data", containerId: "c1", destination: "/x", readWrite: false });
    expect(read(after, "data", "file")).toBe("half way");
  });

  it("is saved when the engine is put down", async () => {
    const before = await world();
    await run(before, "data", "last");
    await before[Symbol.asyncDispose]();
    const after = await world(before);
    await after.volumes.mount({ name: "data", containerId: "c1", destination: "/x", readWrite: false });
    expect(read(after, "data", "file")).toBe("last");
  });

  it("replaces what was saved before, of which nothing is left", async () => {
    const at = await world();
    await run(at, "data", "first");
    await saved(at, 500, "first");
    const first = await blobCount(at);
    await run(at, "data", "second");
    await saved(at, 500, "second");
    expect([first, await blobCount(at)]).toEqual([1, 1]);
    expect(await at.records.entries("volume-saves/")).toEqual([]);
  });

  it("is weighed without being brought back", async () => {
    const before = await world();
    await run(before, "data", "12345678");
    await saved(before, 500, "12345678");
    const after = await world(before);
    expect(await after.volumes.usage()).toMatchObject([{ volume: { name: "data" }, sizeBytes: 8, refCount: 0 }]);
    expect(read(after, "data", "file")).toBeUndefined();
  });

  it("goes with the volume", async () => {
    const at = await world();
    await run(at, "data", "precious");
    await saved(at, 500, "precious");
    await at.volumes.release("data", "c1", { remove: false });
    await at.volumes.remove("data", { force: false });
    expect(await blobCount(at)).toBe(0);
    await at.clock.advance(60_000);
    expect(at.reports).toEqual([]);
  });

  it("stays as it was saved when storage is full, and that is told", async () => {
    const before = await world({ blobs: new MemoryBlobStore({ capacityBytes: 4000 }) });
    await run(before, "data", "small");
    await saved(before, 500, "small");
    await run(before, "data", "x".repeat(5000));
    await before.clock.advance(500);
    await vi.waitFor(() => expect(before.volumes.saveError("data")).toContain("no space left"));
    await vi.waitFor(() =>
      expect(before.reports).toEqual([expect.stringContaining("volume-save: EngineError: no space left")]),
    );
    expect(await blobCount(before)).toBe(1);
    const after = await world(before);
    await after.volumes.mount({ name: "data", containerId: "c1", destination: "/x", readWrite: true });
    expect(read(after, "data", "file")).toBe("small");
    write(before, "data", "file", "fits");
    await saved(before, 30_000, "fits");
    expect(before.volumes.saveError("data")).toBeUndefined();
  });

  it("that was being saved when the engine died leaves nothing behind", async () => {
    const before = await world();
    await run(before, "data", "first");
    await saved(before, 500, "first");
    const set = before.records.set.bind(before.records);
    before.records.set = async (key, value) => {
      if (key === "volumes/data") await new Promise(() => undefined);
      return set(key, value);
    };
    await run(before, "data", "second");
    await before.clock.advance(500);
    await vi.waitFor(async () => expect(await blobCount(before)).toBe(2));
    before.records.set = set;
    const after = await world(before);
    expect(await blobCount(after)).toBe(1);
    await after.volumes.mount({ name: "data", containerId: "c1", destination: "/x", readWrite: true });
    expect(read(after, "data", "file")).toBe("first");
  });

  it("is not taken for whole when a part of it is missing", async () => {
    const before = await world();
    await run(before, "data", "first");
    await saved(before, 500, "first");
    for await (const { digest } of before.blobs.list()) await before.blobs.delete(digest);
    const after = await world(before);
    const mounting = after.volumes.mount({ name: "data", containerId: "c1", destination: "/x", readWrite: true });
    await expect(mounting).rejects.toThrow(/what was saved of it cannot be restored: content .* not found/);
    await expect(mounting).rejects.toBeInstanceOf(EngineError);
  });

  it("comes from the image while it holds nothing of its own", async () => {
    const at = await world();
    await at.volumes.create({ name: "data" });
    const fill = (text: string): Promise<void> =>
      at.volumes.fill("data", "c1", async () => write(at, "data", "file", text));
    await fill("from the image");
    await fill("too late");
    expect(read(at, "data", "file")).toBe("from the image");
  });
});
