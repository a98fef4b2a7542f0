/**
 * What is stored about images. A name is one record, so an image appears and changes in one step:
 *
 * ```text
 * images/docker.io/library/nginx:1.22            name → image id, descriptor of its manifest
 * images/docker.io/library/nginx@sha256:<index>  the digest it was pulled by
 * image-ids/sha256:<config>                      images that stay without a name: built, committed, or replaced by a newer pull
 * ```
 *
 * The manifest and the config are blobs.
 */
import type { RecordStore } from "../content/record-store.ts";
import type { Digest } from "../oci/digest.ts";
import type { Descriptor } from "../oci/manifest.ts";
import { formatReference, parseReference, type Reference } from "../oci/reference.ts";

export interface ImageRecord {
  /** Digest of the config. */
  readonly id: Digest;
  readonly manifest: Descriptor;
}

export interface NamedRecord extends ImageRecord {
  /** With exactly one of tag and digest. */
  readonly name: Reference;
}

const NAMES = "images/";
const IDS = "image-ids/";

export class ImageRecords {
  readonly #records: RecordStore;

  constructor(records: RecordStore) {
    this.#records = records;
  }

  async names(): Promise<readonly NamedRecord[]> {
    const entries = await this.#records.entries<ImageRecord>(NAMES);
    return entries.map(([key, record]) => ({ ...record, name: parseReference(key.slice(NAMES.length)) }));
  }

  async named(name: Reference): Promise<ImageRecord | undefined> {
    return await this.#records.get<ImageRecord>(keyOf(name));
  }

  /** Every image once, by id, with its names. */
  async all(): Promise<ReadonlyMap<Digest, { readonly record: ImageRecord; readonly names: readonly Reference[] }>> {
    const images = new Map<Digest, { record: ImageRecord; names: Reference[] }>();
    for (const [, record] of await this.#records.entries<ImageRecord>(IDS))
      images.set(record.id, { record, names: [] });
    for (const { name, id, manifest } of await this.names()) {
      const image = images.get(id) ?? { record: { id, manifest }, names: [] };
      image.names.push(name);
      images.set(id, image);
    }
    return images;
  }

  /** Points a name at an image. The image that had it before stays, without it. */
  async setName(name: Reference, record: ImageRecord): Promise<void> {
    const before = await this.named(name);
    if (before && before.id !== record.id) await this.keep(before);
    await this.#records.set(keyOf(name), record);
  }

  async deleteName(name: Reference): Promise<void> {
    await this.#records.delete(keyOf(name));
  }

  /** Makes an image stay even without a name. */
  async keep(record: ImageRecord): Promise<void> {
    await this.#records.set(IDS + record.id, record);
  }

  async forget(id: Digest): Promise<void> {
    await this.#records.delete(IDS + id);
  }
}

/** A reference with both is its digest, as in moby's reference store. */
export function nameOf({ domain, path, tag, digest }: Reference): Reference {
  return digest === undefined ? { domain, path, ...(tag !== undefined && { tag }) } : { domain, path, digest };
}

function keyOf(name: Reference): string {
  return NAMES + formatReference(nameOf(name));
}
