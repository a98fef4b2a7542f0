/**
 * `docker push`: layers → config → manifest, which makes the tag visible. The order of what is told is dockerd's
 * (moby `daemon/internal/distribution/push_v2.go`).
 */
import type { Clock } from "../base/clock.ts";
import { EngineError, messageOf } from "../base/errors.ts";
import { Queue } from "../base/queue.ts";
import { encodeUtf8 } from "../base/streams.ts";
import { type Digest, digestOf, hexOf } from "../oci/digest.ts";
import type { Descriptor, ImageManifest } from "../oci/manifest.ts";
import { DOCKER_CONFIG, DOCKER_MANIFEST } from "../oci/media-types.ts";
import { canonicalName, familiarName, formatFamiliar, parseReference, type Reference } from "../oci/reference.ts";
import type { ImageDocuments } from "./image-content.ts";
import type { ImageRecord } from "./image-records.ts";
import type { PushEvent, PushOptions } from "./image-service.ts";
import type { ImageStore } from "./image-store.ts";
import { ProgressThrottle } from "./progress-throttle.ts";
import { pushLayer, type PushLayerEvent, type PushLayerPorts } from "./push-layer.ts";
import type { RegistryClient } from "./registry-client.ts";
import { RegistryError } from "./registry-errors.ts";
import type { RegistryUploads } from "./registry-uploads.ts";

export interface PushPorts extends PushLayerPorts {
  readonly store: ImageStore;
  readonly registries: RegistryClient;
  readonly clock: Clock;
}

interface Push extends PushPorts {
  readonly uploads: RegistryUploads;
  readonly signal: AbortSignal;
}

/**
 * With a name alone, every tag of the repository is pushed: `docker push --all-tags`.
 * @throws EngineError in Docker's words, after the first event for everything but a bad name
 */
export async function* pushReference(
  text: string,
  options: PushOptions,
  ports: PushPorts,
): AsyncGenerator<PushEvent, void, undefined> {
  const reference = parseReference(text);
  const leave = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, leave.signal]) : leave.signal;
  yield { kind: "status", status: `The push refers to repository [${canonicalName(reference)}]` };
  try {
    const names = await namesToPush(reference, ports.store);
    const push: Push = { ...ports, signal, uploads: ports.registries.uploads(reference, options.auth) };
    await push.uploads.ping({ signal });
    for (const name of names) yield* pushName(name, push);
  } catch (error) {
    throw error instanceof RegistryError ? new EngineError(error.kind, error.detail, { cause: error }) : error;
  } finally {
    leave.abort(new Error("push ended"));
  }
}

async function namesToPush(reference: Reference, store: ImageStore): Promise<readonly Reference[]> {
  const repository = canonicalName(reference);
  const names = (await store.records.names())
    .map(({ name }) => name)
    .filter((name) => canonicalName(name) === repository);
  const name = familiarName(reference);
  if (names.length === 0) throw new EngineError("not-found", `An image does not exist locally with the tag: ${name}`);
  if (reference.tag !== undefined) return [reference];
  if (reference.digest !== undefined) throw new EngineError("invalid-argument", "cannot push a digest reference");
  const tagged = names.filter(({ tag }) => tag !== undefined);
  if (tagged.length === 0) throw new EngineError("not-found", `no tags to push for ${name}`);
  return tagged.toSorted((a, b) => ((a.tag ?? "") < (b.tag ?? "") ? -1 : 1));
}

