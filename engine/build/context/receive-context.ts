import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import { EngineError, isKind } from "../../base/errors.ts";
import { type ByteStream, chunksOf } from "../../base/streams.ts";
import { decompressed } from "../../images/decompress.ts";
import { type TarEntry, TarParser } from "../../oci/layer-tar.ts";
import { encodeLayerIndex } from "../../snapshots/encode-layer-index.ts";
import { LayerIndexBuilder } from "../../snapshots/layer-index-builder.ts";
import { LayerStack } from "../../snapshots/layer-stack.ts";
import { LayerTree } from "../../snapshots/layer-tree.ts";
import { ByteSpool, type SpoolPorts } from "./byte-spool.ts";

export interface ReceiveOptions {
  /** Where a large context is put by; without it all of it stays in memory. */
  readonly spool?: SpoolPorts;
  /**
   * `root`: every file becomes root's, as those that a client sends from its disk. `keep`: as the tar says, which BuildKit does with a context
   * that is a tar file itself (`docker build - <context.tar`, by URL). Default `root`.
   */
  readonly owners?: "root" | "keep";
  /** Unpacked; 8 GiB. */
  readonly maxBytes?: number;
  /** Default 1,000,000. */
  readonly maxEntries?: number;
  /** Bytes of the tar, unpacked, that are here. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** A build context that was received; its files are there until it is disposed of. */
export interface ReceivedContext extends AsyncDisposable {
  readonly files: ReadableLowerFiles;
  /** Of the tar, unpacked. */
  readonly sizeBytes: number;
}

const MAX_BYTES = 8 * 2 ** 30;
const MAX_ENTRIES = 1_000_000;

/**
 * Takes a context as a client sends it: a tar file, plain, gzip or zstd. Entries act one after another as if they were extracted; names
 * that climb out and symlinks among the parents stay inside. Content is put by; in memory are names and attributes.
 *
 * @throws EngineError invalid-argument for what is no tar file
 */
export async function receiveContext(tar: ByteStream, options: ReceiveOptions = {}): Promise<ReceivedContext> {
  const spool = new ByteSpool(options.spool);
  try {
    const builder = new LayerIndexBuilder({ plain: true });
    const parser = new TarParser({ entry: entryTaker(builder, options) });
    for await (const chunk of chunksOf(await decompressed(tar, options.maxBytes ?? MAX_BYTES))) {
      options.signal?.throwIfAborted();
      parser.push(chunk);
      const waiting = spool.append(chunk);
      if (waiting !== undefined) await waiting;
      options.onProgress?.(spool.sizeBytes);
    }
    parser.end();
    const tree = new LayerTree(encodeLayerIndex(builder.finish()), spool);
    return {
      files: new LayerStack([tree]),
      sizeBytes: spool.sizeBytes,
      [Symbol.asyncDispose]: () => spool[Symbol.asyncDispose](),
    };
  } catch (error) {
    await spool[Symbol.asyncDispose]();
    throw contextError(error);
  }
}

function entryTaker(builder: LayerIndexBuilder, options: ReceiveOptions): (entry: TarEntry) => void {
  const { owners = "root", maxEntries = MAX_ENTRIES } = options;
  let count = 0;
  return (entry) => {
    count += 1;
    if (count > maxEntries)
      throw new EngineError("invalid-argument", `the build context has more than ${maxEntries} files`);
    builder.add(owners === "root" ? { ...entry, uid: 0, gid: 0 } : entry);
  };
}

function contextError(error: unknown): unknown {
  if (!isKind(error, "invalid-argument")) return error;
  const text = error.message.replace(/^failed to register layer: /, "").replace(/^layer is larger/, "it is larger");
  return new EngineError("invalid-argument", `failed to read the build context: ${text}`, { cause: error });
}
