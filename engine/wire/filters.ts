import { EngineError } from "../base/errors.ts";

/** `--filter` as it travels in the query: names, each with the values that were asked for. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/**
 * Reads both encodings: `{"label":{"a=b":true}}` and the older `{"label":["a=b"]}`. Missing or empty is no filter.
 * @throws EngineError invalid-argument
 */
export function parseFilters(text: string | null): Filters {
  if (text === null || text === "") return new Map();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new EngineError("invalid-argument", "invalid filter", { cause });
  }
  if (parsed === null) return new Map();
  if (typeof parsed !== "object" || Array.isArray(parsed)) throw new EngineError("invalid-argument", "invalid filter");
  return new Map(Object.entries(parsed).map(([name, values]) => [name, valuesOf(values)]));
}

function valuesOf(values: unknown): readonly string[] {
  if (Array.isArray(values) && values.every((value): value is string => typeof value === "string")) return values;
  const isMap = values === null || (typeof values === "object" && !Array.isArray(values));
  const entries = isMap ? Object.entries((values ?? {}) as Record<string, unknown>) : [];
  // `false` is a value that was asked for too: Docker looks at the names only.
  if (!isMap || !entries.every(([, wanted]) => wanted === null || typeof wanted === "boolean"))
    throw new EngineError("invalid-argument", "invalid filter");
  return entries.map(([value]) => value);
}

/** The newer encoding; undefined when there is nothing to ask for. */
export function encodeFilters(filters: Filters): string | undefined {
  if (filters.size === 0) return undefined;
  const entries = [...filters].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(
    Object.fromEntries(
      entries.map(([name, values]) => [name, Object.fromEntries(values.map((value) => [value, true]))]),
    ),
  );
}

/** @throws EngineError invalid-argument `invalid filter 'x'` for a name that the endpoint does not know */
export function checkFilterNames(filters: Filters, known: readonly string[]): void {
  for (const name of filters.keys()) {
    if (!known.includes(name)) throw new EngineError("invalid-argument", `invalid filter '${name}'`);
  }
}

/** Docker's `label=key` and `label=key=value`: every value asked for must be there. */
export function matchesLabels(
  wanted: readonly string[] | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (wanted ?? []).every((item) => {
    const equals = item.indexOf("=");
    const key = equals < 0 ? item : item.slice(0, equals);
    return Object.hasOwn(labels, key) && (equals < 0 || labels[key] === item.slice(equals + 1));
  });
}

/** Docker's loose match: equal, or found as a regular expression. No value asked for matches everything. */
export function matchesPattern(wanted: readonly string[] | undefined, ...sources: readonly string[]): boolean {
  if (wanted === undefined || wanted.length === 0) return true;
  return wanted.some((value) =>
    sources.some((source) => source === value || regularExpression(value)?.test(source) === true),
  );
}

function regularExpression(text: string): RegExp | undefined {
  try {
    return new RegExp(text);
  } catch {
    return undefined;
  }
}

/** Equal to one of the values asked for; none asked for matches everything. */
export function matchesExactly(wanted: readonly string[] | undefined, ...sources: readonly string[]): boolean {
  return wanted === undefined || wanted.length === 0 || wanted.some((value) => sources.includes(value));
}
