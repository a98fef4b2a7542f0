import { EngineError } from "../base/errors.ts";
import { encodeUtf8 } from "../base/streams.ts";
import { type Digest, digestOf } from "../oci/digest.ts";
import type { Descriptor } from "../oci/manifest.ts";
import { OCI_CONFIG, OCI_MANIFEST } from "../oci/media-types.ts";
import { parseImageConfig } from "../oci/parse-manifest.ts";
import { familiarName, parseReference, type Reference, withDefaultTag } from "../oci/reference.ts";
import type { CatalogEntry } from "./catalog.ts";
import { findImageId } from "./image-lookup.ts";
import type {
  Image,
  ImageService,
  PullEvent,
  PullOptions,
  PushEvent,
  PushOptions,
  RegistryCredentials,
  RemovedImage,
} from "./image-service.ts";
import { ImageStore, type ImageStorePorts } from "./image-store.ts";
import { LayerTransfers } from "./layer-transfers.ts";
import type { ContentSet, Lease } from "./leases.ts";
import { describeRemote, type RemoteImage } from "./describe-remote.ts";
import { type LoginRequest, type LoginResult, logIn } from "./log-in.ts";
import { pullReference } from "./pull.ts";
import { pushReference } from "./push.ts";
import { RegistryClient } from "./registry-client.ts";
import type { RegistryHosts } from "./registry-hosts.ts";
import { type Fetch, RegistryTransport } from "./registry-transport.ts";
import { removeImage } from "./remove-image.ts";
import { searchImages } from "./search.ts";
import { TransferSlots } from "./transfer-slots.ts";

export interface ImagesPorts extends ImageStorePorts {
  readonly fetch: Fetch;
  readonly hosts: RegistryHosts;
  /** dockerd's `max-concurrent-downloads`; 3. */
  readonly parallelDownloads?: number;
  /** dockerd's `max-concurrent-uploads`; 5. */
  readonly parallelUploads?: number;
  /** No layer may become larger than this, uncompressed; 8 GiB. */
  readonly maxLayerBytes?: number;
  readonly timeoutMs?: number;
}

const PARALLEL_UPLOADS = 5;
const MAX_LAYER_BYTES = 8 * 2 ** 30;

/** The engine's images: everything lives in the stores, so a reload or another tab sees the same. */
export class Images implements ImageService {
  readonly #store: ImageStore;
  readonly #registries: RegistryClient;
  readonly #transfers: LayerTransfers;
  readonly #ports: ImagesPorts;
  readonly #uploadSlots: TransferSlots;

