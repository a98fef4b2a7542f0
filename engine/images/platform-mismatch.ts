import type { ImageConfig } from "../oci/image-config.ts";
import { formatPlatform, type Platform } from "../oci/platform.ts";

/**
 * Why an image is not for a platform, in Docker's words; undefined when it is. A wanted platform without a variant takes any.
 * @param reference as the user named the image
 */
export function platformMismatch(config: ImageConfig, reference: string, wanted: Platform): string | undefined {
  const { os, architecture, variant } = config;
  const isSame =
    os === wanted.os &&
    (architecture === "" || architecture === wanted.architecture) &&
    (wanted.variant === undefined || wanted.variant === "" || wanted.variant === (variant ?? ""));
  if (isSame) return undefined;
  const found = formatPlatform({ os, architecture, ...(variant !== undefined && { variant }) });
  return `image with reference ${reference} was found but its platform (${found}) does not match the specified platform (${formatPlatform(wanted)})`;
}
