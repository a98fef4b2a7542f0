/**
 * One layer on its way from a registry into the layer store, for all pulls that want it.
 *
 * ```text
 * registry ──► compressed blob (kept on a break: the next try goes on there)
 *         └──► decompress ──► LayerStore.unpack      in the same pass, when the transfer starts at byte 0
 * ```
 *
 * After a break the rest is stored first, and unpacked from the store. The compressed blob stays as long as an image needs it: a push
 * sends what was pulled, so that digests stay what they were. Of a layer that came as a plain tar the layer store has the same bytes.
 * Nothing is visible before its digest is verified: the stream to `unpack` ends only after the compressed digest was right.
 */
import type { Clock } from "../base/clock.ts";
import { EngineError, isKind, messageOf } from "../base/errors.ts";
import { type ByteStream, chunksOf, streamFrom } from "../base/streams.ts";
import type { BlobStore, Ingest } from "../content/blob-store.ts";
import { createHasher, type Digest, type Hasher } from "../oci/digest.ts";
import { TarParser } from "../oci/layer-tar.ts";
import type { Descriptor } from "../oci/manifest.ts";
import type { LayerStore } from "../snapshots/snapshotter.ts";
import { decompressed } from "./decompress.ts";
import { RegistryError } from "./registry-errors.ts";
import { retrying } from "./retry.ts";
import type { TransferSlots } from "./transfer-slots.ts";

/** A layer by both its names. */
export interface RemoteLayer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

export type TransferEvent =
  | { readonly kind: "status"; readonly status: string }
  | {
      readonly kind: "progress";
      readonly status: "Downloading" | "Extracting";
      readonly currentBytes: number;
      readonly totalBytes: number;
    };

export interface TransferPorts {
  readonly blobs: BlobStore;
  readonly layers: LayerStore;
  readonly clock: Clock;
  readonly slots: TransferSlots;
  /** No layer may become larger than this. */
  readonly maxLayerBytes: number;
}

export interface TransferRequest {
  readonly layer: RemoteLayer;
  /** Compressed content from a byte on. */
  readonly open: (digest: Digest, options: { offsetBytes: number; signal: AbortSignal }) => Promise<ByteStream>;
  readonly report: (event: TransferEvent) => void;
  readonly signal: AbortSignal;
}

/** So much between two breaks, and the tries count from one again. */
const PROGRESS_BYTES = 1 << 20;
/** Another tab writes the same blob: how often to look, and when to give up. */
const CONFLICT_POLL_MS = 500;
const CONFLICT_POLLS = 240;

/** @throws RegistryError, or EngineError `unavailable` when storage is full; what was downloaded stays for the next pull */
export async function transferLayer(request: TransferRequest, ports: TransferPorts): Promise<void> {
  await new LayerTransfer(request, ports).run();
}

class LayerTransfer {
  readonly #request: TransferRequest;
  readonly #ports: TransferPorts;
  #receivedBytes = 0;
  #triedOnePass = false;
  #isUnpacked = false;

  constructor(request: TransferRequest, ports: TransferPorts) {
    this.#request = request;
    this.#ports = ports;
  }

