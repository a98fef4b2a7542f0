/** The functions of Go's `text/template` and those that Docker adds. */
import { goType, printf } from "./printf.ts";
import { formatValue, isTrue, NIL_LIST, NIL_MAP, toJson, type Value } from "./value.ts";

export type TemplateFunction = (...values: readonly Value[]) => Value;

const text = (value: Value): string => (typeof value === "string" ? value : formatValue(value));

export const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  // Go's
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
  not: (value) => !isTrue(value),
  eq: (first, ...others) => others.some((other) => compare(first, other) === 0),
  ne: (left, right) => compare(left, right) !== 0,
  lt: (left, right) => compare(left, right) < 0,
  le: (left, right) => compare(left, right) <= 0,
  gt: (left, right) => compare(left, right) > 0,
  ge: (left, right) => compare(left, right) >= 0,
  len: lengthOf,
  index: (value, ...keys) => keys.reduce((item, key) => indexOne(item, key), value),
  slice: (value, from = 0, to = lengthOf(value)) => (value as string | unknown[]).slice(Number(from), Number(to)),
  print: (...values) => printAll(values),
  println: (...values) => `${values.map(formatValue).join(" ")}\n`,
  printf: (format, ...values) => printf(text(format), values),
  html: (...values) => printAll(values).replace(/[&<>"'\0]/g, (character) => ENTITIES[character] as string),
  urlquery: (...values) => encodeURIComponent(printAll(values)).replaceAll("%20", "+"),
  js: (...values) =>
    printAll(values).replace(
      /[\\'"<>&=\n]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`,
    ),
  // Docker's
  json: (value) => toJson(value),
  split: (value, separator) => text(value).split(text(separator)),
  join: (list, separator) => (Array.isArray(list) ? list.map(formatValue).join(text(separator)) : fail("join", list)),
  title: (value) =>
    text(value).replace(
      /(^|[^\p{L}\p{N}_'])(\p{L})/gu,
      (_, before: string, letter: string) => before + letter.toUpperCase(),
    ),
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  pad: (value, before, after) =>
    text(value) === "" ? "" : " ".repeat(Number(before)) + text(value) + " ".repeat(Number(after)),
  truncate: (value, length) => Array.from(text(value)).slice(0, Number(length)).join(""),
};

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
  "\0": "\uFFFD",
};

function fail(name: string, value: Value): never {
  throw new Error(`wrong type for value; expected []string; got ${goType(value)} in ${name}`);
}

function compare(left: Value, right: Value): number {
  if (typeof left !== typeof right || (typeof left === "object" && left !== null)) {
    if (left === null || right === null || left === undefined || right === undefined)
      return (left ?? null) === (right ?? null) ? 0 : 1;
    throw new Error("incompatible types for comparison");
  }
  if (left === right) return 0;
  return (left as string) < (right as string) ? -1 : 1;
}

function lengthOf(value: Value): number {
  if (typeof value === "string") return new TextEncoder().encode(value).length;
  if (Array.isArray(value)) return value.length;
  if (value instanceof Map) return value.size;
  throw new Error(value === null || value === undefined ? "len of nil pointer" : `len of type ${goType(value)}`);
}

function indexOne(value: Value, key: Value): Value {
  if (value instanceof Map) return value.has(key) ? value.get(key) : value === NIL_MAP ? "" : zeroLike(value);
  if (Array.isArray(value) || typeof value === "string") {
    if (typeof key !== "number") throw new Error(`cannot index slice/array with type ${goType(key)}`);
    if (key < 0 || key >= value.length) throw new Error(`index out of range: ${key}`);
    return typeof value === "string" ? value.charCodeAt(key) : (value[key] as Value);
  }
  if (value === null || value === undefined) throw new Error("index of untyped nil");
  throw new Error(`can't index item of type ${goType(value)}`);
}

/** What a missing key gives: the zero value of the map's element, as far as its other elements tell. */
function zeroLike(map: ReadonlyMap<unknown, unknown>): Value {
  const [sample] = map.values();
  if (typeof sample === "number") return 0;
  if (Array.isArray(sample)) return NIL_LIST;
  return sample === undefined || typeof sample === "string" ? "" : null;
}

/** `fmt.Sprint`: blanks only between operands that are not strings. */
function printAll(values: readonly Value[]): string {
  return values
    .map((value, index) => {
      const before = values[index - 1];
      const blank = index > 0 && typeof value !== "string" && typeof before !== "string" ? " " : "";
      return blank + formatValue(value);
    })
    .join("");
}
