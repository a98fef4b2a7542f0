import { EngineError, isKind } from "../base/errors.ts";
import { collect } from "../base/streams.ts";
import type { BlobStore } from "../content/blob-store.ts";
import type { Digest } from "../oci/digest.ts";
import { digestOf } from "../oci/digest.ts";
import type { ImageConfig } from "../oci/image-config.ts";
import type { ImageManifest } from "../oci/manifest.ts";
import { MAX_CONFIG_BYTES, parseImageConfig, parseManifest } from "../oci/parse-manifest.ts";
import type { ImageRecord } from "./image-records.ts";
import type { ContentSet } from "./leases.ts";

/** An image's documents, checked. */
export interface ImageDocuments {
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
}

/** Manifests and configs as blobs: small, immutable, read once. */
export class ImageContent {
  readonly #blobs: BlobStore;
  readonly #parsed = new Map<Digest, Promise<ImageDocuments>>();
  readonly #writes = new Map<Digest, Promise<void>>();

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
  }

  /** @throws EngineError not-found when a document is not here */
  async documents({ id, manifest }: ImageRecord): Promise<ImageDocuments> {
    let parsed = this.#parsed.get(manifest.digest);
    if (!parsed) {
      parsed = this.#read(id, manifest.digest);
      this.#parsed.set(manifest.digest, parsed);
      parsed.catch(() => this.#parsed.delete(manifest.digest));
    }
    return await parsed;
  }

  async #read(id: Digest, manifestDigest: Digest): Promise<ImageDocuments> {
    const [manifestBytes, configBytes] = await Promise.all([this.get(manifestDigest), this.get(id)]);
    const parsed = parseManifest(manifestBytes);
    if (parsed.kind !== "manifest") throw new EngineError("internal", `${manifestDigest} is no image manifest`);
    return { manifest: parsed.manifest, config: parseImageConfig(configBytes) };
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.#blobs.stat(digest)) !== undefined;
  }

  /** @throws EngineError not-found, also for a document that the store has let rot: it goes, so that a pull brings it back */
  async get(digest: Digest): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await collect(await this.#blobs.open(digest), MAX_CONFIG_BYTES).catch(tooLarge);
    if (bytes && (await digestOf(bytes)) === digest) return bytes;
    await this.#blobs.delete(digest);
    throw new EngineError("not-found", `content ${digest} was damaged`);
  }

  /** Stores a small document under its digest. Several callers may bring the same one. */
  async put(bytes: Uint8Array): Promise<Digest> {
    const digest = await digestOf(bytes);
    let write = this.#writes.get(digest);
    if (!write) {
      write = this.#write(digest, bytes).finally(() => this.#writes.delete(digest));
      this.#writes.set(digest, write);
    }
    await write;
    return digest;
  }

  async #write(digest: Digest, bytes: Uint8Array): Promise<void> {
    if (await this.has(digest)) return;
    try {
      await using ingest = await this.#blobs.ingest(digest);
      if (ingest.offsetBytes > 0) await ingest.truncate();
      await ingest.write(bytes);
      await ingest.commit({ sizeBytes: bytes.length });
    } catch (error) {
      // Another tab writes the same bytes; if it has finished, nothing is left to do.
      if (isKind(error, "conflict") && (await this.has(digest))) return;
      throw error;
    }
  }

  /** Drops what was parsed of an image that is gone. */
  forget(manifest: Digest): void {
    this.#parsed.delete(manifest);
  }
}

function tooLarge(error: unknown): undefined {
  if (!(error instanceof RangeError)) throw error;
}

/** What an image needs beside its two documents: compressed layers as they were pulled, and the layers themselves. */
export function contentOf({ manifest, config }: ImageDocuments): ContentSet {
  return { blobs: manifest.layers.map(({ digest }) => digest), layers: config.rootfs.diff_ids };
}

/** For `catch`: what is not here is undefined, any other failure stays one. */
export function absent(error: unknown): undefined {
  if (!isKind(error, "not-found")) throw error;
}
