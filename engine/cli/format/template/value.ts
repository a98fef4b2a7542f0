/**
 * Go values for templates: strings, numbers, bigints, booleans, arrays, `Map`s for Go's maps, plain objects for structs, and functions
 * without parameters for methods.
 */
import { encodeGoJson } from "../../../wire/go-json.ts";

export type Value = unknown;

/** Go's nil slice and nil map: they print as empty ones, and are `null` in JSON. */
export const NIL_LIST: readonly never[] = Object.freeze([]);
export const NIL_MAP: ReadonlyMap<string, unknown> = new Map();

/** `fmt`'s `%v`. */
export function formatValue(value: Value): string {
  if (value === undefined) return "<no value>";
  return formatNested(value);
}

function formatNested(value: Value): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(formatNested).join(" ")}]`;
  if (value instanceof Map)
    return `map[${sortedEntries(value)
      .map(([key, item]) => `${key}:${formatNested(item)}`)
      .join(" ")}]`;
  if (typeof value === "function") return formatNested((value as () => Value)());
  if (typeof value === "object") return `{${Object.values(value).map(formatNested).join(" ")}}`;
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "string") return value;
  return typeof value === "boolean" || typeof value === "bigint" ? String(value) : "";
}

/** Integers plainly; floats as `%v` does, with an exponent from 1e21 on. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  return String(value).replace(/e([+-])(\d)$/, "e$10$2");
}

/** Go's maps are ranged over and printed in the order of their keys. */
export function sortedEntries(map: ReadonlyMap<unknown, unknown>): readonly (readonly [string, unknown])[] {
  return [...map]
    .map(([key, item]) => [String(key), item] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** What `if` and `with` think of it. */
export function isTrue(value: Value): boolean {
  if (value === null || value === undefined) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (typeof value === "bigint") return value !== 0n;
  return typeof value === "object" || Boolean(value);
}

/** As `encoding/json` writes it. */
export function toJson(value: Value, indent = ""): string {
  return encodeGoJson(plain(value), indent);
}

function plain(value: Value): unknown {
  if (value === NIL_LIST || value === NIL_MAP || value === undefined) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map(sortedEntries(value).map(([key, item]) => [key, plain(item)]));
  if (typeof value === "function") return plain((value as () => Value)());
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return value;
}
