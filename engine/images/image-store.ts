/** The images that are here: records, documents and layers brought together, and nothing kept that no image needs. */
import type { Clock } from "../base/clock.ts";
import { EngineError } from "../base/errors.ts";
import type { BlobStore } from "../content/blob-store.ts";
import type { RecordStore } from "../content/record-store.ts";
import type { Digest } from "../oci/digest.ts";
import type { ImageConfig } from "../oci/image-config.ts";
import { formatFamiliar, type Reference } from "../oci/reference.ts";
import type { LayerStore } from "../snapshots/snapshotter.ts";
import { type ContentUsers, GarbageCollector } from "./garbage.ts";
import { absent, ImageContent } from "./image-content.ts";
import { type ImageRecord, ImageRecords } from "./image-records.ts";
import type { Image } from "./image-service.ts";
import { LayerSources } from "./layer-sources.ts";
import { type ContentSet, type Lease, Leases } from "./leases.ts";

export interface ImageStorePorts {
  readonly records: RecordStore;
  readonly blobs: BlobStore;
  readonly layers: LayerStore;
  readonly clock: Clock;
  /** What containers and others need although no image does. */
  readonly users?: ContentUsers;
}

export class ImageStore {
  readonly records: ImageRecords;
  readonly content: ImageContent;
  readonly layers: LayerStore;
  readonly sources: LayerSources;
  readonly #leases: Leases;
  readonly #garbage: GarbageCollector;
  readonly #users: ContentUsers | undefined;
  readonly #layerSizes = new Map<Digest, number>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(ports: ImageStorePorts) {
    this.records = new ImageRecords(ports.records);
    this.content = new ImageContent(ports.blobs);
    this.layers = ports.layers;
    this.sources = new LayerSources(ports.records);
    this.#users = ports.users;
    this.#leases = new Leases(ports);
    this.#garbage = new GarbageCollector({
      ...ports,
      leases: this.#leases,
      images: this.records,
      content: this.content,
      sources: this.sources,
    });
  }

  /**
   * Runs changes of records and collection one after the other: a lease that was opened, a check that was made, is still good
   * when what follows it in the same `work` happens.
   */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Names content before it is stored. */
  async lease(content: Partial<ContentSet>): Promise<Lease> {
    return await this.exclusive(() => this.#leases.open(content));
  }

  /** Ends a lease on an image's content; what only the lease held, because the image was removed meanwhile, goes. */
  async endLeaseOf(id: Digest, content: ContentSet, lease: Lease): Promise<void> {
    await this.exclusive(async () => {
      const isGone = !(await this.records.all()).has(id);
      if (isGone) await this.doom(content);
      await lease.end();
      if (isGone) await this.collectNow();
    });
  }

  /** Gives an image one more name, unless it was removed meanwhile. */
  async nameIfHere(name: Reference, record: ImageRecord): Promise<void> {
    await this.exclusive(async () => {
      if ((await this.records.all()).has(record.id)) await this.records.setName(name, record);
    });
  }

  /** Names content that is going to be left by what holds it. Call inside {@link exclusive}, then {@link collectNow}. */
  async doom(content: ContentSet): Promise<void> {
    await this.#leases.doom(content);
  }

  async collect(options?: { everything?: boolean }): Promise<ContentSet> {
    return await this.exclusive(() => this.collectNow(options));
  }

  /** {@link collect} inside {@link exclusive}. */
  async collectNow(options?: { everything?: boolean }): Promise<ContentSet> {
    return await this.#garbage.collect(options);
  }

  /** Layers that something other than an image needs. */
  async usedLayers(): Promise<ReadonlySet<Digest>> {
    return new Set((await this.#users?.())?.layers ?? []);
  }

  /** All images, newest first. One whose documents are gone (another tab removed it just now) is not among them. */
  async list(): Promise<readonly Image[]> {
    const all = await this.records.all();
    const parents = await this.records.parentsOf(all);
    const images = await Promise.all(
      [...all.values()].map(({ record, names }) => this.#load(record, names, parents).catch(absent)),
    );
    return images
      .filter((image) => image !== undefined)
      .toSorted((a, b) => createdOf(b).localeCompare(createdOf(a)) || (a.id < b.id ? -1 : 1));
  }

  /** @throws EngineError not-found */
  async get(id: Digest): Promise<Image> {
    const all = await this.records.all();
    const found = all.get(id);
    const parents = await this.records.parentsOf(all);
    const image = found && (await this.#load(found.record, found.names, parents).catch(absent));
    if (!image) throw new EngineError("not-found", `No such image: ${id}`);
    return image;
  }

  /** An image that is here with all its layers, or undefined. */
  async findComplete(id: Digest): Promise<{ readonly record: ImageRecord; readonly config: ImageConfig } | undefined> {
    const found = (await this.records.all()).get(id);
    const documents = found && (await this.content.documents(found.record).catch(absent));
    if (!documents || !(await this.#hasLayers(documents.config.rootfs.diff_ids))) return undefined;
    return { record: found.record, config: documents.config };
  }

  /**
   * Makes an image visible under these names (or none) once all it needs is here.
   * @throws EngineError internal when a layer vanished: another tab removed it
   */
  async commit(record: ImageRecord, names: readonly Reference[], diffIds: readonly Digest[]): Promise<void> {
    if (await this.tryCommit(record, names, diffIds)) return;
    throw new EngineError("internal", `content of image ${record.id} was removed while it was being stored`);
  }

  /** {@link commit}; false when something the image needs is not here. */
  async tryCommit(record: ImageRecord, names: readonly Reference[], diffIds: readonly Digest[]): Promise<boolean> {
    return await this.exclusive(async () => {
      const isHere =
        (await this.#hasLayers(diffIds)) &&
        (await this.content.has(record.id)) &&
        (await this.content.has(record.manifest.digest));
      if (!isHere) return false;
      if (names.length === 0) await this.records.keep(record);
      for (const name of names) await this.records.setName(name, record);
      return true;
    });
  }

  async #hasLayers(diffIds: readonly Digest[]): Promise<boolean> {
    const found = await Promise.all([...new Set(diffIds)].map((diffId) => this.layers.has(diffId)));
    return found.every(Boolean);
  }

  async #load(record: ImageRecord, names: readonly Reference[], parents: ReadonlySet<Digest>): Promise<Image> {
    const { config } = await this.content.documents(record);
    const lastTagTime = await this.records.lastTagTime(record.id);
    const parent = await this.records.parent(record.id);
    const layers = config.rootfs.diff_ids;
    const sizes = await Promise.all(layers.map((diffId) => this.#layerSize(diffId)));
    const familiar = (wanted: "tag" | "digest"): string[] =>
      names.filter((name) => name[wanted] !== undefined).map((name) => formatFamiliar(name));
    return {
      id: record.id,
      config,
      repoTags: familiar("tag").toSorted(),
      repoDigests: familiar("digest").toSorted(),
      layers,
      sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
      manifest: record.manifest,
      ...(lastTagTime !== undefined && { lastTagTime }),
      ...(parent !== undefined && { parent }),
      ...(parents.has(record.id) && { hasChildren: true }),
    };
  }

  async #layerSize(diffId: Digest): Promise<number> {
    const size = this.#layerSizes.get(diffId) ?? (await this.layers.size(diffId));
    this.#layerSizes.set(diffId, size);
    return size;
  }
}

const createdOf = (image: Image): string => image.config.created ?? "";
