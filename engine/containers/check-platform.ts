import { EngineError } from "../base/errors.ts";
import type { ImageConfig } from "../oci/image-config.ts";
import { parsePlatform } from "../oci/parse-platform.ts";
import { formatPlatform, GUEST_PLATFORM, type Platform } from "../oci/platform.ts";
import type { CreateContainer } from "./container-service.ts";

/** A 64-bit machine runs the 32-bit programs of its kind. */
const RUNS: Readonly<Record<string, readonly string[]>> = { amd64: ["amd64", "386"], arm64: ["arm64", "arm"] };

/**
 * Compares an image with the platform that was asked for, or with the machine; answers Docker's warning.
 * @throws EngineError not-found when it is for another than was asked for, invalid-argument for what is no platform
 */
export function checkPlatform(image: ImageConfig, { image: reference, platform }: CreateContainer): readonly string[] {
  const own: Platform = {
    os: image.os,
    architecture: image.architecture,
    ...(image.variant !== undefined && { variant: image.variant }),
  };
  const wanted = platform === undefined ? GUEST_PLATFORM : parsePlatform(platform);
  if (matches(own, wanted)) return [];
  if (platform === undefined) {
    return [
      `The requested image's platform (${formatPlatform(own)}) does not match the detected host platform (${formatPlatform(wanted)}) and no specific platform was requested`,
    ];
  }
  throw new EngineError(
    "not-found",
    `image with reference ${reference} was found but its platform (${formatPlatform(own)}) does not match the specified platform (${formatPlatform(wanted)})`,
  );
}

function matches(image: Platform, wanted: Platform): boolean {
  const runs = RUNS[wanted.architecture] ?? [wanted.architecture];
  const sameVariant = wanted.variant === undefined || image.variant === undefined || wanted.variant === image.variant;
  return image.os === wanted.os && runs.includes(image.architecture) && sameVariant;
}
