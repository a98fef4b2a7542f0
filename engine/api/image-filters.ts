import { EngineError } from "../base/errors.ts";
import type { Image, ImageService } from "../images/image-service.ts";
import { checkFilterNames, type Filters, matchesLabels } from "../wire/filters.ts";
import { labelsOf } from "../wire/images.ts";
import { parseTimeMs, parseUnixNs } from "../wire/times.ts";

const NAMES = ["dangling", "label", "before", "since", "reference", "until"];

/** `--filter` of `docker images`. A `reference` also hides an image's other names. @throws EngineError in Docker's words */
export async function filterImages(
  images: ImageService,
  all: readonly Image[],
  filters: Filters,
): Promise<readonly Image[]> {
  checkFilterNames(filters, NAMES);
  const created = ({ config }: Image): number => parseTimeMs(config.created ?? "") ?? 0;
  const moment = async (name: string): Promise<number | undefined> => {
    const reference = filters.get(name)?.[0];
    return reference === undefined ? undefined : created(await images.resolve(reference));
  };
  const [before, since] = [await moment("before"), await moment("since")];
  const until = untilMs(filters.get("until")?.[0]);
  const dangling = booleanOf(filters.get("dangling")?.[0]);
  return all
    .filter(
      (image) =>
        (before === undefined || created(image) < before) &&
        (since === undefined || created(image) > since) &&
        (until === undefined || created(image) < until) &&
        (dangling === undefined || isDangling(image) === dangling) &&
        matchesLabels(filters.get("label"), labelsOf(image) ?? {}),
    )
    .flatMap((image) => withMatchingNames(image, filters.get("reference")));
}

/** No tag points at it. */
export function isDangling(image: Image): boolean {
  return image.repoTags.length === 0;
}

function booleanOf(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (["1", "true"].includes(text)) return true;
  if (["0", "false"].includes(text)) return false;
  throw new EngineError("invalid-argument", `invalid filter 'dangling=[${text}]'`);
}

function untilMs(text: string | undefined): number | undefined {
  const ns = text === undefined ? undefined : parseUnixNs(text);
  return ns === undefined ? undefined : Number(ns / 1_000_000n);
}

function withMatchingNames(image: Image, patterns: readonly string[] | undefined): readonly Image[] {
  if (patterns === undefined || patterns.length === 0) return [image];
  const globs = patterns.map(globToRegExp);
  const isWanted = (name: string): boolean => globs.some((glob) => glob.test(name) || glob.test(nameOnly(name)));
  const [repoTags, repoDigests] = [image.repoTags.filter(isWanted), image.repoDigests.filter(isWanted)];
  return repoTags.length + repoDigests.length > 0
    ? [{ ...image, repoTags, repoDigests: repoTags.length > 0 ? [] : repoDigests }]
    : [];
}

/** Go's `path.Match`: `*` and `?` stop at slashes. */
function globToRegExp(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replace(/\*/g, "[^/]*")
    .replace(/\?/g, "[^/]");
  try {
    return new RegExp(`^${source}$`);
  } catch (cause) {
    throw new EngineError("invalid-argument", "syntax error in pattern", { cause });
  }
}

function nameOnly(reference: string): string {
  const withoutDigest = reference.split("@")[0] as string;
  const colon = withoutDigest.indexOf(":", withoutDigest.lastIndexOf("/"));
  return colon < 0 ? withoutDigest : withoutDigest.slice(0, colon);
}
