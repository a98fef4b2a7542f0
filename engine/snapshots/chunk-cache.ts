/** A piece of a layer's tar: its n-th MiB. */
export type ChunkLoader = (n: number) => Promise<Uint8Array>;

export const CHUNK_BYTES = 1 << 20;
/** More chunks than any layer has. */
const MAX_CHUNKS = 2 ** 26;

/** The most recently used chunks of all layers, bounded in bytes. */
export class ChunkCache {
  readonly #capacityBytes: number;
  /** Oldest use first. */
  readonly #chunks = new Map<number, Uint8Array>();
  readonly #loading = new Map<number, Promise<Uint8Array>>();
  #bytes = 0;
  #layers = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  /** A layer's part of the cache. */
  layer(load: ChunkLoader): CachedChunks {
    const base = this.#layers * MAX_CHUNKS;
    this.#layers += 1;
    return new CachedChunks(this, { base, load });
  }

  get(key: number): Uint8Array | undefined {
    const chunk = this.#chunks.get(key);
    if (!chunk) return undefined;
    this.#chunks.delete(key);
    this.#chunks.set(key, chunk);
    return chunk;
  }

  has(key: number): boolean {
    return this.#chunks.has(key);
  }

  set(key: number, chunk: Uint8Array): void {
    this.delete(key);
    this.#chunks.set(key, chunk);
    this.#bytes += chunk.length;
    for (const oldest of this.#chunks.keys()) {
      if (this.#bytes <= this.#capacityBytes || oldest === key) break;
      this.delete(oldest);
    }
  }

  delete(key: number): void {
    this.#bytes -= this.#chunks.get(key)?.length ?? 0;
    this.#chunks.delete(key);
  }

  /** Loads a chunk once, however many ask for it. */
  async load(key: number, load: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.get(key);
    if (known) return known;
    const running = this.#loading.get(key);
    if (running) return running;
    const loading = (async () => {
      try {
        const chunk = await load();
        this.set(key, chunk);
        return chunk;
      } finally {
        this.#loading.delete(key);
      }
    })();
    this.#loading.set(key, loading);
    return loading;
  }

  get usedBytes(): number {
    return this.#bytes;
  }
}

/** Random access to one layer's tar through the cache. Implements `LayerContent`. */
export class CachedChunks {
  readonly #cache: ChunkCache;
  readonly #base: number;
  readonly #load: ChunkLoader;

  constructor(cache: ChunkCache, options: { readonly base: number; readonly load: ChunkLoader }) {
    this.#cache = cache;
    this.#base = options.base;
    this.#load = options.load;
  }

  readNow(offset: number, target: Uint8Array): boolean {
    for (let done = 0; done < target.length;) {
      const at = offset + done;
      const chunk = this.#cache.get(this.#base + Math.floor(at / CHUNK_BYTES));
      if (!chunk) return false;
      done += copy(chunk, at, target.subarray(done));
    }
    return true;
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    const first = Math.floor(offset / CHUNK_BYTES);
    const last = Math.floor((offset + target.length - 1) / CHUNK_BYTES);
    this.#readAhead(first, last + 1);
    const loading: Promise<Uint8Array>[] = [];
    for (let n = first; n <= last; n += 1) loading.push(this.#chunk(n));
    let done = 0;
    for (const chunk of await Promise.all(loading)) done += copy(chunk, offset + done, target.subarray(done));
    if (done < target.length) throw new Error("a stored layer is shorter than its index says");
  }

  /** Puts a chunk in the cache that is known anyway. */
  keep(n: number, chunk: Uint8Array): void {
    this.#cache.set(this.#base + n, chunk);
  }

  /** Forgets the chunks of a layer of this size. */
  clear(tarBytes: number): void {
    for (let n = 0; n * CHUNK_BYTES < tarBytes; n += 1) this.#cache.delete(this.#base + n);
  }

  async #chunk(n: number): Promise<Uint8Array> {
    return this.#cache.load(this.#base + n, async () => this.#load(n));
  }

  /** Who reads on where the chunk before was read will want the next one: files lie in the tar in the order of their directories. */
  #readAhead(first: number, next: number): void {
    if (first === 0 || !this.#cache.has(this.#base + first - 1)) return;
    this.#chunk(next).catch(() => undefined);
  }
}

/** Copies what this chunk has from `offset` of the tar on; answers how much that was. */
function copy(chunk: Uint8Array, offset: number, target: Uint8Array): number {
  const used = offset % CHUNK_BYTES;
  const piece = chunk.subarray(used, used + target.length);
  target.set(piece);
  return piece.length;
}
