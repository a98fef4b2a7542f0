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
  readonly #leases: Leases;
  readonly #garbage: GarbageCollector;
  readonly #users: ContentUsers | undefined;
  readonly #layerSizes = new Map<Digest, number>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(ports: ImageStorePorts) {
    this.records = new ImageRecords(ports.records);
    this.content = new ImageContent(ports.blobs);
    this.layers = ports.layers;
    this.#users = ports.users;
    this.#leases = new Leases(ports);
    this.#garbage = new GarbageCollector({
      ...ports,
      leases: this.#leases,
      images: this.records,
      content: this.content,
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
    const all = [...(await this.records.all()).values()];
    const images = await Promise.all(all.map(({ record, names }) => this.#load(record, names).catch(absent)));
    return images
      .filter((image) => image !== undefined)
      .toSorted((a, b) => createdOf(b).localeCompare(createdOf(a)) || (a.id < b.id ? -1 : 1));
  }

  /** @throws EngineError not-found */
  async get(id: Digest): Promise<Image> {
    const found = (await this.records.all()).get(id);
    const image = found && (await this.#load(found.record, found.names).catch(absent));
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
    await this.exclusive(async () => {
      const isHere =
        (await this.#hasLayers(diffIds)) &&
        (await this.content.has(record.id)) &&
        (await this.content.has(record.manifest.digest));
      if (!isHere)
        throw new EngineError("internal", `content of image ${record.id} was removed while it was being stored`);
      if (names.length === 0) await this.records.keep(record);
      for (const name of names) await this.records.setName(name, record);
    });
  }

  async #hasLayers(diffIds: readonly Digest[]): Promise<boolean> {
    const found = await Promise.all([...new Set(diffIds)].map((diffId) => this.layers.has(diffId)));
    return found.every(Boolean);
  }

  async #load(record: ImageRecord, names: readonly Reference[]): Promise<Image> {
    const { config } = await this.content.documents(record);
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
    };
  }

  async #layerSize(diffId: Digest): Promise<number> {
    const size = this.#layerSizes.get(diffId) ?? (await this.layers.size(diffId));
    this.#layerSizes.set(diffId, size);
    return size;
  }
}

const createdOf = (image: Image): string => image.config.created ?? "";