async function* pushName(name: Reference, push: Push): AsyncGenerator<PushEvent, void, undefined> {
  const { store, uploads, signal } = push;
  const record = await store.records.named(name);
  if (!record) throw new EngineError("not-found", `tag does not exist: ${formatFamiliar(name)}`);
  const documents = await store.content.documents(record);
  const { manifest, config } = documents;
  const content = {
    blobs: [record.id, record.manifest.digest, ...manifest.layers.map(({ digest }) => digest)],
    layers: config.rootfs.diff_ids,
  };
  const lease = await store.lease(content);
  try {
    const layers = yield* pushLayers(documents, push);
    const configBytes = await store.content.get(record.id);
    if (!(await uploads.has(record.id, { signal }))) await uploads.upload(streamedOnce(configBytes), { signal });
    const { bytes, mediaType } = await manifestToPush(record, documents, layers, push);
    const digest = await digestOf(bytes);
    const tag = name.tag ?? "";
    await uploads.putManifest(bytes, mediaType, tag, { signal });
    await store.nameIfHere({ domain: name.domain, path: name.path, digest }, record);
    yield { kind: "status", status: `${tag}: digest: ${digest} size: ${bytes.length}` };
    yield { kind: "pushed", tag, digest, sizeBytes: bytes.length };
  } finally {
    await store.endLeaseOf(record.id, content, lease);
  }
}

/** The manifest that came with the image where the repository has its layers, else one of what the repository has. */
async function manifestToPush(
  record: ImageRecord,
  { manifest }: ImageDocuments,
  layers: readonly Descriptor[],
  { store }: Push,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; mediaType: string }> {
  const isSame = layers.every(({ digest }, index) => digest === manifest.layers[index]?.digest);
  if (isSame) return { bytes: await store.content.get(record.manifest.digest), mediaType: record.manifest.mediaType };
  const configSize = (await store.content.get(record.id)).length;
  const made: ImageManifest = {
    schemaVersion: 2,
    mediaType: DOCKER_MANIFEST,
    config: inDockersOrder({ mediaType: DOCKER_CONFIG, size: configSize, digest: record.id }),
    layers: layers.map(inDockersOrder),
  };
  return { bytes: encodeUtf8(JSON.stringify(made, undefined, 3)), mediaType: DOCKER_MANIFEST };
}

function inDockersOrder({ mediaType, size, digest }: Descriptor): Descriptor {
  return { mediaType, size, digest };
}

/** @returns the layers as the repository has them, bottom first, one for each of the manifest */
async function* pushLayers(
  { manifest, config }: ImageDocuments,
  push: Push,
): AsyncGenerator<PushEvent, readonly Descriptor[], undefined> {
  const diffIds = config.rootfs.diff_ids;
  const distinct = [...new Set(diffIds)];
  for (const diffId of distinct.toReversed()) yield { kind: "status", status: "Preparing", id: shortId(diffId) };
  const leave = new AbortController();
  const signal = AbortSignal.any([push.signal, leave.signal]);
  const queue = new Queue<PushEvent>();
  const pushed = new Map<Digest, Descriptor>();
  const work = distinct.toReversed().map(async (diffId) => {
    const descriptor = manifest.layers[diffIds.indexOf(diffId)] as Descriptor;
    const report = reporter(diffId, queue, push.clock);
    pushed.set(diffId, await pushLayer({ diffId, descriptor, uploads: push.uploads, signal, report }, push));
  });
  void Promise.all(work).then(
    () => queue.close(),
    (error: unknown) => queue.fail(error instanceof Error ? error : new Error(messageOf(error))),
  );
  try {
    yield* queue;
  } finally {
    leave.abort(new Error("push ended"));
    await Promise.allSettled(work);
  }
  return diffIds.map((diffId) => pushed.get(diffId) as Descriptor);
}

function reporter(diffId: Digest, queue: Queue<PushEvent>, clock: Clock): (event: PushLayerEvent) => void {
  const id = shortId(diffId);
  const throttle = new ProgressThrottle(clock);
  return (event) => {
    if (event.kind === "status") queue.push({ ...event, id });
    else if (throttle.isNews({ ...event, status: "Pushing" })) queue.push({ ...event, status: "Pushing", id });
  };
}

/** Docker shows a pushed layer by the beginning of its diffId: what its digest will be is not known yet. */
function shortId(diffId: Digest): string {
  return hexOf(diffId).slice(0, 12);
}

async function* streamedOnce(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
