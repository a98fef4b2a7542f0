/**
 * What is stored about images. A name is one record, so an image appears and changes in one step:
 *
 * ```text
 * images/docker.io/library/nginx:1.22            name → image id, descriptor of its manifest
 * images/docker.io/library/nginx@sha256:<index>  the digest it was pulled by
 * image-ids/sha256:<config>                      images that stay without a name: built, committed, or replaced by a newer pull
 * image-parents/sha256:<config>                  the image it was made of here
 * image-tag-times/sha256:<config>                when it was last tagged
 * ```
 *
 * The manifest and the config are blobs.
 */
import type { RecordStore } from "../content/record-store.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
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
const TAG_TIMES = "image-tag-times/";
const PARENTS = "image-parents/";

export class ImageRecords {
  readonly #records: RecordStore;

  constructor(records: RecordStore) {
    this.#records = records;
  }

  async names(): Promise<readonly NamedRecord[]> {
    const entries = await this.#records.entries<unknown>(NAMES);
    return entries.flatMap(([key, record]) => {
      const name = readName(key.slice(NAMES.length));
      return name && isImageRecord(record) ? { ...record, name } : [];
    });
  }

  async named(name: Reference): Promise<ImageRecord | undefined> {
    const record = await this.#records.get<unknown>(keyOf(name));
    return isImageRecord(record) ? record : undefined;
  }

  /** Every image once, by id, with its names. */
  async all(): Promise<ReadonlyMap<Digest, { readonly record: ImageRecord; readonly names: readonly Reference[] }>> {
    const images = new Map<Digest, { record: ImageRecord; names: Reference[] }>();
    for (const [, record] of await this.#records.entries<unknown>(IDS))
      if (isImageRecord(record)) images.set(record.id, { record, names: [] });
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
    await this.#records.delete(TAG_TIMES + id);
    await this.#records.delete(PARENTS + id);
  }

  /** The image it was made of here, by a commit or a build. */
  async parent(id: Digest): Promise<Digest | undefined> {
    return await this.#records.get<Digest>(PARENTS + id);
  }

  /** Images of which one of these was made. */
  async parentsOf(images: ReadonlyMap<Digest, unknown>): Promise<ReadonlySet<Digest>> {
    const entries = await this.#records.entries<Digest>(PARENTS);
    return new Set(
      entries.flatMap(([key, parent]) => (images.has(key.slice(PARENTS.length) as Digest) ? [parent] : [])),
    );
  }

  async setParent(id: Digest, parent: Digest): Promise<void> {
    await this.#records.set(PARENTS + id, parent);
  }

  /** When the image got a name by hand (not by a pull), RFC 3339; undefined when never. */
  async lastTagTime(id: Digest): Promise<string | undefined> {
    return await this.#records.get<string>(TAG_TIMES + id);
  }

  async setLastTagTime(id: Digest, time: string): Promise<void> {
    await this.#records.set(TAG_TIMES + id, time);
  }
}

/** A record that something else has written, or half of one, is as good as none: it must not hide the others. */
function isImageRecord(record: unknown): record is ImageRecord {
  const { id, manifest } = (record ?? {}) as Partial<ImageRecord>;
  return typeof id === "string" && isDigest(id) && typeof manifest?.digest === "string" && isDigest(manifest.digest);
}

function readName(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}

/** A reference with both is its digest, as in moby's reference store. */
export function nameOf({ domain, path, tag, digest }: Reference): Reference {
  return digest === undefined ? { domain, path, ...(tag !== undefined && { tag }) } : { domain, path, digest };
}

function keyOf(name: Reference): string {
  return NAMES + formatReference(nameOf(name));
}
