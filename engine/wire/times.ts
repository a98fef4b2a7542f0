import { EngineError } from "../base/errors.ts";

/** Go's and Docker's ways to write a moment, with nanoseconds where JavaScript has milliseconds. */

/** How Go writes "never" (`time.Time{}`). */
const ZERO_TIME = "0001-01-01T00:00:00Z";

const RFC3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/;

/** Nanoseconds since 1970 of an RFC 3339 time, or undefined when it is not one. */
export function parseRfc3339Ns(text: string): bigint | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, date, time, fraction = "", zone = "Z"] = match;
  const milliseconds = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, "0") || "0");
}

/** Milliseconds since 1970; undefined for never and for what is not a time. */
export function parseTimeMs(text: string): number | undefined {
  if (text === "" || text === ZERO_TIME) return undefined;
  const ns = parseRfc3339Ns(text);
  return ns === undefined ? undefined : Number(ns / 1_000_000n);
}

/** `2026-11-21T02:10:13.330130492Z`: always nine digits, as in `docker logs -t`. */
export function formatTimeNs(ns: bigint): string {
  const seconds = floorDivide(ns, 1_000_000_000n);
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${date}.${String(ns - seconds * 1_000_000_000n).padStart(9, "0")}Z`;
}

/** `2026-11-21 02:10:10 +0000 UTC`: Go's `Time.String()` for whole seconds, the guest's zone being UTC. */
export function formatGoTime(unixSeconds: number): string {
  return `${new Date(unixSeconds * 1000).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;
}

/** `1700000000.000000005`, the form in which clients send `since` and `until`. */
export function formatUnixNs(ns: bigint): string {
  const seconds = floorDivide(ns, 1_000_000_000n);
  const rest = ns - seconds * 1_000_000_000n;
  return rest === 0n ? String(seconds) : `${seconds}.${String(rest).padStart(9, "0")}`;
}

/** Nanoseconds of `1700000000`, `1700000000.5`, or an RFC 3339 time; undefined when it is neither. */
export function parseUnixNs(text: string): bigint | undefined {
  const match = /^(-?\d+)(?:\.(\d{1,9})\d*)?$/.exec(text);
  if (match === null) return parseRfc3339Ns(text);
  return BigInt(match[1] as string) * 1_000_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
}

/**
 * Nanoseconds of a `since` or `until` of the API: seconds since 1970, `1700000000.5` with their fraction.
 * @throws EngineError internal, in Go's words, for everything else
 */
export function parseTimestamp(text: string): bigint {
  const match = /^([+-]?\d+)(?:\.(\d{0,9})\d*)?$/.exec(text);
  if (match === null)
    throw new EngineError(
      "internal",
      `strconv.ParseInt: parsing ${JSON.stringify(text.split(".", 1)[0])}: invalid syntax`,
    );
  return BigInt(match[1] as string) * 1_000_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}
