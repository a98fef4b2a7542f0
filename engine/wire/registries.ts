/** One result of `GET /images/search`, in Docker's order of fields. */
export interface SearchResult {
  readonly star_count: number;
  readonly is_official: boolean;
  readonly name: string;
  /** Deprecated, always false. */
  readonly is_automated: boolean;
  readonly description: string;
}

export function toSearchResult(entry: {
  readonly name: string;
  readonly description: string;
  readonly isOfficial: boolean;
  readonly stars: number;
}): SearchResult {
  const { name, description, isOfficial, stars } = entry;
  return { star_count: stars, is_official: isOfficial, name, is_automated: false, description };
}

interface PlatformModel {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** `GET /distribution/{name}/json`, in Docker's order of fields. */
export function toDistributionInspect(remote: {
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number };
  readonly platforms: readonly PlatformModel[];
}): Record<string, unknown> {
  const { mediaType, digest, size } = remote.descriptor;
  return {
    Descriptor: { mediaType, digest, size },
    Platforms: remote.platforms.map(({ architecture, os, variant }) => ({
      architecture,
      os,
      ...(variant !== undefined && { variant }),
    })),
  };
}

/** `POST /auth` */
export function toAuthResponse(identityToken: string): Record<string, unknown> {
  return { IdentityToken: identityToken, Status: "Login Succeeded" };
}
