import { EngineError, isKind } from "../base/errors.ts";
import { collect } from "../base/streams.ts";
import type { Descriptor } from "../oci/manifest.ts";
import { MAX_CONFIG_BYTES, parseImageConfig, parseManifest } from "../oci/parse-manifest.ts";
import type { Platform } from "../oci/platform.ts";
import { parseReference, withDefaultTag } from "../oci/reference.ts";
import type { RegistryCredentials } from "./image-service.ts";
import type { RegistryClient } from "./registry-client.ts";
import { RegistryError } from "./registry-errors.ts";

/** An image in a registry: `docker manifest inspect`, compose's image digests. */
export interface RemoteImage {
  readonly descriptor: Descriptor;
  /** What it can run on; attestations come as `unknown/unknown`. */
  readonly platforms: readonly Platform[];
}

/** Asks a registry about an image without pulling it. @throws EngineError invalid-argument for a bad name, RegistryError */
export async function describeRemote(
  registries: RegistryClient,
  name: string,
  options: { readonly auth?: RegistryCredentials; readonly signal?: AbortSignal },
): Promise<RemoteImage> {
  const reference = withDefaultTag(parseReference(name));
  const { auth, ...rest } = options;
  const session = registries.open(reference, auth);
  const { bytes, digest, contentType } = await session
    .manifest(reference.digest ?? reference.tag ?? "", rest)
    .catch((error: unknown) => {
      // Docker repeats the registry here, without the words that it has for a pull.
      throw isKind(error, "not-found") && error instanceof RegistryError
        ? new EngineError(error.kind, error.detail, { cause: error })
        : error;
    });
  const parsed = parseManifest(bytes, contentType);
  const descriptor = { mediaType: parsed.mediaType, digest, size: bytes.length };
  if (parsed.kind === "index")
    return { descriptor, platforms: parsed.index.manifests.flatMap(({ platform }) => platform ?? []) };
  const config = await collect(await session.blob(parsed.manifest.config.digest, rest), MAX_CONFIG_BYTES);
  const { os, architecture, variant } = parseImageConfig(config);
  return { descriptor, platforms: [{ architecture, os, ...(variant !== undefined && { variant }) }] };
}
