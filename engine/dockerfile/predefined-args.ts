/** Build arguments that no Dockerfile has to declare. https://docs.docker.com/reference/dockerfile/#predefined-args */

/** A platform by its parts: `linux`, `386`. */
export interface PlatformParts {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

/** Set for the processes of `RUN` in either spelling, and no part of the cache's key unless they are declared. */
export const PROXY_ARGS: ReadonlySet<string> = new Set([
  "http_proxy",
  "https_proxy",
  "ftp_proxy",
  "no_proxy",
  "all_proxy",
]);

/** Switches of the builder itself: they never become variables. */
export const BUILDER_ARGS: ReadonlySet<string> = new Set(["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"]);

/** In the global scope of every Dockerfile: a `FROM` may use them, a stage has to declare them. */
export function platformArgs({
  build,
  target,
  stage,
}: {
  readonly build: PlatformParts;
  readonly target: PlatformParts;
  /** The target stage's name. */
  readonly stage?: string;
}): ReadonlyMap<string, string> {
  return new Map([...argsOf("BUILD", build), ...argsOf("TARGET", target), ["TARGETSTAGE", stage || "default"]]);
}

function argsOf(side: string, { os, architecture, variant = "", osVersion = "" }: PlatformParts): [string, string][] {
  return [
    [`${side}PLATFORM`, [os, architecture, variant].filter((part) => part !== "").join("/")],
    [`${side}OS`, os],
    [`${side}OSVERSION`, osVersion],
    [`${side}ARCH`, architecture],
    [`${side}VARIANT`, variant],
  ];
}
