import { formatUnixNs, parseRfc3339Ns } from "../wire/times.ts";
import { parseGoDuration } from "./flags/go-values.ts";

/** Forms of `--since`: `2013-01-02T13:23:37`, without seconds, minutes, hours; a zone may follow. */
const LOCAL = /^(\d{4}-\d\d-\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(\.\d{1,9})?)?)?)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * A moment as Docker's clients send it: seconds since 1970, with nanoseconds when there are any. `42m` is so long ago; a number is
 * passed on. Undefined when it is none of these. The guest's zone is UTC.
 */
export function parseMoment(text: string, nowMs: number): string | undefined {
  const duration = tryDuration(text);
  if (duration !== undefined) return String(Math.floor((nowMs * 1e6 - duration) / 1e9));
  const match = LOCAL.exec(text);
  if (match !== null) {
    const [, date, hours = "00", minutes = "00", seconds = "00", fraction = "", zone = "Z"] = match;
    const ns = parseRfc3339Ns(`${date}T${hours}:${minutes}:${seconds}${fraction}${zone}`);
    return ns === undefined ? undefined : withNanoseconds(formatUnixNs(ns));
  }
  return /^\d+(\.\d{1,9})?$/.test(text) ? text : undefined;
}

/** Docker's clients always write nine digits for a date. */
function withNanoseconds(text: string): string {
  return text.includes(".") ? text : `${text}.000000000`;
}

function tryDuration(text: string): number | undefined {
  try {
    return parseGoDuration(text);
  } catch {
    return undefined;
  }
}
