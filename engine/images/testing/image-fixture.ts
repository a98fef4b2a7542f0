import { gzipSync } from "node:zlib";
import { collect, encodeUtf8, streamOf } from "../../base/streams.ts";
import { type Digest, digestOf } from "../../oci/digest.ts";
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from "../../oci/media-types.ts";
import type { Platform } from "../../oci/platform.ts";
import { writeTar } from "../../oci/tar-writer.ts";
import type { RegistryDouble } from "./registry-double.ts";

/** A layer tar of one file. */
export async function tarOf(path: string, text: string): Promise<Uint8Array> {
  const content = encodeUtf8(text);
  return await collect(writeTar([{ entry: { path, size: content.length }, content: streamOf(content) }]));
}

interface FixtureLayer {
  readonly tar: Uint8Array;
  /** What the registry has; gzip by default. */
  readonly compressed?: Uint8Array;
  /** What the config says; the truth by default. */
  readonly diffId?: Digest;
}

export interface FixtureOptions {
  readonly repository?: string;
  readonly tags?: readonly string[];
  readonly layers: readonly FixtureLayer[];
  readonly platform?: Platform;
  /** An index around the manifest; default true. */
  readonly index?: boolean;
  readonly created?: string;
}

export interface Fixture {
  readonly id: Digest;
  readonly diffIds: readonly Digest[];
  readonly layerDigests: readonly Digest[];
  readonly manifestDigest: Digest;
  /** What the tags point at. */
  readonly digest: Digest;
}

/** Puts an image into a registry. */
export async function putImage(registry: RegistryDouble, options: FixtureOptions): Promise<Fixture> {
  const {
    repository = "library/x",
    tags = ["latest"],
    platform = { os: "linux", architecture: "386" },
    created = "2026-01-01T00:00:00Z",
  } = options;
  const diffIds = await Promise.all(options.layers.map(async ({ tar, diffId }) => diffId ?? (await digestOf(tar))));
  const layers = [];
  for (const { tar, compressed = new Uint8Array(gzipSync(tar)) } of options.layers) {
    layers.push({
      mediaType: `${OCI_LAYER}+gzip`,
      digest: await registry.putBlob(repository, compressed),
      size: compressed.length,
    });
  }
  const config = encodeUtf8(
    JSON.stringify({ ...platform, created, config: { Cmd: ["/x"] }, rootfs: { type: "layers", diff_ids: diffIds } }),
  );
  const id = await registry.putBlob(repository, config);
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, digest: id, size: config.length },
    layers,
  };
  const plain = options.index === false;
  const stored = await registry.putManifest(repository, manifest, ...(plain ? tags : []));
  const index = {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [{ mediaType: OCI_MANIFEST, ...stored, platform }],
  };
  const top = plain ? stored : await registry.putManifest(repository, index, ...tags);
  return {
    id,
    diffIds,
    layerDigests: layers.map(({ digest }) => digest),
    manifestDigest: stored.digest,
    digest: top.digest,
  };
}
