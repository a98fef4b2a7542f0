import type { Dockerfile } from "../../dockerfile/dockerfile.ts";
import { globalArgs } from "../../dockerfile/global-args.ts";
import { platformArgs, PROXY_ARGS } from "../../dockerfile/predefined-args.ts";
import { GUEST_PLATFORM } from "../../oci/platform.ts";

/** The global scope of a build: the one platform that runs here, and what the build gives. @throws DockerfileError */
export function globalScope(
  dockerfile: Dockerfile,
  { buildArgs, target }: { readonly buildArgs: ReadonlyMap<string, string>; readonly target: string },
): ReadonlyMap<string, string> {
  const platform = platformArgs({
    build: GUEST_PLATFORM,
    target: GUEST_PLATFORM,
    stage: target || (dockerfile.stages.at(-1)?.from.as ?? ""),
  });
  return globalArgs(dockerfile, platform, buildArgs);
}

/** `HTTP_PROXY=…` of the build's arguments, in both spellings. */
export function proxyEnv(buildArgs: ReadonlyMap<string, string>): readonly string[] {
  return [...buildArgs]
    .filter(([name]) => PROXY_ARGS.has(name.toLowerCase()))
    .flatMap(([name, value]) => [`${name.toUpperCase()}=${value}`, `${name.toLowerCase()}=${value}`]);
}

/** `SOURCE_DATE_EPOCH`: seconds since 1970. Undefined when it is not given, or is no number. https://reproducible-builds.org/specs/source-date-epoch/ */
export function sourceDateEpoch(buildArgs: ReadonlyMap<string, string>): number | undefined {
  const text = buildArgs.get("SOURCE_DATE_EPOCH");
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
