import { chunksOf, streamOf, type ByteStream } from "../base/streams.ts";
import { TarParser } from "../oci/layer-tar.ts";
import { encodeLayerIndex } from "./encode-layer-index.ts";
import type { FileTree } from "./file-tree.ts";
import { LayerIndex } from "./layer-index.ts";
import { LayerIndexBuilder } from "./layer-index-builder.ts";
import { LayerTree, type LayerContent } from "./layer-tree.ts";
import type { TreeSource } from "./nine-p-exports.ts";

type TarInput = Uint8Array | ByteStream;

/**
 * The guest's root layer, for `FileTreeServer.add("rootfs", …)`: a tar, gzipped or not, whose content is kept in memory. The input may still be
 * on its way; requests of the guest wait for it.
 * @param id names the content: inode numbers, and with them boot snapshots, depend on it
 */
export function createRootTree(tar: TarInput | Promise<TarInput>, id: string): TreeSource {
  const tree = (async () => createMemoryTree(await tar))();
  // Told to the guest, as EIO, when it asks.
  tree.catch(() => undefined);
  return { id, tree: async () => tree };
}

/** A tree of whole tars, gzipped or not, in memory; entries of later ones replace those of earlier ones. @throws EngineError invalid-argument */
export async function createMemoryTree(...tars: readonly TarInput[]): Promise<FileTree> {
  const { index, content } = await readTars(...tars);
  return new LayerTree(index, content);
}

/** What {@link createMemoryTree} is made of. The index alone answers for names and attributes. */
export async function readTars(
  ...tars: readonly TarInput[]
): Promise<{ readonly index: LayerIndex; readonly content: LayerContent }> {
  const builder = new LayerIndexBuilder();
  const content = new MemoryContent();
  for (const tar of tars) {
    const start = content.size;
    const parser = new TarParser({
      entry: (entry) => builder.add({ ...entry, contentOffset: start + entry.contentOffset }),
    });
    for await (const chunk of chunksOf(await gunzipped(tar instanceof Uint8Array ? streamOf(tar) : tar))) {
      parser.push(chunk);
      content.append(chunk);
    }
    parser.end();
  }
  return { index: encodeLayerIndex(builder.finish()), content };
}

/** A tree whose index is here and whose content is loaded when a file is first read. */
export function createLazyTree(index: Uint8Array<ArrayBuffer>, load: () => Promise<LayerContent>): FileTree {
  let content: LayerContent | undefined;
  return new LayerTree(new LayerIndex(index), {
    readNow: (offset, target) => content?.readNow(offset, target) ?? false,
    async read(offset, target) {
      content ??= await load();
      await content.read(offset, target);
    },
  });
}

const CHUNK_BYTES = 1 << 20;

class MemoryContent implements LayerContent {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const used = this.#size % CHUNK_BYTES;
      if (used === 0) this.#chunks.push(new Uint8Array(CHUNK_BYTES));
      const piece = bytes.subarray(at, at + CHUNK_BYTES - used);
      this.#chunks.at(-1)?.set(piece, used);
      this.#size += piece.length;
      at += piece.length;
    }
  }

  readNow(offset: number, target: Uint8Array): boolean {
    for (let done = 0; done < target.length;) {
      const used = (offset + done) % CHUNK_BYTES;
      const chunk = this.#chunks[Math.floor((offset + done) / CHUNK_BYTES)];
      const piece = chunk?.subarray(used, used + target.length - done);
      if (!piece || piece.length === 0) return false;
      target.set(piece, done);
      done += piece.length;
    }
    return true;
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    if (!this.readNow(offset, target)) throw new Error("content is shorter than its index");
  }
}

/** Decompresses when the first two bytes say gzip. https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1 */
async function gunzipped(stream: ByteStream): Promise<ByteStream> {
  const chunks = chunksOf(stream);
  let head = new Uint8Array(0);
  while (head.length < 2) {
    const { done, value } = await chunks.next();
    if (done) break;
    head = head.length === 0 ? (value as Uint8Array<ArrayBuffer>) : Uint8Array.of(...head, ...value);
  }
  const whole: ByteStream = new ReadableStream({
    start: (controller) => controller.enqueue(head),
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void (await chunks.return()),
  });
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  return isGzip
    ? whole.pipeThrough(new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>)
    : whole;
}
