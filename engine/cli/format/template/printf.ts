import { goQuote } from "../../flags/go-values.ts";
import { formatNumber, formatValue, type Value } from "./value.ts";

const DIRECTIVE = /%(?<flags>[-+# 0]*)(?<width>\d*)(?:\.(?<precision>\d+))?(?<verb>[a-zA-Z%])/g;

interface Directive {
  readonly flags: string;
  readonly width: string;
  readonly precision?: string;
  readonly verb: string;
}

/** `fmt.Sprintf` with the verbs that people use: `%s %d %v %q %t %x %f %T`, with flags, width and precision. */
export function printf(format: string, values: readonly Value[]): string {
  const rest = [...values];
  let text = "";
  let end = 0;
  for (const match of format.matchAll(DIRECTIVE)) {
    text += format.slice(end, match.index);
    end = match.index + match[0].length;
    text += directiveText(match.groups as unknown as Directive, rest);
  }
  text += format.slice(end);
  if (rest.length === 0) return text;
  return `${text}%!(EXTRA ${rest.map((value) => `${goType(value)}=${formatValue(value)}`).join(", ")})`;
}

/** Takes its value off the front of `values`. */
function directiveText(directive: Directive, values: Value[]): string {
  const { flags, width, verb } = directive;
  if (verb === "%") return "%";
  if (values.length === 0) return `%!${verb}(MISSING)`;
  const value = values.shift();
  const body = VERBS[verb]?.(value, directive) ?? `%!${verb}(${goType(value)}=${formatValue(value)})`;
  if (flags.includes("-")) return body.padEnd(Number(width));
  return body.padStart(Number(width), flags.includes("0") && typeof value === "number" ? "0" : " ");
}

/** Undefined: the verb does not fit the value. */
type Verb = (value: Value, directive: Directive) => string | undefined;

const asText = (value: Value): string => (typeof value === "string" ? value : formatValue(value));
const isNumber = (value: Value): value is number | bigint => typeof value === "number" || typeof value === "bigint";
const hex: Verb = (value) =>
  isNumber(value)
    ? value.toString(16)
    : Array.from(new TextEncoder().encode(asText(value)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const fixed: Verb = (value, { precision = "6" }) =>
  typeof value === "number" ? value.toFixed(Number(precision)) : undefined;
const general: Verb = (value) => (typeof value === "number" ? formatNumber(value) : undefined);

const VERBS: Readonly<Record<string, Verb>> = {
  v: (value) => formatValue(value),
  s: (value, { precision }) => {
    if (isNumber(value) || typeof value === "boolean") return undefined;
    return precision === undefined ? asText(value) : asText(value).slice(0, Number(precision));
  },
  q: (value) =>
    Array.isArray(value) ? `[${value.map((item) => goQuote(formatValue(item))).join(" ")}]` : goQuote(asText(value)),
  d: (value, { flags }) =>
    isNumber(value) ? `${flags.includes("+") && value >= 0 ? "+" : ""}${formatValue(value)}` : undefined,
  t: (value) => (typeof value === "boolean" ? String(value) : undefined),
  x: hex,
  X: (value, directive) => hex(value, directive)?.toUpperCase(),
  f: fixed,
  F: fixed,
  g: general,
  e: general,
  T: (value) => goType(value),
};

/** Go's name of a value's type, as near as JSON tells. */
export function goType(value: Value): string {
  if (typeof value === "string") return "string";
  if (isNumber(value)) return "int";
  if (typeof value === "boolean") return "bool";
  if (Array.isArray(value)) return "[]string";
  return value instanceof Map ? "map[string]string" : "struct";
}
