import { messageOf } from "../base/errors.ts";
import { DockerfileError } from "../dockerfile/dockerfile-error.ts";
import { BuildFailure } from "./build-service.ts";
import type { SourceExcerpt } from "./build-status.ts";

/** The file, and the lines that something is about. */
export function excerptOf(
  dockerfile: { readonly name: string; readonly text: string },
  ranges: SourceExcerpt["ranges"],
): SourceExcerpt {
  return { fileName: dockerfile.name, data: dockerfile.text, ranges };
}

/** Any error of a build, told with its place in the Dockerfile as far as it is known. */
export function toFailure(
  error: unknown,
  dockerfile: { readonly name: string; readonly text: string },
  place: { readonly range?: SourceExcerpt["ranges"][number]; readonly vertex?: string } = {},
): BuildFailure {
  if (error instanceof BuildFailure) return error;
  const range = error instanceof DockerfileError ? error.range : place.range;
  return new BuildFailure(messageOf(error), {
    ...(range && { source: excerptOf(dockerfile, [range]) }),
    ...(place.vertex !== undefined && { vertex: place.vertex }),
    cause: error,
  });
}
