/**
 * JSON as Go's `encoding/json` writes it: `<`, `>`, `&` and the two line separators are escaped, bigints are plain numbers, fields
 * that are undefined are left out. With `indent` it is `json.MarshalIndent`.
 */
export function encodeGoJson(value: unknown, indent = ""): string {
  return encode(value, indent, "\n");
}

const ESCAPES: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
  "\b": "\\u0008",
  "\f": "\\u000c",
};

function encode(value: unknown, indent: string, newline: string): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "string") return encodeText(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const colon = indent === "" ? ":" : ": ";
  const items = Array.isArray(value)
    ? value.map((item: unknown) => encode(item, indent, newline + indent))
    : entriesOf(value).map(([key, item]) => `${encodeText(key)}${colon}${encode(item, indent, newline + indent)}`);
  if (items.length === 0) return `${open}${close}`;
  if (indent === "") return `${open}${items.join(",")}${close}`;
  return `${open}${newline}${indent}${items.join(`,${newline}${indent}`)}${newline}${close}`;
}

/** A struct's fields in their order, a map's sorted by key. */
function entriesOf(value: object): (readonly [string, unknown])[] {
  if (value instanceof Map) return [...(value as Map<string, unknown>)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.entries(value).filter(([, item]) => item !== undefined);
}

function encodeText(text: string): string {
  // JSON.stringify has dealt with \b and \f: they appear as two characters here, so they are looked for in the input.
  const json = JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => ESCAPES[character] as string);
  return /[\b\f]/.test(text)
    ? json.replace(/(\\\\)|\\([bf])/g, (all, slash, letter) => (slash ? all : letter === "b" ? "\\u0008" : "\\u000c"))
    : json;
}
