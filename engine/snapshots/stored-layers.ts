import { systemClock, type Clock } from "../base/clock.ts";
import { EngineError, isKind } from "../base/errors.ts";
import { chunksOf, collect, concat, type ByteStream } from "../base/streams.ts";
import type { BlobStore, Ingest } from "../content/blob-store.ts";
import type { RecordStore } from "../content/record-store.ts";
import { digestOf, hexOf, type Digest } from "../oci/digest.ts";
import { TarParser } from "../oci/layer-tar.ts";
import { CHUNK_BYTES, ChunkCache, type CachedChunks } from "./chunk-cache.ts";
import { encodeLayerIndex } from "./encode-layer-index.ts";
import type { FileTree } from "./file-tree.ts";
import { LayerIndex } from "./layer-index.ts";
import { LayerIndexBuilder } from "./layer-index-builder.ts";
import { LayerTree } from "./layer-tree.ts";
import type { TreeExports } from "./nine-p-exports.ts";
import type { LayerStore } from "./snapshotter.ts";

/** Where the guest has mounted what the 9p server exports. */
const EXPORT_PATH = "/run/9p";
const DEFAULT_CACHE_BYTES = 48 << 20;
const CONFLICT_WAIT_MS = 200;
const MAX_INDEX_BYTES = 1 << 30;

/** `layers/<hex of the diffId>`; the layer is there exactly when this is. */
interface LayerRecord {
  readonly tarBytes: number;
  readonly contentBytes: number;
  /** The blob that holds the `LayerIndex`. */
  readonly index: Digest;
}

/** A layer that was used in this session. */
interface OpenLayer {
  readonly content: CachedChunks;
  readonly tarBytes: number;
  index: LayerIndex | undefined;
}

export interface StoredLayersOptions {
  /** For layer tars, by diffId, and their indexes. Nobody else may use it. */
  readonly blobs: BlobStore;
  readonly records: RecordStore;
  /** Serves the layers to the guest. */
  readonly exports: TreeExports;
  /** Content kept in memory, all layers together. */
  readonly cacheBytes?: number;
  readonly clock?: Clock;
}

/** Layers as their uncompressed tars in a blob store, each with an index that makes it a file tree. */
export class StoredLayers implements LayerStore {
  readonly #blobs: BlobStore;
  readonly #records: RecordStore;
  readonly #exports: TreeExports;
  readonly #cache: ChunkCache;
  readonly #clock: Clock;
  readonly #open = new Map<Digest, OpenLayer>();
  readonly #exported = new Set<Digest>();

  constructor(options: StoredLayersOptions) {
    this.#blobs = options.blobs;
    this.#records = options.records;
    this.#exports = options.exports;
    this.#cache = new ChunkCache(options.cacheBytes ?? DEFAULT_CACHE_BYTES);
    this.#clock = options.clock ?? systemClock;
  }

  async has(diffId: Digest): Promise<boolean> {
    return (await this.#record(diffId)) !== undefined;
  }

  async unpack(
    diffId: Digest,
    tar: ByteStream,
    options: { onProgress?: (bytes: number) => void; signal?: AbortSignal } = {},
  ): Promise<void> {
    const { signal } = options;
    const reader = tar.getReader();
    // A reader that waits for a network that is gone would not notice otherwise.
    const abort = (): void => void reader.cancel(signal?.reason).catch(() => undefined);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      signal?.throwIfAborted();
      const ingest = await this.#claim(diffId, signal);
      if (ingest) await this.#unpack(diffId, ingest, { reader, ...options });
    } finally {
      signal?.removeEventListener("abort", abort);
      await reader.cancel().catch(() => undefined);
    }
  }

