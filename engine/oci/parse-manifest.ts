/**
 * Manifests, indexes and configs come from registries and archives: each is checked here, once, before anything trusts it.
 * Everything throws EngineError invalid-argument.
 */
import { EngineError } from "../base/errors.ts";
import { decodeUtf8 } from "../base/streams.ts";
import { type Digest, isDigest } from "./digest.ts";
import type { ImageConfig } from "./image-config.ts";
import type { Descriptor, ImageIndex, ImageManifest } from "./manifest.ts";
import { DOCKER_CONFIG, isIndexType, isManifestType, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from "./media-types.ts";
import type { Platform } from "./platform.ts";

/** Docker refuses larger manifests (distribution `maxPayloadSize`: 4 MiB). */
export const MAX_MANIFEST_BYTES = 4 << 20;
export const MAX_CONFIG_BYTES = 8 << 20;
/** moby `layer.maxLayerDepth`, which overlayfs asks for. */
const MAX_LAYERS = 125;

export type ParsedManifest =
  | { readonly kind: "index"; readonly mediaType: string; readonly index: ImageIndex }
  | { readonly kind: "manifest"; readonly mediaType: string; readonly manifest: ImageManifest };

/**
 * What `bytes` hold. Static hosts cannot say what they serve, so the document's own `mediaType` decides, then the server's word
 * (`contentType`), then the shape.
 */
export function parseManifest(bytes: Uint8Array, contentType?: string): ParsedManifest {
  const json = parseObject(bytes, MAX_MANIFEST_BYTES, "manifest");
  if (json["schemaVersion"] !== 2) {
    // Docker 1.9 and older; Docker itself stopped reading these.
    const message = "Docker Image manifest version 2, schema 1 is not supported";
    throw invalid(json["schemaVersion"] === 1 ? message : "unsupported manifest format");
  }
  const hasManifests = "manifests" in json;
  const hasLayers = "layers" in json || "config" in json;
  // A document that is both could be shown as one image and run as another: CVE-2021-41190.
  if (hasManifests === hasLayers) throw invalid("unsupported manifest format");
  const mediaType = manifestType(json["mediaType"], contentType, hasManifests);
  if (hasManifests) {
    if (!isIndexType(mediaType)) throw invalid(`unsupported media type ${mediaType}`);
    const manifests = list(json["manifests"], "manifests").map((item) => parseDescriptor(item));
    return { kind: "index", mediaType, index: { ...(json as object), schemaVersion: 2, manifests } };
  }
  if (!isManifestType(mediaType)) throw invalid(`unsupported media type ${mediaType}`);
  const layers = list(json["layers"], "layers").map((item) => parseDescriptor(item));
  const config = parseDescriptor(json["config"]);
  return { kind: "manifest", mediaType, manifest: { ...(json as object), schemaVersion: 2, config, layers } };
}

/** @throws also when the manifest is no container image: a Helm chart, a signature, … */
export function checkImageManifest({ config, layers }: ImageManifest): void {
  if (config.mediaType !== OCI_CONFIG && config.mediaType !== DOCKER_CONFIG) {
    throw invalid(`unsupported media type ${config.mediaType}`);
  }
  if (config.size > MAX_CONFIG_BYTES) throw invalid(`image config of ${config.size} bytes is too large`);
  if (layers.length > MAX_LAYERS) throw invalid("max depth exceeded");
}

/** An image's config, with as many diffIds as `layerCount` when given. */
export function parseImageConfig(bytes: Uint8Array, layerCount?: number): ImageConfig {
  const json = parseObject(bytes, MAX_CONFIG_BYTES, "image config");
  const rootfs = json["rootfs"] as { readonly diff_ids?: unknown } | null | undefined;
  if (typeof rootfs !== "object" || rootfs === null) throw invalid("image config has no rootfs section");
  const diffIds = rootfs.diff_ids ?? [];
  if (!Array.isArray(diffIds) || !diffIds.every((id): id is Digest => typeof id === "string" && isDigest(id))) {
    throw invalid("image config has an invalid rootfs section");
  }
  if (layerCount !== undefined && diffIds.length !== layerCount) {
    throw invalid("layers from manifest don't match image configuration");
  }
  const { os = "linux", architecture = "" } = json;
  if (typeof os !== "string" || typeof architecture !== "string") throw invalid("image config has an invalid platform");
  const config = json["config"] ?? {};
  if (typeof config !== "object") throw invalid("image config has an invalid config section");
  return {
    ...(json as object),
    os,
    architecture,
    config,
    rootfs: { type: "layers", diff_ids: diffIds },
  };
}

/** The descriptor of this platform's manifest, or undefined. The first wins, as in Docker; a variant counts only when asked for. */
export function findPlatform(index: ImageIndex, wanted: Platform): Descriptor | undefined {
  return index.manifests.find(
    ({ platform, mediaType }) =>
      platform !== undefined &&
      platform.os === wanted.os &&
      platform.architecture === wanted.architecture &&
      (wanted.variant === undefined || (platform.variant ?? "") === wanted.variant) &&
      (isManifestType(mediaType) || isIndexType(mediaType)),
  );
}

function parseDescriptor(value: unknown): Descriptor {
  if (typeof value !== "object" || value === null) throw invalid("invalid descriptor");
  const { mediaType, digest, size, platform } = value as Record<string, unknown>;
  if (typeof mediaType !== "string") throw invalid("invalid descriptor: no mediaType");
  if (typeof digest !== "string" || !isDigest(digest)) throw invalid(`invalid descriptor: digest ${String(digest)}`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw invalid(`invalid descriptor: size ${String(size)}`);
  }
  if (platform !== undefined && !isPlatform(platform)) throw invalid("invalid descriptor: platform");
  return value as Descriptor;
}

function isPlatform(value: unknown): value is Platform {
  if (typeof value !== "object" || value === null) return false;
  const { os, architecture, variant } = value as Record<string, unknown>;
  return typeof os === "string" && typeof architecture === "string" && ["string", "undefined"].includes(typeof variant);
}

function manifestType(own: unknown, contentType: string | undefined, isIndex: boolean): string {
  if (typeof own === "string" && own !== "") return own;
  const served = contentType?.split(";", 1)[0]?.trim() ?? "";
  if (isIndexType(served) || isManifestType(served)) return served;
  return isIndex ? OCI_INDEX : OCI_MANIFEST;
}

function parseObject(bytes: Uint8Array, limit: number, what: string): Readonly<Record<string, unknown>> {
  if (bytes.length > limit) throw invalid(`${what} of ${bytes.length} bytes is too large`);
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(bytes));
  } catch (cause) {
    throw new EngineError("invalid-argument", `${what} is not JSON`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(`${what} is not a JSON object`);
  return value as Record<string, unknown>;
}

function list(value: unknown, name: string): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw invalid(`manifest has invalid ${name}`);
  return value as unknown[];
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}
