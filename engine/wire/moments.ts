import { EngineError } from "../base/errors.ts";
import { parseRfc3339Ns } from "./times.ts";

const NS_PER_UNIT: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };
const DURATION = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h)/;
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g;
/** `2026`, `2026-11-21`, `2026-11-21T10`, `…T10:15`, `…T10:15:00.5`, each with or without a zone. */
const DATE = /^(\d{4}-\d\d-\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d{1,9})?))?)?)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * The `until` filter of prune: a moment, or how long ago. After moby `api/types/time` `GetTimestamp`; the guest's zone is UTC.
 * @param nowMs milliseconds since 1970
 * @returns milliseconds since 1970
 * @throws EngineError internal, as in Docker: `failed to parse value as time or duration: "x"`
 */
export function parseMomentMs(text: string, nowMs: number): number {
  if (DURATION.test(text) && text.replace(/^[+-]/, "").replace(PART, "") === "") {
    const ns = [...text.matchAll(PART)].reduce(
      (sum, [, n, unit]) => sum + Number(n) * (NS_PER_UNIT[unit ?? ""] ?? 0),
      0,
    );
    return nowMs - (text.startsWith("-") ? -ns : ns) / 1e6;
  }
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const [, date, hours = "00", minutes = "00", seconds = "00", zone = "Z"] = DATE.exec(text) ?? [];
  const ns = date === undefined ? undefined : parseRfc3339Ns(`${date}T${hours}:${minutes}:${seconds}${zone}`);
  if (ns === undefined)
    throw new EngineError("internal", `failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return Number(ns / 1_000_000n);
}
