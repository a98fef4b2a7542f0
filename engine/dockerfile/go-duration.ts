/** Go's `time.ParseDuration`. */
import { EngineError } from "../base/errors.ts";
import { quote } from "./go-text.ts";

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "\u00b5s": 1e3,
  "\u03bcs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const PART = /(\d+\.?\d*|\.\d+)([^\d.]*)/y;
/** 2^63 nanoseconds are more than Go can hold. */
const MAX_NANOSECONDS = 2 ** 63;

/** `1m30s`, `-1.5h`, `0`, in nanoseconds. @throws EngineError in Go's words */
export function parseDuration(text: string): number {
  const invalid = (): EngineError => new EngineError("invalid-argument", `time: invalid duration ${quote(text)}`);
  const [sign, rest] = /^[+-]/.test(text) ? [text[0], text.slice(1)] : ["", text];
  if (rest === "0") return 0;
  if (rest === "") throw invalid();
  let nanoseconds = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < rest.length) {
    const [, number = "", unit = ""] = PART.exec(rest) ?? [];
    if (number === "") throw invalid();
    if (unit === "") throw new EngineError("invalid-argument", `time: missing unit in duration ${quote(text)}`);
    const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (factor === undefined)
      throw new EngineError("invalid-argument", `time: unknown unit ${quote(unit)} in duration ${quote(text)}`);
    nanoseconds += Number(number) * factor;
  }
  if (nanoseconds >= MAX_NANOSECONDS) throw invalid();
  return Math.trunc(sign === "-" ? -nanoseconds : nanoseconds);
}