  constructor(ports: ImagesPorts) {
    this.#ports = ports;
    this.#store = new ImageStore(ports);
    this.#registries = new RegistryClient(ports);
    this.#uploadSlots = new TransferSlots(ports.parallelUploads ?? PARALLEL_UPLOADS);
    const { blobs, layers, clock, parallelDownloads, maxLayerBytes = MAX_LAYER_BYTES } = ports;
    this.#transfers = new LayerTransfers({
      blobs,
      layers,
      clock,
      slots: new TransferSlots(parallelDownloads),
      maxLayerBytes,
    });
  }

  async list(): Promise<readonly Image[]> {
    return await this.#store.list();
  }

  async resolve(nameOrId: string): Promise<Image> {
    return await this.#store.get(await findImageId(this.#store, nameOrId));
  }

  pull(reference: string, options: PullOptions = {}): AsyncIterable<PullEvent> {
    const { clock } = this.#ports;
    return pullReference(reference, options, {
      store: this.#store,
      registries: this.#registries,
      transfers: this.#transfers,
      clock,
    });
  }

  push(reference: string, options: PushOptions = {}): AsyncIterable<PushEvent> {
    const { blobs, layers, clock } = this.#ports;
    return pushReference(reference, options, {
      store: this.#store,
      sources: this.#store.sources,
      registries: this.#registries,
      slots: this.#uploadSlots,
      blobs,
      layers,
      clock,
    });
  }

  async describeRemote(
    reference: string,
    options: { auth?: RegistryCredentials; signal?: AbortSignal } = {},
  ): Promise<RemoteImage> {
    return await describeRemote(this.#registries, reference, options);
  }

  async logIn(request: LoginRequest, options: { signal?: AbortSignal } = {}): Promise<LoginResult> {
    return await logIn(request, { ...this.#ports, ...options });
  }

  async tag(nameOrId: string, target: string): Promise<void> {
    const name = withDefaultTag(parseReference(target));
    if (name.digest !== undefined)
      throw new EngineError("invalid-argument", "refusing to create a tag with a digest reference");
    if (familiarName(name) === "sha256")
      throw new EngineError("invalid-argument", "refusing to create an ambiguous tag using digest algorithm as name");
    await this.#store.exclusive(async () => {
      const id = await findImageId(this.#store, nameOrId);
      const found = (await this.#store.records.all()).get(id);
      if (!found) throw new EngineError("not-found", `No such image: ${nameOrId}`);
      await this.#store.records.setName(name, found.record);
      await this.#store.records.setLastTagTime(id, this.#now());
    });
  }

  async remove(nameOrId: string, options: Parameters<ImageService["remove"]>[1]): Promise<readonly RemovedImage[]> {
    return await removeImage(this.#store, nameOrId, options);
  }

  /**
   * Makes an image of layers that are in the layer store: a build, a commit, an import, a loaded archive. Take a {@link lease} on
   * layers before they are stored, and end it after this.
   * @param layers bottom first; for plain layers the digest is the diffId
   * @param options.parent the image it was made of
   * @throws EngineError invalid-argument for a config that does not fit, internal when a layer is not here
   */
  async create(
    config: Uint8Array,
    layers: readonly Descriptor[],
    names: readonly Reference[] = [],
    { parent }: { readonly parent?: Digest } = {},
  ): Promise<Image> {
    const { rootfs } = parseImageConfig(config, layers.length);
    const id = await digestOf(config);
    const configDescriptor = { mediaType: OCI_CONFIG, digest: id, size: config.length };
    const manifest = encodeUtf8(
      JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: configDescriptor, layers }),
    );
    const digest = await digestOf(manifest);
    const lease = await this.#store.lease({ blobs: [id, digest], layers: rootfs.diff_ids });
    await this.#store.content.put(config);
    await this.#store.content.put(manifest);
    const known = await this.#store.findComplete(id);
    const record = known?.record ?? { id, manifest: { mediaType: OCI_MANIFEST, digest, size: manifest.length } };
    if (parent !== undefined) await this.#store.records.setParent(id, parent);
    await this.#store.commit(record, names.map(withDefaultTag), rootfs.diff_ids);
    if (names.length > 0) await this.#store.records.setLastTagTime(id, this.#now());
    await lease.end();
    return await this.#store.get(id);
  }

  /** Keeps content that is about to be stored from being collected. */
  async lease(content: Partial<ContentSet>): Promise<Lease> {
    return await this.#store.lease(content);
  }

  async search(
    term: string,
    { limit = 25, signal }: { limit?: number; signal?: AbortSignal } = {},
  ): Promise<readonly CatalogEntry[]> {
    const transport = new RegistryTransport(this.#ports);
    return await searchImages(term, limit, { transport, hosts: this.#ports.hosts, ...(signal && { signal }) });
  }

  /** Removes layers and blobs that were stored for an image that did not come about, as far as nothing else uses them. */
  async discard(content: ContentSet): Promise<void> {
    await this.#store.exclusive(async () => {
      await this.#store.doom(content);
      await this.#store.collectNow();
    });
  }

  /** A small document of an image: its manifest or config, as it was signed. @throws EngineError not-found */
  async document(digest: Digest): Promise<Uint8Array> {
    return await this.#store.content.get(digest);
  }

  /** Removes content that nothing uses. Call it after a start, and with `everything` for `docker system prune`. */
  async collectGarbage(options?: { everything?: boolean }): Promise<ContentSet> {
    return await this.#store.collect(options);
  }

  #now(): string {
    return new Date(this.#ports.clock.now()).toISOString();
  }
}
