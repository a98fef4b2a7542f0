import { EngineError } from "../base/errors.ts";
import { Queue } from "../base/queue.ts";
import type { ByteStream } from "../base/streams.ts";
import { type Digest, hexOf } from "../oci/digest.ts";
import type { Descriptor } from "../oci/manifest.ts";
import { parseImageConfig } from "../oci/parse-manifest.ts";
import { isFor, type Platform } from "../oci/platform.ts";
import { formatFamiliar, parseReference, type Reference } from "../oci/reference.ts";
import { ArchiveFiles } from "./archive-files.ts";
import { type ArchivedImage, readArchiveManifest } from "./archive-manifest.ts";
import { Incoming, type IncomingPorts } from "./incoming.ts";

/** What `docker load` tells. */
export type LoadEvent =
  | { readonly kind: "stream"; readonly text: string }
  | {
      readonly kind: "progress";
      readonly status: "Loading layer";
      readonly id: string;
      readonly currentBytes: number;
      readonly totalBytes: number;
    }
  | { readonly kind: "loaded"; readonly id: Digest };

export interface LoadOptions {
  /** Only images for this one. */
  readonly platform?: Platform;
  readonly signal?: AbortSignal;
}

/** Progress is told in steps of this. */
const STEP_BYTES = 1 << 20;

/**
 * Takes the images of an archive: docker's own, of any age since 1.10, or an OCI image layout; plain or compressed. An image is there with all
 * its layers or not at all.
 * @throws EngineError from the iteration, in Docker's words where it has some
 */
export async function* loadImages(
  body: ByteStream,
  ports: IncomingPorts,
  options: LoadOptions = {},
): AsyncGenerator<LoadEvent, void, undefined> {
  const queue = new Queue<LoadEvent>();
  const { signal } = options;
  const stop = (): void => void body.cancel(signal?.reason).catch(() => undefined);
  const work = Incoming.during(ports, async (incoming) => {
    const files = await ArchiveFiles.read(await incoming.plain(body), incoming.spool);
    const images = await readArchiveManifest(files);
    const ids: Digest[] = [];
    for (const image of images) {
      signal?.throwIfAborted();
      const id = await loadImage(image, files, { ...options, ports, incoming, tell: (event) => queue.push(event) });
      if (id !== undefined) ids.push(id);
    }
    // As Docker: only when the last image has no name.
    if (images.length > 0 && (images.at(-1)?.names.length ?? 0) === 0)
      for (const id of ids) queue.push({ kind: "stream", text: `Loaded image ID: ${id}\n` });
  });
  work.then(
    () => queue.close(),
    (error: unknown) => queue.fail(error),
  );
  signal?.addEventListener("abort", stop, { once: true });
  try {
    yield* queue;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

interface Load extends LoadOptions {
  readonly ports: IncomingPorts;
  readonly incoming: Incoming;
  readonly tell: (event: LoadEvent) => void;
}

async function loadImage(image: ArchivedImage, files: ArchiveFiles, load: Load): Promise<Digest | undefined> {
  const { ports, platform, tell } = load;
  const config = parseImageConfig(image.config);
  if (config.os !== "linux") throw invalid(`cannot load ${config.os} image on linux`);
  if (platform !== undefined && !isFor(config, platform)) return undefined;
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== image.layers.length) {
    const counts = `expected ${image.layers.length}, got ${diffIds.length}`;
    throw invalid(`invalid manifest, layers length mismatch: ${counts}`);
  }
  const layers: Descriptor[] = [];
  for (const [index, diffId] of diffIds.entries())
    layers.push(await loadLayer({ diffId, index, path: image.layers[index] as string }, files, load));
  const names = image.names.map(tagged);
  const before = await Promise.all(names.map((name) => idOf(ports, name)));
  const { id } = await ports.images.create(image.config, layers, names);
  for (const [index, name] of names.entries()) {
    const old = before[index];
    const shown = formatFamiliar(name);
    if (old !== undefined && old !== id) {
      const text = `The image ${shown} already exists, renaming the old one with ID ${old} to empty string\n`;
      tell({ kind: "stream", text });
    }
    tell({ kind: "stream", text: `Loaded image: ${shown}\n` });
  }
  tell({ kind: "loaded", id });
  return id;
}

async function loadLayer(
  { diffId, index, path }: { readonly diffId: Digest; readonly index: number; readonly path: string },
  files: ArchiveFiles,
  { ports, incoming, tell }: Load,
): Promise<Descriptor> {
  // A layer that is here need not be in the archive.
  if (await ports.layers.has(diffId)) return await incoming.descriptor(diffId);
  const file = files.find(path);
  const totalBytes = file.sizeBytes;
  let toldBytes = -STEP_BYTES;
  const onProgress = (currentBytes: number): void => {
    if (currentBytes - toldBytes < STEP_BYTES && currentBytes < totalBytes) return;
    toldBytes = currentBytes;
    tell({ kind: "progress", status: "Loading layer", id: hexOf(diffId).slice(0, 12), currentBytes, totalBytes });
  };
  return await incoming.layer(diffId, file, { index, onProgress });
}

function tagged(text: string): Reference {
  const name = parseReference(text);
  if (name.tag === undefined) throw invalid(`invalid tag ${JSON.stringify(text)}`);
  return { domain: name.domain, path: name.path, tag: name.tag };
}

async function idOf({ images }: IncomingPorts, name: Reference): Promise<Digest | undefined> {
  return (await images.resolve(formatFamiliar(name)).catch(() => undefined))?.id;
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}
