/**
 * `docker pull`: index → manifest of the platform → config → layers → names. The order of what is told is dockerd's.
 * Content is leased before it is stored, and the names come last: a pull that breaks off anywhere leaves no half image.
 */
import type { Clock } from "../base/clock.ts";
import { EngineError, messageOf } from "../base/errors.ts";
import { collect } from "../base/streams.ts";
import { type Digest, digestOf } from "../oci/digest.ts";
import type { Descriptor, ImageManifest } from "../oci/manifest.ts";
import { checkImageManifest, findPlatform, parseImageConfig, parseManifest } from "../oci/parse-manifest.ts";
import { parsePlatform } from "../oci/parse-platform.ts";
import { formatPlatform, GUEST_PLATFORM, type Platform } from "../oci/platform.ts";
import {
  canonicalName,
  formatFamiliar,
  formatReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from "../oci/reference.ts";
import { absent } from "./image-content.ts";
import { nameOf } from "./image-records.ts";
import type { PullEvent, PullOptions } from "./image-service.ts";
import type { ImageStore } from "./image-store.ts";
import type { LayerTransfers } from "./layer-transfers.ts";
import { platformMismatch } from "./platform-mismatch.ts";
import { pullLayers } from "./pull-layers.ts";
import type { FetchedManifest, RegistryClient, RegistrySession } from "./registry-client.ts";
import { retrying } from "./retry.ts";

export interface PullPorts {
  readonly store: ImageStore;
  readonly registries: RegistryClient;
  readonly transfers: LayerTransfers;
  readonly clock: Clock;
}

/** An index may point at an index; more than once is nobody's intention. */
const MAX_INDEX_DEPTH = 3;

interface Pull extends PullPorts {
  readonly session: RegistrySession;
  readonly platform: Platform;
  readonly signal: AbortSignal;
}

/** With a name alone, every tag of the repository is pulled: what `docker pull --all-tags` asks for. */
export async function* pullReference(
  text: string,
  options: PullOptions,
  ports: PullPorts,
): AsyncGenerator<PullEvent, void, undefined> {
  const reference = parseReference(text);
  const platform = options.platform ? parsePlatform(options.platform) : GUEST_PLATFORM;
  // Leaving the iteration ends requests under way.
  const leave = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, leave.signal]) : leave.signal;
  try {
    const pull: Pull = { ...ports, platform, signal, session: ports.registries.open(reference, options.auth) };
    let isNewer = false;
    for (const name of await namesToPull(reference, pull)) {
      if (yield* pullName(name, pull)) isNewer = true;
    }
    const outcome = isNewer ? "Downloaded newer image for" : "Image is up to date for";
    yield { kind: "status", status: `Status: ${outcome} ${formatFamiliar(reference)}` };
    if (options.platform !== undefined) yield* platformWarning(reference, pull);
  } finally {
    leave.abort(new Error("pull ended"));
  }
}

async function namesToPull(reference: Reference, { session, signal }: Pull): Promise<readonly Reference[]> {
  if (reference.tag !== undefined || reference.digest !== undefined) return [reference];
  return (await session.tags({ signal })).map((tag) => parseReference(formatReference({ ...reference, tag })));
}

/** @returns true when the name points at another image than before */
async function* pullName(name: Reference, pull: Pull): AsyncGenerator<PullEvent, boolean, undefined> {
  const { session, store, signal } = pull;
  const { domain, path, tag, digest } = name;
  const fetched = await session.manifest(digest ?? tag ?? "", { signal });
  yield {
    kind: "status",
    status: `Pulling from ${path}`,
    id: digest === undefined ? (tag ?? "") : formatReference({ domain, path, digest }),
  };

  // Docker remembers the digest as a name of its own: `RepoDigests`.
  const names = [...(digest === undefined ? [name] : []), { domain, path, digest: fetched.digest }];
  const before = await store.records.named(names[0] ?? name);
  const wanted = await platformManifest(fetched, pull);
  const complete = await store.findComplete(wanted.manifest.config.digest);
  // What is here now may be removed before it has its new name.
  const isNamed = complete && (await store.tryCommit(complete.record, names, complete.config.rootfs.diff_ids));
  if (isNamed !== true) yield* pullImage(wanted, names, pull);
  yield { kind: "status", status: `Digest: ${fetched.digest}` };
  return before?.id !== wanted.manifest.config.digest;
}

