import { isKind } from "../base/errors.ts";
import type { BlobStore } from "../content/blob-store.ts";
import type { Digest } from "../oci/digest.ts";
import type { LayerStore } from "../snapshots/snapshotter.ts";
import { absent, contentOf, type ImageContent } from "./image-content.ts";
import type { ImageRecords } from "./image-records.ts";
import type { LayerSources } from "./layer-sources.ts";
import { ABANDONED_AFTER_MS, type ContentSet, KEPT_FOR_MS, type Leases } from "./leases.ts";

/** Content that something outside uses: layers of containers whose image was removed, a build cache. */
export type ContentUsers = () => Promise<ContentSet>;

export interface GarbagePorts {
  readonly blobs: BlobStore;
  readonly layers: LayerStore;
  readonly leases: Leases;
  readonly images: ImageRecords;
  readonly content: ImageContent;
  readonly sources: LayerSources;
  readonly users?: ContentUsers;
}

/**
 * Removes content that nothing uses. It looks only at content a lease names (of a removed image, of work that never ended): the
 * stores may hold things that are none of its business.
 */
export class GarbageCollector {
  readonly #ports: GarbagePorts;

  constructor(ports: GarbagePorts) {
    this.#ports = ports;
  }

  /**
   * @param everything also what broken pulls left for another try
   * @returns what was removed
   */
  async collect({ everything = false }: { everything?: boolean } = {}): Promise<ContentSet> {
    const { leases } = this.#ports;
    const { live, expired } = await leases.list(everything ? ABANDONED_AFTER_MS : KEPT_FOR_MS);
    if (expired.length === 0) return { blobs: [], layers: [] };
    const used = await this.#used(live);
    const removed = { blobs: new Set<Digest>(), layers: new Set<Digest>() };
    for (const lease of expired) {
      for (const digest of lease.blobs) {
        if (!used.blobs.has(digest) && (await this.#removeBlob(digest))) removed.blobs.add(digest);
      }
      for (const diffId of lease.layers) {
        if (!used.layers.has(diffId) && (await this.#removeLayer(diffId))) removed.layers.add(diffId);
      }
      await leases.delete(lease.key);
    }
    return { blobs: [...removed.blobs], layers: [...removed.layers] };
  }

  async #removeBlob(digest: Digest): Promise<boolean> {
    const { blobs } = this.#ports;
    if (await blobs.stat(digest)) {
      await blobs.delete(digest);
      return true;
    }
    try {
      await using partial = await blobs.ingest(digest);
      if (partial.offsetBytes === 0) return false;
      await partial.truncate();
      return true;
    } catch (error) {
      // Somebody is writing it right now.
      if (isKind(error, "conflict")) return false;
      throw error;
    }
  }

  async #removeLayer(diffId: Digest): Promise<boolean> {
    const { layers } = this.#ports;
    if (!(await layers.has(diffId))) return false;
    await layers.remove(diffId);
    await this.#ports.sources.forget(diffId);
    return true;
  }

  /** Everything an image, work under way, or someone outside needs. */
  async #used(
    live: readonly ContentSet[],
  ): Promise<{ readonly blobs: ReadonlySet<Digest>; readonly layers: ReadonlySet<Digest> }> {
    const { images, content, users } = this.#ports;
    const used = { blobs: new Set<Digest>(), layers: new Set<Digest>() };
    const add = (set: ContentSet): void => {
      for (const digest of set.blobs) used.blobs.add(digest);
      for (const diffId of set.layers) used.layers.add(diffId);
    };
    for (const { record } of (await images.all()).values()) {
      add({ blobs: [record.id, record.manifest.digest], layers: [] });
      // An image whose documents are gone keeps no layers: it cannot be run either. Any other failure must not cost layers.
      const documents = await content.documents(record).catch(absent);
      if (documents) add(contentOf(documents));
    }
    live.forEach(add);
    if (users) add(await users());
    return used;
  }
}
