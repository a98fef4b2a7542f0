import { encodeFilters } from "../wire/filters.ts";

/** Values of `--filter` (`name=value`, checked by the flag) for the query. */
export function filterQuery(values: readonly string[]): string | undefined {
  const filters = new Map<string, string[]>();
  for (const item of values.filter((value) => value !== "")) {
    const equals = item.indexOf("=");
    const name = item.slice(0, equals);
    filters.set(name, [...(filters.get(name) ?? []), item.slice(equals + 1)]);
  }
  return encodeFilters(filters);
}
