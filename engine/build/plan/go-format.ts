/** Texts as Go's `fmt` makes them: BuildKit's history and errors have them. */
import { quote } from "../../dockerfile/go-text.ts";

/** `%q` of a list: `["a" "b"]`. */
export function goQuoteList(words: readonly string[]): string {
  return `[${words.map(quote).join(" ")}]`;
}

/** `%q` of a number, which Go takes for a letter: `'\x03'`. */
export function goQuoteRune(value: number): string {
  const named: Readonly<Record<number, string>> = {
    7: "\\a",
    8: "\\b",
    9: "\\t",
    10: "\\n",
    11: "\\v",
    12: "\\f",
    13: "\\r",
    39: "\\'",
    92: "\\\\",
  };
  if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return "'\ufffd'";
  const isPlain = value >= 0x20 && value !== 0x7f;
  return `'${named[value] ?? (isPlain ? String.fromCodePoint(value) : `\\x${value.toString(16).padStart(2, "0")}`)}'`;
}

/** `Duration.String`: `1m30s`, `0s`, `1.5s`, `250ms`. */
export function formatGoDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}\u00b5s`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const seconds = nanoseconds / 1e9;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60)];
  const rest = `${Number((seconds - minutes * 60).toFixed(9))}s`;
  if (hours > 0) return `${hours}h${minutes % 60}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