  async size(diffId: Digest): Promise<number> {
    return (await this.#known(diffId)).contentBytes;
  }

  async openTar(diffId: Digest): Promise<ByteStream> {
    await this.#known(diffId);
    return this.#blobs.open(diffId);
  }

  async tarBytes(diffId: Digest): Promise<number> {
    return (await this.#known(diffId)).tarBytes;
  }

  /** The layer's files, whiteouts in overlayfs's form. */
  async openTree(diffId: Digest): Promise<FileTree> {
    return this.#tree(diffId, await this.#known(diffId));
  }

  async remove(diffId: Digest): Promise<void> {
    const record = await this.#record(diffId);
    this.#exports.remove(exportName(diffId));
    this.#exported.delete(diffId);
    const open = this.#open.get(diffId);
    open?.content.clear(open.tarBytes);
    this.#open.delete(diffId);
    if (!record) return;
    await this.#records.delete(recordKey(diffId));
    await this.#blobs.delete(diffId);
    await this.#blobs.delete(record.index);
  }

  async export(diffId: Digest): Promise<string> {
    const name = exportName(diffId);
    if (!this.#exported.has(diffId)) {
      const record = await this.#known(diffId);
      const tree = async (): Promise<FileTree> => this.#tree(diffId, record);
      const isIndexed = this.#open.get(diffId)?.index !== undefined;
      this.#exports.add(name, { id: hexOf(diffId), tree: isIndexed ? await tree() : tree });
      this.#exported.add(diffId);
    }
    return `${EXPORT_PATH}/${name}`;
  }

  /** The right to write this layer; undefined when somebody else, perhaps another tab, has finished it meanwhile. */
  async #claim(diffId: Digest, signal: AbortSignal | undefined): Promise<Ingest | undefined> {
    while (!(await this.has(diffId))) {
      try {
        return await this.#blobs.ingest(diffId);
      } catch (error) {
        if (!isKind(error, "conflict")) throw error;
      }
      await this.#clock.sleep(CONFLICT_WAIT_MS, signal ? { signal } : {});
    }
    return undefined;
  }

  async #unpack(diffId: Digest, claimed: Ingest, source: UnpackSource): Promise<void> {
    await using ingest = claimed;
    // The tar always comes from its beginning.
    if (ingest.offsetBytes > 0) await ingest.truncate();
    const layer = this.#openLayer(diffId, 0).content;
    try {
      const { index, tarBytes } = await receive(ingest, layer, source);
      await ingest.commit({ sizeBytes: tarBytes });
      const record: LayerRecord = { tarBytes, contentBytes: index.contentBytes, index: await this.#storeIndex(index) };
      await this.#records.set(recordKey(diffId), record);
      this.#open.set(diffId, { content: layer, tarBytes, index });
    } catch (error) {
      layer.clear(ingest.offsetBytes);
      this.#open.delete(diffId);
      // It cannot be continued: give the space back. What went wrong first is what counts.
      await ingest.truncate().catch(() => undefined);
      throw error;
    }
  }

  async #storeIndex(index: LayerIndex): Promise<Digest> {
    const digest = await digestOf(index.bytes);
    if (await this.#blobs.stat(digest)) return digest;
    await using ingest = await this.#blobs.ingest(digest);
    if (ingest.offsetBytes > 0) await ingest.truncate();
    await ingest.write(index.bytes);
    await ingest.commit({ sizeBytes: index.bytes.length });
    return digest;
  }

  async #tree(diffId: Digest, record: LayerRecord): Promise<FileTree> {
    const layer = this.#openLayer(diffId, record.tarBytes);
    layer.index ??= await this.#loadIndex(diffId, record);
    return new LayerTree(layer.index, layer.content);
  }

  /** The stored index; built again from the tar when it is damaged or another version of the engine wrote it. */
  async #loadIndex(diffId: Digest, record: LayerRecord): Promise<LayerIndex> {
    try {
      return new LayerIndex(await collect(await this.#blobs.open(record.index), MAX_INDEX_BYTES));
    } catch (error) {
      if (!isKind(error, "not-found", "invalid-argument")) throw error;
    }
    const builder = new LayerIndexBuilder();
    const parser = new TarParser(builder.sink);
    for await (const chunk of chunksOf(await this.#blobs.open(diffId))) parser.push(chunk);
    parser.end();
    const index = encodeLayerIndex(builder.finish());
    await this.#records.set(recordKey(diffId), {
      ...record,
      index: await this.#storeIndex(index),
    } satisfies LayerRecord);
    return index;
  }

  #openLayer(diffId: Digest, tarBytes: number): OpenLayer {
    const known = this.#open.get(diffId);
    if (known) return known;
    const load = async (n: number): Promise<Uint8Array> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of chunksOf(
        await this.#blobs.open(diffId, { offset: n * CHUNK_BYTES, length: CHUNK_BYTES }),
      ))
        pieces.push(piece);
      return pieces.length === 1 ? (pieces[0] as Uint8Array) : concat(pieces);
    };
    const layer: OpenLayer = { content: this.#cache.layer(load), tarBytes, index: undefined };
    this.#open.set(diffId, layer);
    return layer;
  }

  async #record(diffId: Digest): Promise<LayerRecord | undefined> {
    return this.#records.get<LayerRecord>(recordKey(diffId));
  }

  async #known(diffId: Digest): Promise<LayerRecord> {
    const record = await this.#record(diffId);
    if (!record) throw new EngineError("not-found", `layer ${diffId} does not exist`);
    return record;
  }
}

interface UnpackSource {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Stores and parses a tar as it comes. The last chunks stay in the cache: a container is likely to start now. */
async function receive(
  ingest: Ingest,
  cache: CachedChunks,
  source: UnpackSource,
): Promise<{ index: LayerIndex; tarBytes: number }> {
  const builder = new LayerIndexBuilder();
  const parser = new TarParser(builder.sink);
  let chunk = new Uint8Array(CHUNK_BYTES);
  let tarBytes = 0;
  const store = async (bytes: Uint8Array): Promise<void> => {
    parser.push(bytes);
    cache.keep(Math.floor((tarBytes - 1) / CHUNK_BYTES), bytes);
    await ingest.write(bytes);
    source.onProgress?.(tarBytes);
  };
  for (;;) {
    const { done, value } = await source.reader.read();
    source.signal?.throwIfAborted();
    if (done) break;
    for (let at = 0; at < value.length;) {
      const used = tarBytes % CHUNK_BYTES;
      const piece = value.subarray(at, at + CHUNK_BYTES - used);
      chunk.set(piece, used);
      at += piece.length;
      tarBytes += piece.length;
      if (tarBytes % CHUNK_BYTES !== 0) continue;
      await store(chunk);
      chunk = new Uint8Array(CHUNK_BYTES);
    }
  }
  if (tarBytes % CHUNK_BYTES !== 0) await store(chunk.slice(0, tarBytes % CHUNK_BYTES));
  parser.end();
  return { index: encodeLayerIndex(builder.finish()), tarBytes };
}

/** Short, because mount(2) takes one page of options and every layer's path is in it. */
function exportName(diffId: Digest): string {
  return `l/${hexOf(diffId).slice(0, 16)}`;
}

function recordKey(diffId: Digest): string {
  return `layers/${hexOf(diffId)}`;
}
