import { EngineError } from "../base/errors.ts";
import type { Image, ImageService } from "../images/image-service.ts";
import { checkFilterNames, type Filters, matchesLabels } from "../wire/filters.ts";
import { labelsOf } from "../wire/images.ts";
import { parseMomentMs } from "../wire/moments.ts";
import { parseRfc3339Ns } from "../wire/times.ts";

const NAMES = ["dangling", "label", "before", "since", "reference", "until"];

/** `--filter` of `docker images`. A `reference` also hides an image's other names. @throws EngineError in Docker's words */
export async function filterImages(
  images: ImageService,
  all: readonly Image[],
  filters: Filters,
  nowMs: number,
): Promise<readonly Image[]> {
  checkFilterNames(filters, NAMES);
  const moment = async (name: string): Promise<bigint | undefined> => {
    const reference = filters.get(name)?.[0];
    return reference === undefined ? undefined : createdNs(await images.resolve(reference));
  };
  const [before, since] = [await moment("before"), await moment("since")];
  const moments = (filters.get("until") ?? []).map((text) => parseMomentMs(text, nowMs));
  const until = moments.length === 0 ? undefined : Math.min(...moments);
  const dangling = booleanFilter(filters, "dangling");
  return all
    .filter(
      (image) =>
        (before === undefined || createdNs(image) < before) &&
        (since === undefined || createdNs(image) > since) &&
        (until === undefined || Number(createdNs(image) / 1_000_000n) < until) &&
        (dangling === undefined || isDangling(image) === dangling) &&
        matchesLabels(filters.get("label"), labelsOf(image) ?? {}),
    )
    .flatMap((image) => withMatchingNames(image, filters.get("reference")));
}

/** When it was made, in nanoseconds since 1970: two commits in a row may differ in nothing coarser. */
export function createdNs({ config }: Image): bigint {
  return parseRfc3339Ns(config.created ?? "") ?? 0n;
}

/** No tag points at it, and no other image was made of it. */
export function isDangling(image: Image): boolean {
  return image.repoTags.length === 0 && image.hasChildren !== true;
}

/** A filter that is yes or no; undefined when it was not given. @throws EngineError `invalid filter 'dangling=[x]'` */
export function booleanFilter(filters: Filters, name: string): boolean | undefined {
  const values = filters.get(name) ?? [];
  if (values.length === 0) return undefined;
  const isTrue = values.some((value) => ["1", "true"].includes(value));
  const isFalse = values.some((value) => ["0", "false"].includes(value));
  if (isTrue !== isFalse) return isTrue;
  throw new EngineError("invalid-argument", `invalid filter '${name}=[${values.join(" ")}]'`);
}

function withMatchingNames(image: Image, patterns: readonly string[] | undefined): readonly Image[] {
  if (patterns === undefined || patterns.length === 0) return [image];
  const globs = patterns.map(globToRegExp);
  const isWanted = (name: string): boolean => globs.some((glob) => glob.test(name) || glob.test(nameOnly(name)));
  const [repoTags, repoDigests] = [image.repoTags.filter(isWanted), image.repoDigests.filter(isWanted)];
  return repoTags.length + repoDigests.length > 0 ? [{ ...image, repoTags, repoDigests }] : [];
}

/** Go's `path.Match`: `*` and `?` stop at slashes. @throws EngineError internal, as in Docker, for a bad pattern */
function globToRegExp(glob: string): RegExp {
  const source = glob.replace(
    /\\(.)|\[(\^?)((?:\\.|[^\]\\])+)\]|\*|\?|[\s\S]/g,
    (token, escaped?: string, not?: string, set?: string) => {
      if (escaped !== undefined) return quoted(escaped);
      if (set !== undefined) return `[${not}${set.replace(/[[^]/g, "\\$&")}]`;
      if (token === "*") return "[^/]*";
      if (token === "?") return "[^/]";
      if (token === "[" || token === "\\") throw new EngineError("internal", "syntax error in pattern");
      return quoted(token);
    },
  );
  return new RegExp(`^${source}$`);
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function nameOnly(reference: string): string {
  const withoutDigest = reference.split("@")[0] as string;
  const colon = withoutDigest.indexOf(":", withoutDigest.lastIndexOf("/"));
  return colon < 0 ? withoutDigest : withoutDigest.slice(0, colon);
}
