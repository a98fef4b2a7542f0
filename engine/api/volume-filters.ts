import { EngineError } from "../base/errors.ts";
import { isAnonymousVolume, type Volume } from "../volumes/volume.ts";
import {
  checkFilterNames,
  type Filters,
  matchesExactly,
  matchesLabels,
  matchesPattern,
  parseFilters,
} from "../wire/filters.ts";

/** `GET /volumes`'s filters. @throws EngineError invalid-argument, in Docker's words */
export function parseVolumeFilters(text: string | null): Filters {
  let filters: Filters;
  try {
    filters = parseFilters(text);
  } catch (error) {
    throw new EngineError("invalid-argument", `error reading volume filters: ${(error as Error).message}`, {
      cause: error,
    });
  }
  checkFilterNames(filters, ["dangling", "driver", "label", "name"]);
  return filters;
}

/** `users`: how many containers have it. @throws EngineError invalid-argument `invalid filter 'dangling=[x]'` */
export function matchesVolume(volume: Volume, users: number, filters: Filters): boolean {
  const dangling = danglingOf(filters);
  return (
    (dangling === undefined || dangling === (users === 0)) &&
    matchesExactly(filters.get("driver"), volume.driver) &&
    matchesLabels(filters.get("label"), volume.labels ?? {}) &&
    matchesPattern(filters.get("name"), volume.name)
  );
}

function danglingOf(filters: Filters): boolean | undefined {
  const values = filters.get("dangling");
  if (values === undefined || values.length === 0) return undefined;
  const truths = values.map((value) => parseBoolean(value));
  const wrong = truths.includes(undefined) || new Set(truths).size > 1;
  if (wrong) throw new EngineError("invalid-argument", `invalid filter 'dangling=[${values.join(" ")}]'`);
  return truths[0];
}

/** Which volumes `POST /volumes/prune` may take. Before API 1.42 that was all of them. @throws EngineError invalid-argument */
export function prunable(
  text: string | null,
  options: { readonly allByDefault: boolean },
): (volume: Volume) => boolean {
  const filters = parseFilters(text);
  checkFilterNames(filters, ["label", "label!", "all"]);
  const wantsAll = allOf(filters) ?? options.allByDefault;
  return (volume) => {
    const labels = volume.labels ?? {};
    if (!wantsAll && !isAnonymousVolume(volume)) return false;
    if ((filters.get("label!") ?? []).some((label) => matchesLabels([label], labels))) return false;
    return matchesLabels(filters.get("label"), labels);
  };
}

function allOf(filters: Filters): boolean | undefined {
  const values = filters.get("all") ?? [];
  if (values.length === 0) return undefined;
  const [value = ""] = values;
  const all = parseBoolean(value);
  if (all !== undefined) return all;
  const reason = `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`;
  throw new EngineError("invalid-argument", `invalid filter 'all': ${reason}`);
}

/** Go's `strconv.ParseBool`. */
function parseBoolean(text: string): boolean | undefined {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  return ["0", "f", "F", "FALSE", "false", "False"].includes(text) ? false : undefined;
}
