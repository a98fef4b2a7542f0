import type { Clock } from "../base/clock.ts";
import { EngineError, isKind } from "../base/errors.ts";
import { type ByteStream, chunksOf, streamFrom } from "../base/streams.ts";
import type { BlobStore } from "../content/blob-store.ts";
import { Spool, type Spooled } from "../content/spool.ts";
import { createHasher, type Digest } from "../oci/digest.ts";
import type { Descriptor } from "../oci/manifest.ts";
import { OCI_LAYER } from "../oci/media-types.ts";
import type { LayerStore } from "../snapshots/snapshotter.ts";
import { decompressed } from "./decompress.ts";
import type { Images } from "./images.ts";
import type { Lease } from "./leases.ts";

export interface IncomingPorts {
  readonly images: Pick<Images, "create" | "discard" | "lease" | "list" | "resolve" | "document">;
  /** The images' own blobs: what arrives is put by there. */
  readonly blobs: BlobStore;
  readonly layers: LayerStore;
  readonly clock: Clock;
  /** No layer may become larger than this, uncompressed; 8 GiB. */
  readonly maxLayerBytes?: number;
  /** So much of a layer that says itself what it is stays in memory: storing it twice costs more. 64 MiB. */
  readonly maxKeptBytes?: number;
}

const MAX_LAYER_BYTES = 8 * 2 ** 30;

const MAX_KEPT_BYTES = 64 << 20;
const KEPT_CHUNK_BYTES = 1 << 20;

/** Content on its way into an image. Layers that no image holds in the end go again. */
export class Incoming {
  readonly spool: Spool;
  readonly #ports: IncomingPorts;
  readonly #lease: Lease;
  readonly #layers: Digest[] = [];

  /** Runs `work`; when it fails, nothing of what it stored stays. */
  static async during<T>(ports: IncomingPorts, work: (incoming: Incoming) => Promise<T>): Promise<T> {
    const lease = await ports.images.lease({});
    const incoming = new Incoming(ports, lease);
    await using _spool = incoming.spool;
    try {
      const result = await work(incoming);
      await lease.end();
      return result;
    } catch (error) {
      await lease.end();
      await ports.images.discard({ blobs: [], layers: incoming.#layers });
      throw error;
    }
  }

  private constructor(ports: IncomingPorts, lease: Lease) {
    this.#ports = ports;
    this.#lease = lease;
    this.spool = new Spool(ports.blobs, (chunk) => lease.add({ blobs: [chunk] }));
  }

  get #maxBytes(): number {
    return this.#ports.maxLayerBytes ?? MAX_LAYER_BYTES;
  }

  /** The bytes inside a stream that may be compressed. */
  async plain(stream: ByteStream): Promise<ByteStream> {
    return await decompressed(stream, this.#maxBytes);
  }

  /** Stores a layer that says itself what it is. @param tar uncompressed @throws EngineError invalid-argument for a bad tar */
  async newLayer(tar: ByteStream): Promise<Descriptor> {
    const hasher = await createHasher();
    const hashed = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of chunksOf(tar)) {
        hasher.update(chunk);
        yield chunk;
      }
    };
    const stored = await this.#keep(hashed());
    const diffId = hasher.digest();
    await this.#unpack(diffId, () => Promise.resolve(stored.open()));
    return await this.descriptor(diffId);
  }

  /**
   * Stores a layer that was promised to be `diffId`, unless it is here.
   * @throws EngineError invalid-argument for a bad tar or other content
   */
  async layer(
    diffId: Digest,
    file: Spooled,
    options: { readonly index: number; readonly onProgress: (currentBytes: number) => void },
  ): Promise<Descriptor> {
    const hasher = await createHasher();
    const { onProgress, index } = options;
    const counted = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      let currentBytes = 0;
      for await (const chunk of chunksOf(file.open())) {
        currentBytes += chunk.length;
        onProgress(currentBytes);
        yield chunk;
      }
    };
    const hashed = async function* (plain: ByteStream): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of chunksOf(plain)) {
        hasher.update(chunk);
        yield chunk;
      }
    };
    await this.#unpack(diffId, async () => streamFrom(hashed(await this.plain(streamFrom(counted()))))).catch(
      (error: unknown) => {
        if (!isKind(error, "invalid-argument") || error.message.startsWith("archive/tar:")) throw error;
        const text = `invalid diffID for layer ${index}: expected "${diffId}", got "${hasher.digest()}"`;
        throw new EngineError("invalid-argument", text, { cause: error });
      },
    );
    return await this.descriptor(diffId);
  }

  /** Of a layer that is here, as a plain tar. */
  async descriptor(diffId: Digest): Promise<Descriptor> {
    return { mediaType: OCI_LAYER, digest: diffId, size: await this.#ports.layers.tarBytes(diffId) };
  }

  /** Until the digest is known: the beginning stays in memory, the rest of a large layer is put by. */
  async #keep(source: AsyncGenerator<Uint8Array, void, undefined>): Promise<Spooled> {
    const kept: Uint8Array[] = [];
    let sizeBytes = 0;
    for (let next = await source.next(); !next.done; next = await source.next()) {
      append(kept, next.value, sizeBytes);
      sizeBytes += next.value.length;
      if (sizeBytes < (this.#ports.maxKeptBytes ?? MAX_KEPT_BYTES)) continue;
      const rest = await this.spool.add(streamFrom(source));
      const both = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        yield* kept;
        yield* chunksOf(rest.open());
      };
      return { sizeBytes: sizeBytes + rest.sizeBytes, open: () => streamFrom(both()) };
    }
    return { sizeBytes, open: () => streamFrom(kept) };
  }

  async #unpack(diffId: Digest, open: () => Promise<ByteStream>): Promise<void> {
    const { layers } = this.#ports;
    await this.#lease.add({ layers: [diffId] });
    if (await layers.has(diffId)) return;
    this.#layers.push(diffId);
    await layers.unpack(diffId, await open(), { onProgress: () => this.#lease.renew() });
  }
}

/** Copies bytes behind those in `chunks`, of which all but the last are full. The last is as long as what is in it. */
function append(chunks: Uint8Array[], bytes: Uint8Array, sizeBytes: number): void {
  for (let at = 0; at < bytes.length;) {
    const used = (sizeBytes + at) % KEPT_CHUNK_BYTES;
    const last = used === 0 ? new Uint8Array(KEPT_CHUNK_BYTES) : (chunks.pop() as Uint8Array);
    const whole = new Uint8Array(last.buffer, 0, Math.min(KEPT_CHUNK_BYTES, used + bytes.length - at));
    whole.set(bytes.subarray(at, at + whole.length - used), used);
    chunks.push(whole);
    at += whole.length - used;
  }
}
