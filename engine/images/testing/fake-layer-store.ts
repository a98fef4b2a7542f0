import { EngineError } from "../../base/errors.ts";
import { chunksOf, concat, streamOf, type ByteStream } from "../../base/streams.ts";
import { type Digest, digestOf } from "../../oci/digest.ts";
import { TarParser } from "../../oci/layer-tar.ts";
import type { LayerStore } from "../../snapshots/snapshotter.ts";

/** Layers in memory, checked as the real store does. */
export class FakeLayerStore implements LayerStore {
  readonly layers = new Map<Digest, Uint8Array>();
  /** Layers being unpacked now, and the most at once. */
  unpacking = 0;
  peakUnpacking = 0;
  readonly #options: { readonly capacityBytes?: number };

  constructor(options: { readonly capacityBytes?: number } = {}) {
    this.#options = options;
  }

  async has(diffId: Digest): Promise<boolean> {
    return this.layers.has(diffId);
  }

  async unpack(diffId: Digest, tar: ByteStream, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    this.unpacking += 1;
    this.peakUnpacking = Math.max(this.peakUnpacking, this.unpacking);
    try {
      const parser = new TarParser({ entry: () => undefined });
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of chunksOf(tar)) {
        signal?.throwIfAborted();
        parser.push(chunk);
        chunks.push(chunk.slice());
        size += chunk.length;
        if (size > (this.#options.capacityBytes ?? Infinity))
          throw new EngineError("unavailable", "no space left on device");
      }
      parser.end();
      const bytes = concat(chunks);
      const actual = await digestOf(bytes);
      if (actual !== diffId) throw new EngineError("invalid-argument", `layer is ${actual}, not ${diffId}`);
      this.layers.set(diffId, bytes);
    } finally {
      this.unpacking -= 1;
    }
  }

  async size(diffId: Digest): Promise<number> {
    let size = 0;
    const parser = new TarParser({ entry: (entry) => void (size += entry.size) });
    parser.push(this.#get(diffId));
    return size;
  }

  async openTar(diffId: Digest): Promise<ByteStream> {
    return streamOf(this.#get(diffId));
  }

  async tarBytes(diffId: Digest): Promise<number> {
    return this.#get(diffId).length;
  }

  async remove(diffId: Digest): Promise<void> {
    this.layers.delete(diffId);
  }

  async export(diffId: Digest): Promise<string> {
    this.#get(diffId);
    return `/run/9p/l/${diffId.slice(7, 23)}`;
  }

  #get(diffId: Digest): Uint8Array {
    const bytes = this.layers.get(diffId);
    if (!bytes) throw new EngineError("not-found", `layer ${diffId}: not found`);
    return bytes;
  }
}
