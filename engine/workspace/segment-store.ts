import { collect, concat } from "../base/streams.ts";
import type { BlobStore } from "../content/blob-store.ts";
import { type Digest, digestOf } from "../oci/digest.ts";
import type { Chunk, Segment } from "./file-content.ts";

/** Bytes of a chunk at the moment of a save. */
export interface ChunkBytes {
  readonly chunk: Chunk;
  readonly bytes: Uint8Array;
}

/** A blob that is going to be written: its chunks, and where in it they will be. */
export interface PlannedSegment {
  readonly places: readonly (ChunkBytes & { readonly offset: number })[];
}

const MAX_SEGMENT_BYTES = 4 << 20;
const HEADER_BYTES = 16;
/** So much of what is in storage stays in memory too. */
const CACHE_BYTES = 64 << 20;
/** More than the chunks of one 9p message, or of one piece of a tar file. */
const KEPT_SEGMENTS = 8;
const MAX_SMALL_BYTES = 256 << 10;
const MAX_SMALL_SEGMENTS = 100;

/** A segment that is in storage. */
export interface SavedSegment extends Segment {
  readonly digest: Digest;
}

class BlobSegment implements SavedSegment {
  readonly chunks = new Set<Chunk>();
  readonly digest: Digest;
  readonly #store: SegmentStore;
  #loading: Promise<void> | undefined;

  constructor(store: SegmentStore, digest: Digest) {
    this.#store = store;
    this.digest = digest;
  }

  load(): Promise<void> {
    this.#loading ??= this.#store.fill(this).finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  /** Bytes that are still somebody's. */
  get liveBytes(): number {
    let total = 0;
    for (const chunk of this.chunks) total += chunk.length;
    return total;
  }
}

/** The blobs that hold what files contain. */
export class SegmentStore {
  readonly #blobs: BlobStore;
  readonly #cacheBytes: number;
  /** Least recently used first. */
  readonly #segments = new Map<Digest, BlobSegment>();

  constructor(blobs: BlobStore, cacheBytes = CACHE_BYTES) {
    this.#blobs = blobs;
    this.#cacheBytes = cacheBytes;
  }

  get(digest: Digest): BlobSegment {
    const known = this.#segments.get(digest) ?? new BlobSegment(this, digest);
    this.#segments.set(digest, known);
    return known;
  }

  /** Writes a blob, whole or not at all. @throws EngineError unavailable when there is no room */
  async write({ digest, bytes }: { readonly digest: Digest; readonly bytes: Uint8Array }): Promise<void> {
    await using ingest = await this.#blobs.ingest(digest);
    if (ingest.offsetBytes > 0) await ingest.truncate();
    await ingest.write(bytes);
    await ingest.commit({ sizeBytes: bytes.length });
  }

  /** What was written is where its chunks are from now on, but for those that have changed again. */
  adopt(digest: Digest, { places }: PlannedSegment): void {
    const segment = this.get(digest);
    for (const { chunk, bytes, offset } of places) {
      if (chunk.bytes !== undefined && bytes.buffer === chunk.bytes.buffer) chunk.isFrozen = false;
      if (chunk.isDirty || chunk.isGone) continue;
      chunk.segment = segment;
      chunk.offset = offset;
      segment.chunks.add(chunk);
    }
    this.#trim();
  }

  /** Segments that no chunk is in any more. */
  dead(): readonly Digest[] {
    return [...this.#segments.values()].filter(({ chunks }) => chunks.size === 0).map(({ digest }) => digest);
  }

  async delete(digests: readonly Digest[]): Promise<void> {
    for (const digest of digests) {
      this.#segments.delete(digest);
      await this.#blobs.delete(digest);
    }
  }

  /** Segments that cost more than they hold: their chunks should be saved anew. */
  async wasteful(): Promise<readonly BlobSegment[]> {
    const all = [...this.#segments.values()].filter(({ chunks }) => chunks.size > 0);
    const small = all.filter(({ liveBytes }) => liveBytes < MAX_SMALL_BYTES);
    const wasteful = new Set<BlobSegment>(small.length > MAX_SMALL_SEGMENTS ? small : []);
    for (const segment of all) {
      const { sizeBytes } = (await this.#blobs.stat(segment.digest)) ?? { sizeBytes: 0 };
      if (sizeBytes > MAX_SMALL_BYTES && segment.liveBytes < sizeBytes / 2) wasteful.add(segment);
    }
    return [...wasteful];
  }

  /** Reads a segment into its chunks. @throws EngineError not-found when the blob is lost */
  async fill(segment: BlobSegment): Promise<void> {
    const bytes = await collect(await this.#blobs.open(segment.digest), 2 * MAX_SEGMENT_BYTES);
    for (const chunk of segment.chunks) chunk.bytes ??= bytes.slice(chunk.offset, chunk.offset + chunk.length);
    this.#segments.delete(segment.digest);
    this.#segments.set(segment.digest, segment);
    this.#trim();
  }

  /** Lets go of what can be read again, but not of what one read may be waiting for: that would never have all its chunks together. */
  #trim(): void {
    let total = 0;
    for (const [age, { chunks }] of [...this.#segments.values()].toReversed().entries()) {
      for (const chunk of chunks) total += chunk.bytes?.length ?? 0;
      if (age < KEPT_SEGMENTS || total <= this.#cacheBytes) continue;
      for (const chunk of chunks) if (!chunk.isDirty && !chunk.isFrozen) chunk.bytes = undefined;
    }
  }
}

/** Packs chunks into as few blobs as fit. */
export function planSegments(chunks: readonly ChunkBytes[]): readonly PlannedSegment[] {
  const planned: PlannedSegment[] = [];
  for (let at = 0; at < chunks.length;) {
    const places: PlannedSegment["places"][number][] = [];
    let offset = HEADER_BYTES;
    for (; at < chunks.length; at += 1) {
      const { chunk, bytes } = chunks[at] as ChunkBytes;
      if (places.length > 0 && offset + bytes.length > MAX_SEGMENT_BYTES) break;
      places.push({ chunk, bytes, offset });
      offset += bytes.length;
    }
    planned.push({ places });
  }
  return planned;
}

/** The blob of a plan. Its random header makes it like no other, so that its owner may delete it. */
export async function encodeSegment({ places }: PlannedSegment): Promise<{ digest: Digest; bytes: Uint8Array }> {
  const header = crypto.getRandomValues(new Uint8Array(HEADER_BYTES));
  const bytes = concat([header, ...places.map((place) => place.bytes)]);
  return { digest: await digestOf(bytes), bytes };
}
