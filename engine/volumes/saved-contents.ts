/**
 * What volumes hold, kept outside the guest: the agent's tree records (`guest/tree.ts`), cut into pieces of 1 MiB, each a blob.
 *
 *     blob:  16 bytes, the volume's own random number | up to 1 MiB of records
 *
 * The number makes blobs of different volumes differ, so that a piece belongs to one volume, of one machine, and may go when that volume no
 * longer lists it. Pieces that did not change are not written again.
 */
import type { BlobStore } from "../content/blob-store.ts";
import type { RecordStore } from "../content/record-store.ts";
import { type ByteStream, chunksOf, concat, streamFrom } from "../base/streams.ts";
import { type Digest, digestOf } from "../oci/digest.ts";

/** One state of a volume, whole. */
export interface SavedContent {
  readonly chunks: readonly Digest[];
  /** Of the files in it, not of the records. */
  readonly sizeBytes: number;
  /** RFC 3339. */
  readonly savedAt: string;
}

/** Blobs that a save has written or will make superfluous: looked at when it did not come to its end. */
interface SaveIntent {
  readonly blobs: readonly Digest[];
}

/** Whose content it is. `instance`: 32 random hex digits, given with the volume's creation. */
export interface ContentOwner {
  readonly name: string;
  readonly instance: string;
}

const INTENTS = "volume-saves/";
const CHUNK_BYTES = 1 << 20;
const INSTANCE_BYTES = 16;

/** Saved contents of one machine's volumes. */
export class SavedContents {
  readonly #blobs: BlobStore;
  readonly #records: RecordStore;

  constructor(ports: { readonly blobs: BlobStore; readonly records: RecordStore }) {
    this.#blobs = ports.blobs;
    this.#records = ports.records;
  }

  /**
   * Writes a tree; nothing refers to it before `commit` has stored the answer, and the previous state stays whole until then.
   * @throws EngineError unavailable when storage is full, the stream's error: what was written is taken away again
   */
  async save(
    owner: ContentOwner,
    tree: ByteStream,
    options: {
      readonly previous: SavedContent | undefined;
      readonly sizeBytes: number;
      readonly savedAt: string;
      readonly commit: (saved: SavedContent) => Promise<void>;
    },
  ): Promise<void> {
    const before = options.previous?.chunks ?? [];
    const chunks: Digest[] = [];
    try {
      for await (const piece of piecesOf(tree, CHUNK_BYTES)) {
        const blob = concat([bytesOfHex(owner.instance), piece]);
        const digest = await digestOf(blob);
        chunks.push(digest);
        if (before.includes(digest) || chunks.indexOf(digest) < chunks.length - 1) continue;
        await this.#records.set(INTENTS + owner.name, { blobs: [...before, ...chunks] } satisfies SaveIntent);
        await this.#write(digest, blob);
      }
    } catch (error) {
      await this.#finish(owner.name, chunks, before).catch(() => undefined);
      throw error;
    }
    if (chunks.join() === before.join()) return;
    await this.#records.set(INTENTS + owner.name, { blobs: [...before, ...chunks] } satisfies SaveIntent);
    try {
      await options.commit({ chunks, sizeBytes: options.sizeBytes, savedAt: options.savedAt });
    } catch (error) {
      await this.#finish(owner.name, chunks, before).catch(() => undefined);
      throw error;
    }
    await this.#finish(owner.name, before, chunks);
  }

  /** The tree records. The stream errors with EngineError not-found when a piece is missing. */
  open({ chunks }: SavedContent): ByteStream {
    return streamFrom(this.#read(chunks));
  }

  /** Forgets a content that no record refers to any more. */
  async discard(name: string, content: SavedContent | undefined): Promise<void> {
    await this.#finish(name, content?.chunks ?? [], []);
  }

  /** Clears away what saves and removals left that never came to their end. `kept`: what each volume's record refers to. */
  async recover(kept: (name: string) => SavedContent | undefined): Promise<void> {
    for (const [key, { blobs }] of await this.#records.entries<SaveIntent>(INTENTS)) {
      const name = key.slice(INTENTS.length);
      const chunks = kept(name)?.chunks ?? [];
      // The last one may be half written.
      const last = blobs.at(-1);
      if (last !== undefined && !chunks.includes(last)) await this.#dropPartial(last);
      await this.#finish(name, blobs, chunks);
    }
  }

  async #finish(name: string, blobs: readonly Digest[], kept: readonly Digest[]): Promise<void> {
    for (const digest of new Set(blobs)) if (!kept.includes(digest)) await this.#blobs.delete(digest);
    await this.#records.delete(INTENTS + name);
  }

  async #dropPartial(digest: Digest): Promise<void> {
    await using partial = await this.#blobs.ingest(digest);
    if (partial.offsetBytes > 0) await partial.truncate();
  }

  async #write(digest: Digest, blob: Uint8Array): Promise<void> {
    await using ingest = await this.#blobs.ingest(digest);
    if (ingest.offsetBytes > 0) await ingest.truncate();
    try {
      await ingest.write(blob);
    } catch (error) {
      // A piece that is half there is of no use to anybody.
      await ingest.truncate().catch(() => undefined);
      throw error;
    }
    await ingest.commit({ sizeBytes: blob.length });
  }

  async *#read(chunks: readonly Digest[]): AsyncGenerator<Uint8Array, void, undefined> {
    for (const digest of chunks) yield* chunksOf(await this.#blobs.open(digest, { offset: INSTANCE_BYTES }));
  }
}

/** The stream's bytes in pieces of exactly `size`, the last one shorter. */
async function* piecesOf(stream: ByteStream, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(stream)) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + size - length);
      waiting.push(part);
      length += part.length;
      at += part.length;
      if (length < size) continue;
      yield concat(waiting);
      [waiting, length] = [[], 0];
    }
  }
  if (length > 0) yield concat(waiting);
}

function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