async function* pullImage(
  wanted: WantedImage,
  names: readonly Reference[],
  pull: Pull,
): AsyncGenerator<PullEvent, void, undefined> {
  const { store, transfers, clock, session, signal } = pull;
  const { manifest, descriptor, bytes } = wanted;
  const digests = [descriptor.digest, manifest.config.digest, ...manifest.layers.map(({ digest }) => digest)];
  // Ended only when the names hold the content: after a failure the lease keeps what is here for the next try.
  const lease = await store.lease({ blobs: digests });
  const configBytes = await configOf(manifest.config, pull);
  const config = parseImageConfig(configBytes, manifest.layers.length);
  const diffIds = config.rootfs.diff_ids;
  await lease.add({ layers: diffIds });
  await store.content.put(configBytes);
  await store.content.put(bytes);
  const layers = manifest.layers.map((layer, index) => ({ descriptor: layer, diffId: diffIds[index] as Digest }));
  const open: Parameters<LayerTransfers["transfer"]>[1] = (digest, options) => session.blob(digest, options);
  yield* pullLayers(layers, { layers: store.layers, transfers, clock, open, onActivity: () => lease.renew() }, signal);
  for (const { descriptor: layer, diffId } of layers) {
    const { digest, size, mediaType } = layer;
    await store.sources.add(diffId, { digest, size, mediaType, repository: canonicalName(names[0] as Reference) });
  }
  await store.commit({ id: manifest.config.digest, manifest: descriptor }, names, diffIds);
  await lease.end();
}

interface WantedImage {
  readonly manifest: ImageManifest;
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** Follows an index (which may hold another) to the manifest of the platform. */
async function platformManifest(fetched: FetchedManifest, { session, platform, signal }: Pull): Promise<WantedImage> {
  let current = fetched;
  for (let depth = 0; depth < MAX_INDEX_DEPTH; depth += 1) {
    const parsed = parseManifest(current.bytes, current.contentType);
    if (parsed.kind === "manifest") {
      checkImageManifest(parsed.manifest);
      const descriptor = { mediaType: parsed.mediaType, digest: current.digest, size: current.bytes.length, platform };
      return { manifest: parsed.manifest, descriptor, bytes: current.bytes };
    }
    const found = findPlatform(parsed.index, platform);
    if (!found)
      throw new EngineError(
        "not-found",
        `no matching manifest for ${formatPlatform(platform)} in the manifest list entries`,
      );
    current = await session.manifest(found.digest, { signal });
  }
  throw new EngineError("invalid-argument", "manifest lists are nested too deeply");
}

async function configOf(descriptor: Descriptor, { store, session, clock, signal }: Pull): Promise<Uint8Array> {
  const { digest, size } = descriptor;
  if (await store.content.has(digest)) return await store.content.get(digest);
  let attempts = 0;
  try {
    return await retrying(
      async () => {
        attempts += 1;
        const bytes = await collect(await session.blob(digest, { signal }), size).catch(tooLong);
        if (bytes?.length === size && (await digestOf(bytes)) === digest) return bytes;
        throw new EngineError("invalid-argument", `image config verification failed for digest ${digest}`);
      },
      { clock, signal },
    );
  } catch (error) {
    signal.throwIfAborted();
    const kind = error instanceof EngineError ? error.kind : "internal";
    throw new EngineError(
      kind,
      `error pulling image configuration: download failed after attempts=${attempts}: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function tooLong(error: unknown): undefined {
  if (!(error instanceof RangeError)) throw error;
}

/** An image that is in no index says its platform only here. As in Docker it is kept all the same; it will not run. */
async function* platformWarning(reference: Reference, { store, platform }: Pull): AsyncGenerator<PullEvent> {
  const record = await store.records.named(nameOf(withDefaultTag(reference)));
  const documents = record && (await store.content.documents(record).catch(absent));
  const text = documents && platformMismatch(documents.config, formatFamiliar(reference), platform);
  if (text !== undefined) yield { kind: "status", status: `WARNING: ${text}` };
}
