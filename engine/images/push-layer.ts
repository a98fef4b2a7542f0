import type { Clock } from "../base/clock.ts";
import { EngineError } from "../base/errors.ts";
import { type ByteStream, chunksOf } from "../base/streams.ts";
import type { BlobStore } from "../content/blob-store.ts";
import { createHasher, type Digest } from "../oci/digest.ts";
import type { Descriptor } from "../oci/manifest.ts";
import { DOCKER_LAYER } from "../oci/media-types.ts";
import { canonicalName, parseReference, type Reference } from "../oci/reference.ts";
import type { LayerStore } from "../snapshots/snapshotter.ts";
import type { LayerSource, LayerSources } from "./layer-sources.ts";
import { RegistryError } from "./registry-errors.ts";
import type { RegistryUploads } from "./registry-uploads.ts";
import { retrying } from "./retry.ts";
import { type Source, through } from "./through.ts";
import type { TransferSlots } from "./transfer-slots.ts";

export interface PushLayerPorts {
  readonly blobs: BlobStore;
  readonly layers: LayerStore;
  readonly sources: LayerSources;
  readonly slots: TransferSlots;
  readonly clock: Clock;
}

export interface PushLayerRequest {
  readonly diffId: Digest;
  /** What the image's own manifest calls the layer; a plain tar is never sent. */
  readonly descriptor: Descriptor;
  readonly uploads: RegistryUploads;
  readonly signal: AbortSignal;
  readonly report: (event: PushLayerEvent) => void;
}

export type PushLayerEvent =
  | { readonly kind: "status"; readonly status: string }
  | { readonly kind: "progress"; readonly currentBytes: number; readonly totalBytes: number };

/**
 * Sees to it that a repository has a layer, with as little traffic as there can be: what it has already stays, what another repository of the same registry
 * has is mounted, and only the rest is sent. What was pulled goes out with the very bytes that came in.
 * @returns the layer as the repository has it now
 * @throws RegistryError, or EngineError not-found when the layer is no longer here
 */
export async function pushLayer(request: PushLayerRequest, ports: PushLayerPorts): Promise<Descriptor> {
  const { diffId, uploads, signal, report } = request;
  const { sources, clock, slots } = ports;
  const status = (text: string): void => report({ kind: "status", status: text });
  using _slot = await slots.acquire({ onWait: () => status("Waiting"), signal });
  const repository = canonicalName(uploads.reference);
  const known = await sources.list(diffId);
  const work = async (): Promise<Descriptor> => {
    const found = (await existing(known, repository, request)) ?? (await mounted(known, request));
    if (found) {
      status(found.status);
      return found.descriptor;
    }
    const sent = await upload(known, request, ports);
    status("Pushed");
    return sent;
  };
  const pushed = await retrying(work, { clock, signal, onWait: status });
  const { digest, size, mediaType } = pushed;
  await sources.add(diffId, { digest, size, mediaType, repository });
  return pushed;
}

interface Found {
  readonly status: string;
  readonly descriptor: Descriptor;
}

/** What the repository has: by the image's own name for it first, so that the manifest can stay as it is. */
async function existing(
  known: readonly LayerSource[],
  repository: string,
  { diffId, descriptor, uploads, signal }: PushLayerRequest,
): Promise<Found | undefined> {
  const here = known.filter((source) => source.repository === repository);
  const candidates = [...(descriptor.digest === diffId ? [] : [descriptor]), ...here];
  const asked = new Set<Digest>();
  for (const { digest, size, mediaType } of candidates) {
    if (asked.has(digest)) continue;
    asked.add(digest);
    if (await uploads.has(digest, { signal }))
      return { status: "Layer already exists", descriptor: { mediaType, digest, size } };
  }
  return undefined;
}

async function mounted(
  known: readonly LayerSource[],
  { descriptor, uploads, signal }: PushLayerRequest,
): Promise<Found | undefined> {
  const { domain } = uploads.reference;
  const elsewhere = known
    .map((source) => ({ source, from: parseReference(source.repository) }))
    .filter(({ from }) => from.domain === domain && from.path !== uploads.reference.path)
    .toSorted((a, b) => Number(b.source.digest === descriptor.digest) - Number(a.source.digest === descriptor.digest));
  for (const { source, from } of elsewhere.slice(0, MAX_MOUNTS)) {
    if (!(await canMount(source, from, { uploads, signal }))) continue;
    const { digest, size, mediaType } = source;
    return { status: `Mounted from ${from.path}`, descriptor: { mediaType, digest, size } };
  }
  return undefined;
}

/** moby `maxMountAttempts`. */
const MAX_MOUNTS = 4;

/** A refusal (often: no right to read there) only means that the layer has to be sent. */
async function canMount(
  { digest }: LayerSource,
  from: Reference,
  { uploads, signal }: Pick<PushLayerRequest, "uploads" | "signal">,
): Promise<boolean> {
  try {
    return await uploads.mount(digest, from.path, { signal });
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

async function upload(
  known: readonly LayerSource[],
  { diffId, descriptor, uploads, signal, report }: PushLayerRequest,
  { blobs, layers }: PushLayerPorts,
): Promise<Descriptor> {
  for (const { digest, size, mediaType } of [descriptor, ...known]) {
    if (digest === diffId || (await blobs.stat(digest)) === undefined) continue;
    const content = chunksOf(await blobs.open(digest));
    const progress = (currentBytes: number): void => report({ kind: "progress", currentBytes, totalBytes: size });
    const check = async (actual: Digest): Promise<void> => {
      if (actual === digest) return;
      // The store has let it rot; the next try makes it anew from the layer.
      await blobs.delete(digest);
      throw new RegistryError("internal", `layer ${digest} was damaged`, { retryable: true });
    };
    await uploads.upload(content, { signal, report: progress, check });
    return { mediaType, digest, size };
  }
  const totalBytes = await layers.size(diffId);
  // As in Docker the bar counts the tar, although what travels is smaller.
  const hasher = await createHasher();
  let currentBytes = 0;
  const content = compressed(await layers.openTar(diffId), (chunk) => {
    hasher.update(chunk);
    currentBytes += chunk.length;
    report({ kind: "progress", currentBytes, totalBytes });
  });
  const check = async (): Promise<void> => {
    if (hasher.digest() !== diffId) throw new EngineError("internal", `layer ${diffId} was damaged`);
  };
  const { digest, sizeBytes } = await uploads.upload(content, { signal, check });
  return { mediaType: DOCKER_LAYER, digest, size: sizeBytes };
}

/** gzip, at the platform's own level. @param onRead shown what is taken of `tar` */
async function* compressed(tar: ByteStream, onRead: (chunk: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  const reader = tar.getReader();
  const watched: Source = {
    read: async () => {
      const result = await reader.read();
      if (!result.done) onRead(result.value);
      return result;
    },
    cancel: (reason) => reader.cancel(reason),
  };
  const output = through(watched, new CompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>);
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await output.read();
      if (done) {
        isOver = true;
        return;
      }
      yield value;
    }
  } finally {
    if (!isOver) await output.cancel(new Error("the upload ended"));
  }
}
