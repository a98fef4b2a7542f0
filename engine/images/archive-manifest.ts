/**
 * What an archive of images says is in it: the `manifest.json` of `docker save`, or an OCI image layout.
 * https://github.com/moby/docker-image-spec/blob/main/v1.2.md, https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
import { EngineError } from "../base/errors.ts";
import { decodeUtf8 } from "../base/streams.ts";
import { type Digest, digestOf, hexOf } from "../oci/digest.ts";
import type { Descriptor } from "../oci/manifest.ts";
import { MAX_CONFIG_BYTES, parseManifest } from "../oci/parse-manifest.ts";
import type { ArchiveFiles } from "./archive-files.ts";

/** One image of an archive. */
export interface ArchivedImage {
  readonly config: Uint8Array;
  /** Paths in the archive, bottom first. */
  readonly layers: readonly string[];
  /** Names with their tags, as the archive has them. */
  readonly names: readonly string[];
}

const MANIFEST = "manifest.json";
const INDEX = "index.json";
/** containerd's, with the whole name; OCI's own may be a tag alone. */
const NAME_ANNOTATIONS = ["io.containerd.image.name", "org.opencontainers.image.ref.name"] as const;
const MAX_INDEX_DEPTH = 3;

/** @throws EngineError invalid-argument */
export async function readArchiveManifest(files: ArchiveFiles): Promise<readonly ArchivedImage[]> {
  if (files.has(MANIFEST)) return await dockerImages(files);
  if (files.has(INDEX)) return await layoutImages(files, await files.bytes(INDEX, MAX_CONFIG_BYTES), []);
  throw invalid(`invalid archive: does not contain a ${MANIFEST}`);
}

async function dockerImages(files: ArchiveFiles): Promise<readonly ArchivedImage[]> {
  let list: unknown;
  try {
    list = JSON.parse(decodeUtf8(await files.bytes(MANIFEST, MAX_CONFIG_BYTES)));
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError(
      "invalid-argument",
      `invalid archive: failed to decode ${MANIFEST}: ${(cause as Error).message}`,
    );
  }
  if (list === null) throw invalid("invalid manifest, manifest cannot be null (but can be [])");
  if (!Array.isArray(list)) throw invalid(`invalid archive: ${MANIFEST} is not a list`);
  return await Promise.all(
    list.map(async (item: unknown) => {
      const { Config, Layers, RepoTags } = (item ?? {}) as Record<string, unknown>;
      if (typeof Config !== "string") throw invalid(`invalid archive: ${MANIFEST} names no config`);
      return {
        config: await files.bytes(Config, MAX_CONFIG_BYTES),
        layers: strings(Layers, "Layers"),
        names: strings(RepoTags, "RepoTags"),
      };
    }),
  );
}

function strings(value: unknown, name: string): readonly string[] {
  const list = value ?? [];
  if (Array.isArray(list) && list.every((item): item is string => typeof item === "string")) return list;
  throw invalid(`invalid archive: ${name} in ${MANIFEST} is not a list of strings`);
}

/** `trail`: the indexes around this one. */
async function layoutImages(
  files: ArchiveFiles,
  bytes: Uint8Array,
  trail: readonly string[],
): Promise<readonly ArchivedImage[]> {
  const parsed = parseManifest(bytes);
  if (parsed.kind !== "index" || trail.length > MAX_INDEX_DEPTH) throw invalid(`invalid archive: ${INDEX} is no index`);
  const images: ArchivedImage[] = [];
  for (const descriptor of parsed.index.manifests) {
    // Attestations and the like: not for any machine. Images for other machines may be left out of the archive.
    const isForNone = descriptor.platform?.os === "unknown";
    if (isForNone || !files.has(pathOf(descriptor.digest))) continue;
    const content = await verified(files, descriptor.digest);
    const inner = parseManifest(content, descriptor.mediaType);
    const names = namesOf(descriptor);
    if (inner.kind === "index") {
      const nested = await layoutImages(files, content, [...trail, descriptor.digest]);
      images.push(...nested.map((image) => ({ ...image, names: image.names.length > 0 ? image.names : names })));
    } else {
      images.push({
        config: await verified(files, inner.manifest.config.digest),
        layers: inner.manifest.layers.map(({ digest }) => pathOf(digest)),
        names,
      });
    }
  }
  return merged(images);
}

/** One image may be named by several descriptors. */
function merged(images: readonly ArchivedImage[]): readonly ArchivedImage[] {
  const byConfig = new Map<string, ArchivedImage>();
  for (const image of images) {
    const key = decodeUtf8(image.config);
    const known = byConfig.get(key);
    byConfig.set(key, { ...image, names: [...new Set([...(known?.names ?? []), ...image.names])] });
  }
  return [...byConfig.values()];
}

function namesOf({ annotations = {} }: Descriptor): readonly string[] {
  const name = NAME_ANNOTATIONS.map((key) => annotations[key]).find((value) => value !== undefined && value !== "");
  // A tag alone names no image.
  return name !== undefined && /[:/]/.test(name) ? [name] : [];
}

async function verified(files: ArchiveFiles, digest: Digest): Promise<Uint8Array> {
  const bytes = await files.bytes(pathOf(digest), MAX_CONFIG_BYTES);
  const actual = await digestOf(bytes);
  if (actual !== digest) throw invalid(`invalid archive: content of ${digest} is ${actual}`);
  return bytes;
}

function pathOf(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}