  async run(): Promise<void> {
    const { signal, report, layer } = this.#request;
    const { blobs, clock, slots } = this.#ports;
    {
      using _slot = await slots.acquire({ onWait: () => this.#status("Waiting"), signal });
      let countedBytes = 0;
      const progressed = (): boolean => {
        const isMuch = this.#receivedBytes - countedBytes >= PROGRESS_BYTES;
        countedBytes = this.#receivedBytes;
        return isMuch;
      };
      await retrying(() => this.#download(), { clock, signal, progressed, onWait: (status) => this.#status(status) });
    }
    const { size } = layer.descriptor;
    if (this.#isUnpacked) report({ kind: "progress", status: "Extracting", currentBytes: size, totalBytes: size });
    else await this.#unpackStored();
    if (layer.descriptor.digest === layer.diffId) await blobs.delete(layer.diffId);
  }

  async #download(): Promise<void> {
    const { digest } = this.#request.layer.descriptor;
    if (await this.#ports.blobs.stat(digest)) return this.#status("Download complete");
    await using ingest = await this.#ingest();
    if (!ingest) return;
    if (ingest.offsetBytes === 0 && !this.#triedOnePass) {
      this.#triedOnePass = true;
      this.#isUnpacked = await this.#unpackWhileDownloading(ingest);
      if (await this.#ports.blobs.stat(digest)) return;
      // Another tab brought the layer meanwhile: nobody reads the rest.
      if (this.#isUnpacked) return await ingest.truncate();
    }
    const rest = this.#receive(ingest, this.#request.signal);
    while (!(await rest.next()).done);
  }

  /** The writer of this blob, or undefined when another tab finished it meanwhile. */
  async #ingest(): Promise<Ingest | undefined> {
    const { blobs, clock } = this.#ports;
    const { signal } = this.#request;
    const { digest } = this.#request.layer.descriptor;
    for (let poll = 0; ; poll += 1) {
      try {
        return await blobs.ingest(digest);
      } catch (error) {
        if (!isKind(error, "conflict") || poll >= CONFLICT_POLLS) throw error;
      }
      if (poll === 0) this.#status("Waiting");
      await clock.sleep(CONFLICT_POLL_MS, { signal });
      if (await blobs.stat(digest)) return undefined;
    }
  }

  /**
   * @returns false when the content could not be unpacked although the transfer was not at fault: then it is downloaded to its end, so
   * that the digest decides whether the registry or the transfer is to blame
   */
  async #unpackWhileDownloading(ingest: Ingest): Promise<boolean> {
    const { layers, maxLayerBytes } = this.#ports;
    const { signal, layer } = this.#request;
    const stop = new AbortController();
    const source = this.#receive(ingest, AbortSignal.any([signal, stop.signal]));
    let sourceError: unknown;
    const watched = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        yield* source;
      } catch (error) {
        sourceError = error;
        throw error;
      }
    };
    try {
      await layers.unpack(layer.diffId, await decompressed(streamFrom(watched()), maxLayerBytes), { signal });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (sourceError !== undefined) throw sourceError;
      if (isKind(error, "unavailable")) throw error;
      return false;
    } finally {
      // Whatever was not read is not wanted: not every DecompressionStream passes a cancellation on.
      stop.abort(new Error("nobody reads on"));
      await source.return().catch(() => undefined);
    }
  }

  /** Receives what is missing, stores it, and passes it on. Ends only after the digest was right. */
  async *#receive(ingest: Ingest, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const { report, open, layer } = this.#request;
    const { digest, size } = layer.descriptor;
    if (ingest.offsetBytes > size) await ingest.truncate();
    const resumedAt = ingest.offsetBytes;
    let at = resumedAt;
    if (at < size) {
      for await (const chunk of chunksOf(await open(digest, { offsetBytes: at, signal }))) {
        at += chunk.length;
        this.#receivedBytes += chunk.length;
        if (at > size) {
          await ingest.truncate();
          throw corrupted(digest, false);
        }
        await ingest.write(chunk);
        report({ kind: "progress", status: "Downloading", currentBytes: at, totalBytes: size });
        yield chunk;
      }
      if (at < size) throw new RegistryError("internal", "unexpected EOF", { retryable: true });
    }
    this.#status("Verifying Checksum");
    await ingest.commit({ sizeBytes: size }).catch((error: unknown) => {
      // What an earlier try left may be the damaged part: once more from the start.
      throw isKind(error, "invalid-argument") ? corrupted(digest, resumedAt > 0) : error;
    });
    this.#status("Download complete");
  }

  async #unpackStored(): Promise<void> {
    const { blobs, layers, maxLayerBytes } = this.#ports;
    const { report, signal, layer } = this.#request;
    const { digest, size: totalBytes } = layer.descriptor;
    const stored = await blobs.open(digest);
    const counted = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      let currentBytes = 0;
      for await (const chunk of chunksOf(stored)) {
        currentBytes += chunk.length;
        report({ kind: "progress", status: "Extracting", currentBytes, totalBytes });
        yield chunk;
      }
    };
    try {
      await layers.unpack(layer.diffId, await decompressed(streamFrom(counted()), maxLayerBytes), { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!isKind(error, "invalid-argument")) throw error;
      const isOther = await this.#isOtherContent().catch(() => false);
      await blobs.delete(digest);
      const text = isOther
        ? "layers from manifest don't match image configuration"
        : `failed to register layer: ${messageOf(error)}`;
      throw new EngineError("invalid-argument", text, { cause: error });
    }
  }

  /** True when the layer is sound but not the one the config names. Reads it once more: only to say what is wrong. */
  async #isOtherContent(): Promise<boolean> {
    const { blobs, maxLayerBytes } = this.#ports;
    const { descriptor, diffId } = this.#request.layer;
    const hasher = await createHasher();
    const content = await decompressed(await blobs.open(descriptor.digest), maxLayerBytes);
    await readTar(content, hasher);
    return hasher.digest() !== diffId;
  }

  #status(status: string): void {
    this.#request.report({ kind: "status", status });
  }
}

/** @throws EngineError invalid-argument when it is no tar */
async function readTar(tar: ByteStream, hasher: Hasher): Promise<void> {
  const parser = new TarParser({ entry: () => undefined });
  for await (const chunk of chunksOf(tar)) {
    parser.push(chunk);
    hasher.update(chunk);
  }
  parser.end();
}

function corrupted(digest: Digest, retryable: boolean): RegistryError {
  return new RegistryError("invalid-argument", `filesystem layer verification failed for digest ${digest}`, {
    retryable,
  });
}
