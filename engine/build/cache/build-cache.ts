import type { Clock } from "../../base/clock.ts";
import type { RecordStore } from "../../content/record-store.ts";
import type { Images } from "../../images/images.ts";
import type { Lease } from "../../images/leases.ts";
import { createTextDigester, type Digest, hexOf } from "../../oci/digest.ts";
import type { LayerStore } from "../../snapshots/snapshotter.ts";
import type { CacheEntry, PruneCache } from "../build-service.ts";
import { toPrune } from "./prune-cache.ts";

const RECORDS = "build-cache/";

/** What a step made, by the step's key. */
export interface CachedStep {
  readonly id: string;
  readonly layer: Digest;
  readonly sizeBytes: number;
  /** When the step ended: it is in the history of every image that has it. */
  readonly createdMs: number;
  readonly description: string;
  readonly type: "regular" | "source.local";
  /** Ids of what it was made on. */
  readonly parents: readonly string[];
  readonly lastUsedMs?: number;
  readonly usageCount: number;
}

export interface BuildCachePorts {
  /** Shared by all machines on this storage, as layers are. */
  readonly records: RecordStore;
  readonly layers: Pick<LayerStore, "has">;
  readonly images: Pick<Images, "discard" | "list">;
  readonly clock: Clock;
}

/** What steps of earlier builds made, kept with the images: layers by what they are the result of. */
export class BuildCache {
  readonly #ports: BuildCachePorts;
  readonly #digest: (text: string) => Digest;
  /** Records that builds use right now, with how often. */
  readonly #inUse = new Map<string, number>();
  #writes: Promise<unknown> = Promise.resolve();

  static async open(ports: BuildCachePorts): Promise<BuildCache> {
    return new BuildCache(ports, await createTextDigester());
  }

  private constructor(ports: BuildCachePorts, digest: (text: string) => Digest) {
    this.#ports = ports;
    this.#digest = digest;
  }

  /** The key of a step: everything that its result depends on, as one digest. */
  keyOf(...parts: readonly unknown[]): Digest {
    return this.#digest(JSON.stringify(parts));
  }

  /** What a step of that key made, if it is still here. The lease holds its layer from then on. */
  async find(key: Digest, lease: Lease): Promise<CachedStep | undefined> {
    const record = await this.#ports.records.get<CachedStep>(recordKey(key));
    if (record === undefined) return undefined;
    await lease.add({ layers: [record.layer] });
    if (!(await this.#ports.layers.has(record.layer))) return undefined;
    const used = { ...record, lastUsedMs: this.#ports.clock.now(), usageCount: record.usageCount + 1 };
    // Nobody waits for the counter.
    this.#write(() => this.#ports.records.set(recordKey(key), used));
    return used;
  }

  /** Keeps what a step made. Until then its layer is the caller's to hold. */
  async add(key: Digest, step: Omit<CachedStep, "id" | "usageCount">): Promise<CachedStep> {
    const { records, images } = this.#ports;
    await this.#writes;
    const before = await records.get<CachedStep>(recordKey(key));
    const record: CachedStep = { ...step, id: randomId(), usageCount: 1, lastUsedMs: step.createdMs };
    await records.set(recordKey(key), record);
    if (before !== undefined && before.layer !== step.layer)
      await images.discard({ blobs: [], layers: [before.layer] });
    return record;
  }

  /** Marks a record as used by a build until the result is disposed of: it is not pruned meanwhile. */
  hold(id: string): Disposable {
    this.#inUse.set(id, (this.#inUse.get(id) ?? 0) + 1);
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        const left = (this.#inUse.get(id) ?? 1) - 1;
        if (left === 0) this.#inUse.delete(id);
        else this.#inUse.set(id, left);
      },
    };
  }

  async usage(): Promise<readonly CacheEntry[]> {
    const shared = await this.#layersOfImages();
    return (await this.#all()).map(([, record]) =>
      entryOf(record, this.#inUse.has(record.id), shared.has(record.layer)),
    );
  }

  /** @returns ids of what went, and the bytes that nothing uses any more */
  async prune(options: PruneCache): Promise<{ readonly entries: readonly string[]; readonly freedBytes: number }> {
    const { records, images, clock } = this.#ports;
    await this.#writes;
    const all = await this.#all();
    const shared = await this.#layersOfImages();
    const usage = all.map(([, record]) => entryOf(record, this.#inUse.has(record.id), shared.has(record.layer)));
    const gone = new Set(toPrune(usage, options, clock.now()));
    const leaving = all.filter(([, { id }]) => gone.has(id));
    for (const [key] of leaving) await records.delete(key);
    const left = new Set((await this.#all()).map(([, { layer }]) => layer));
    const layers = new Map(leaving.map(([, { layer, sizeBytes }]) => [layer, sizeBytes]));
    const freed = [...layers].filter(([layer]) => !shared.has(layer) && !left.has(layer));
    await images.discard({ blobs: [], layers: [...layers.keys()] });
    return { entries: [...gone], freedBytes: freed.reduce((sum, [, sizeBytes]) => sum + sizeBytes, 0) };
  }

  /** Waits until the counters are written. */
  async settled(): Promise<void> {
    await this.#writes;
  }

  #write(work: () => Promise<void>): void {
    this.#writes = this.#writes.then(work).catch(() => undefined);
  }

  async #all(): Promise<readonly (readonly [string, CachedStep])[]> {
    return await this.#ports.records.entries<CachedStep>(RECORDS);
  }

  async #layersOfImages(): Promise<ReadonlySet<Digest>> {
    return new Set((await this.#ports.images.list()).flatMap(({ layers }) => layers));
  }
}

/** Layers that the cache of a storage holds: removing an image does not take them. */
export async function layersOfBuildCache(records: RecordStore): Promise<Digest[]> {
  return (await records.entries<CachedStep>(RECORDS)).map(([, { layer }]) => layer);
}

function entryOf(record: CachedStep, inUse: boolean, shared: boolean): CacheEntry {
  const { id, parents, type, description, sizeBytes, createdMs, lastUsedMs, usageCount } = record;
  return {
    id,
    parents,
    type,
    description,
    inUse,
    shared,
    sizeBytes,
    createdMs,
    ...(lastUsedMs !== undefined && { lastUsedMs }),
    usageCount,
  };
}

function recordKey(key: Digest): string {
  return `${RECORDS}${hexOf(key)}`;
}

const LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz";

/** As BuildKit's `identity.NewID`: 25 letters and digits. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(25)), (byte) => LETTERS[byte % LETTERS.length]).join("");
}
