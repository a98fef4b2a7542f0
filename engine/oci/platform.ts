/** https://github.com/opencontainers/image-spec/blob/main/image-index.md#image-index-property-descriptions */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** The one platform the guest runs. */
export const GUEST_PLATFORM: Platform = { os: "linux", architecture: "386" };

/** `linux/386`, `linux/arm/v7`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== undefined && part !== "").join("/");
}

/** Whether an image of one platform is wanted where another is asked for. A variant counts only when it is asked for. */
export function isFor(image: Platform, wanted: Platform): boolean {
  const isMachine = image.os === wanted.os && image.architecture === wanted.architecture;
  return isMachine && (wanted.variant === undefined || wanted.variant === image.variant);
}
