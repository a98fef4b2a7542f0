/**
 * PAX extended header records: `<length> <key>=<value>\n`, the length counting itself.
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_03
 */
import { concat } from "../base/streams.ts";
import { decodePath, encodePath } from "./path-bytes.ts";
import { invalidTar, type TarHeader } from "./tar-header.ts";

/** Prefix of the keys that hold extended attributes; the value is binary. From star(5); Docker and containerd use it too. */
export const XATTR_PREFIX = "SCHILY.xattr.";

/** Values by key; a later record replaces an earlier one. @throws EngineError invalid-argument */
export function decodePax(bytes: Uint8Array): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const lengthText = space < 0 || space - at > 10 ? "" : decodePath(bytes.subarray(at, space));
    const end = /^[0-9]+$/.test(lengthText) ? at + Number(lengthText) : 0;
    const equals = bytes.indexOf(0x3d, space);
    if (end > bytes.length || equals < 0 || equals >= end - 1 || bytes[end - 1] !== 0x0a) {
      throw invalidTar("invalid PAX record");
    }
    const key = decodePath(bytes.subarray(space + 1, equals));
    if (key === "" || key.includes("\0")) throw invalidTar("invalid PAX record");
    records.set(key, bytes.slice(equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** Records sorted by key, so that equal content is equal bytes. */
export function encodePax(records: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const [key, value] of [...records].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const keyBytes = encodePath(key);
    const body = keyBytes.length + value.length + 3;
    let length = body + String(body).length;
    if (length !== body + String(length).length) length += 1;
    parts.push(encodePath(`${length} `), keyBytes, Uint8Array.of(0x3d), value, Uint8Array.of(0x0a));
  }
  return concat(parts);
}

/** `-12.5` as whole seconds, rounded down, and the nanoseconds above them. Digits past the ninth are dropped. */
function parsePaxTime(text: string): { seconds: number; nanoseconds: number } {
  const match = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text);
  const whole = Number(match?.[2]);
  if (!match || !Number.isSafeInteger(whole)) throw invalidTar(`invalid PAX time: ${text}`);
  const fraction = Number((match[3] ?? "").slice(0, 9).padEnd(9, "0"));
  if (match[1] === "") return { seconds: whole, nanoseconds: fraction };
  return fraction === 0 ? { seconds: 0 - whole, nanoseconds: 0 } : { seconds: -whole - 1, nanoseconds: 1e9 - fraction };
}

export function formatPaxTime(seconds: number, nanoseconds: number): string {
  if (nanoseconds === 0) return String(seconds);
  const fraction = (digits: number): string => String(digits).padStart(9, "0").replace(/0+$/, "");
  if (seconds >= 0) return `${seconds}.${fraction(nanoseconds)}`;
  return `-${-seconds - 1}.${fraction(1e9 - nanoseconds)}`;
}

/** @throws EngineError invalid-argument unless a decimal integer that a double holds exactly */
function parsePaxInteger(key: string, text: string): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) throw invalidTar(`invalid PAX ${key}: ${text}`);
  return value;
}

/** A header block with what only PAX knows. */
export type ExtendedHeader = TarHeader & { readonly mtimeNanoseconds: number };

/** PAX records replace fields of the block; an empty value means the record is not there. */
export function applyPax(header: TarHeader, records: ReadonlyMap<string, Uint8Array>): ExtendedHeader {
  const text = (key: string): string | undefined => {
    const value = records.get(key);
    return value === undefined || value.length === 0 ? undefined : decodePath(value);
  };
  const integer = (key: string, otherwise: number): number => {
    const value = text(key);
    return value === undefined ? otherwise : parsePaxInteger(key, value);
  };
  const mtime = text("mtime");
  const time = mtime === undefined ? { seconds: header.mtimeSeconds, nanoseconds: 0 } : parsePaxTime(mtime);
  const name = text("path") ?? header.name;
  return {
    ...header,
    name,
    link: text("linkpath") ?? header.link,
    size: integer("size", header.size),
    uid: integer("uid", header.uid),
    gid: integer("gid", header.gid),
    mtimeSeconds: time.seconds,
    mtimeNanoseconds: time.nanoseconds,
  };
}

/** Extended attributes, by name. */
export function xattrsOf(
  records: ReadonlyMap<string, Uint8Array>,
): readonly (readonly [name: string, value: Uint8Array])[] {
  if (records.size === 0) return [];
  return [...records]
    .filter(([key]) => key.startsWith(XATTR_PREFIX) && key.length > XATTR_PREFIX.length)
    .map(([key, value]) => [key.slice(XATTR_PREFIX.length), value] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** GNU tar's way to leave holes out of a file, which we cannot put back. */
export function hasSparseRecords(records: ReadonlyMap<string, Uint8Array>): boolean {
  for (const key of records.keys()) if (key.startsWith("GNU.sparse.")) return true;
  return false;
}
