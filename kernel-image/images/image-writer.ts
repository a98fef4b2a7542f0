/**
 * Lays an image out as files such that any static host serves it as a registry (`GET` part of the distribution specification,
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md):
 *
 * ```text
 * v2/library/busybox/manifests/latest              the index
 *                    manifests/sha256:<index>      the same
 *                    manifests/sha256:<manifest>
 *                    blobs/sha256:<config, layers>
 *                    tags/list
 * ```
 */
import { link, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Digest } from "../../engine/oci/digest.ts";
import type { ImageConfig } from "../../engine/oci/image-config.ts";
import type { Descriptor, ImageIndex, ImageManifest } from "../../engine/oci/manifest.ts";
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from "../../engine/oci/media-types.ts";
import { GUEST_PLATFORM } from "../../engine/oci/platform.ts";
import { repositories } from "./catalog.ts";
import { CACHE_DIRECTORY } from "./debian-packages.ts";
import type { BuiltImage, Recipe } from "./recipe.ts";
import { gzip, sha256, SOURCE_DATE } from "./tree.ts";

/** What `artifacts.json` says about an image. */
export interface Artifact {
  /** {@link recipeHash} of the recipe it was made from. */
  readonly recipe: string;
  readonly packages: readonly string[];
  readonly licence: string;
  /** By path below `v2/<repository>/`. */
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly sizeBytes: number }>>;
}

/** Replaces what `v2/<repository>` holds. */
export async function writeImage(v2: string, recipe: Recipe, image: BuiltImage): Promise<Artifact["files"]> {
  const files = new Map<string, Uint8Array>();
  const blob = (mediaType: string, bytes: Uint8Array, folder = "blobs"): Descriptor => {
    const digest: Digest = `sha256:${sha256(bytes)}` as Digest;
    files.set(`${folder}/${digest}`, bytes);
    return { mediaType, digest, size: bytes.length };
  };

  const tars = image.steps.map(({ tar }) => tar).filter((tar) => tar !== undefined);
  const layers: Descriptor[] = [];
  for (const tar of tars) layers.push(blob(`${OCI_LAYER}+gzip`, await compressedLayer(tar)));
  const config = blob(OCI_CONFIG, json(imageConfig(image, tars)));
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config,
    layers,
    annotations: recipe.annotations,
  };
  const manifestDescriptor = {
    ...blob(OCI_MANIFEST, json(manifest), "manifests"),
    platform: GUEST_PLATFORM,
    annotations: recipe.annotations,
  };
  const index: ImageIndex = {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [manifestDescriptor],
  };
  blob(OCI_INDEX, json(index), "manifests");
  for (const tag of recipe.tags) files.set(`manifests/${tag}`, json(index));
  files.set("tags/list", json({ name: recipe.repository, tags: recipe.tags.toSorted() }));

  const directory = join(v2, recipe.repository);
  await rm(directory, { recursive: true, force: true });
  for (const [path, bytes] of files) await writeOrLink(v2, join(directory, path), bytes);
  return Object.fromEntries(
    [...files]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, bytes]) => [path, { sha256: sha256(bytes), sizeBytes: bytes.length }]),
  );
}

function imageConfig(image: BuiltImage, tars: readonly Uint8Array[]): ImageConfig {
  return {
    architecture: GUEST_PLATFORM.architecture,
    os: GUEST_PLATFORM.os,
    created: SOURCE_DATE,
    config: image.config,
    rootfs: { type: "layers", diff_ids: tars.map((tar) => `sha256:${sha256(tar)}` as Digest) },
    history: image.steps.map(({ createdBy, comment, tar }) => ({
      created: SOURCE_DATE,
      created_by: createdBy,
      ...(comment !== undefined && { comment }),
      ...(!tar && { empty_layer: true }),
    })),
  };
}

/** Compressing a distribution takes seconds, and several images have the same base. */
async function compressedLayer(tar: Uint8Array): Promise<Uint8Array> {
  const file = join(CACHE_DIRECTORY, "layers", `${sha256(tar)}.tar.gz`);
  const known = await readFile(file).catch(() => undefined);
  if (known) return known;
  const compressed = gzip(tar);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, compressed);
  await rename(`${file}.new`, file);
  return compressed;
}

/** A layer that another repository already has is linked, not stored twice. */
async function writeOrLink(v2: string, path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const twin = path.includes("/blobs/") && (await findBlob(v2, path.slice(path.lastIndexOf("/") + 1), bytes.length));
  if (twin) await link(twin, path);
  else await writeFile(path, bytes);
}

async function findBlob(v2: string, name: string, sizeBytes: number): Promise<string | undefined> {
  for (const repository of await repositories(v2)) {
    const path = join(v2, repository, "blobs", name);
    const found = await stat(path).catch(() => undefined);
    if (found?.size === sizeBytes) return path;
  }
  return undefined;
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
