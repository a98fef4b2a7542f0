/**
 * The 512-byte header block of a tar file, in the dialects ustar, GNU and V7.
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html (ustar), https://www.gnu.org/software/tar/manual/html_node/Standard.html
 *
 *     name 0+100 | mode 100+8 | uid 108+8 | gid 116+8 | size 124+12 | mtime 136+12 | checksum 148+8 | type 156 | link 157+100
 *     magic 257+6 | version 263+2 | uname 265+32 | gname 297+32 | major 329+8 | minor 337+8 | prefix 345+155 | 500+12
 */
import { EngineError } from "../base/errors.ts";
import { decodePath, encodePath } from "./path-bytes.ts";

export const BLOCK_BYTES = 512;

/** The fields of one block, before extended headers are applied. */
export interface TarHeader {
  /** The type flag's character; NUL is given as "0". */
  readonly flag: string;
  readonly name: string;
  readonly link: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly major: number;
  readonly minor: number;
}

/** A complaint about the bytes of a tar file. */
export function invalidTar(detail: string): EngineError {
  return new EngineError("invalid-argument", `archive/tar: ${detail}`);
}

/** @throws EngineError invalid-argument: wrong checksum or a field that is no number */
export function decodeTarHeader(block: Uint8Array): TarHeader {
  if (!checksumMatches(block)) throw invalidTar("invalid tar header");
  const magic = ascii(block, 257, 8);
  const isUstar = magic.startsWith("ustar\0");
  const hasDevices = isUstar || magic === "ustar  \0";
  const flagCode = block[156] as number;
  const name = text(block, 0, 100);
  const prefix = isUstar ? text(block, 345, ascii(block, 508, 4) === "tar\0" ? 131 : 155) : "";
  const trailingSlash = flagCode === 0 && name.endsWith("/");
  return {
    flag: trailingSlash ? "5" : flagCode === 0 ? "0" : String.fromCharCode(flagCode),
    name: prefix === "" ? name : `${prefix}/${name}`,
    link: text(block, 157, 100),
    mode: number(block, 100, 8, "mode") & 0o7777,
    uid: number(block, 108, 8, "uid"),
    gid: number(block, 116, 8, "gid"),
    size: number(block, 124, 12, "size"),
    mtimeSeconds: number(block, 136, 12, "mtime"),
    major: hasDevices ? number(block, 329, 8, "devmajor") : 0,
    minor: hasDevices ? number(block, 337, 8, "devminor") : 0,
  };
}

/** A ustar block. Throws a RangeError when something does not fit: the caller writes an extended header and shortens first. */
export function encodeTarHeader(header: TarHeader): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK_BYTES);
  const { prefix, name } = splitName(header.name);
  put(block, 0, 100, name);
  put(block, 345, 155, prefix);
  put(block, 157, 100, encodePath(header.link));
  putOctal(block, 100, 8, header.mode);
  putOctal(block, 108, 8, header.uid);
  putOctal(block, 116, 8, header.gid);
  putOctal(block, 124, 12, header.size);
  putOctal(block, 136, 12, header.mtimeSeconds);
  putOctal(block, 329, 8, header.major);
  putOctal(block, 337, 8, header.minor);
  block[156] = header.flag.charCodeAt(0);
  put(block, 257, 8, encodePath("ustar\u000000"));
  block.fill(0x20, 148, 156);
  put(block, 148, 8, encodePath(`${checksum(block).toString(8).padStart(6, "0")}\0 `));
  return block;
}

/** The largest number of an octal field of this many bytes. */
export const octalLimit = (bytes: number): number => 8 ** (bytes - 1) - 1;

/** Whether a name fits the name and prefix fields. */
export function nameFits(name: string): boolean {
  const bytes = encodePath(name);
  return bytes.length <= 100 || splitPoint(bytes) > 0;
}

export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

function splitName(name: string): { prefix: Uint8Array; name: Uint8Array } {
  const bytes = encodePath(name);
  if (bytes.length <= 100) return { prefix: new Uint8Array(0), name: bytes };
  const at = splitPoint(bytes);
  if (at <= 0) throw new RangeError(`name does not fit a tar header: ${name}`);
  return { prefix: bytes.subarray(0, at), name: bytes.subarray(at + 1) };
}

/** Where to cut: the last slash that leaves a prefix of at most 155 bytes and a name of 1 to 100; 0 when there is none. */
function splitPoint(bytes: Uint8Array): number {
  const at = bytes.lastIndexOf(0x2f, Math.min(155, bytes.length - 2));
  return at > 0 && bytes.length - at - 1 <= 100 ? at : 0;
}

function checksum(block: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < BLOCK_BYTES; at += 1) sum += at >= 148 && at < 156 ? 0x20 : (block[at] as number);
  return sum;
}

/** Some old programs summed signed bytes. */
function checksumMatches(block: Uint8Array): boolean {
  const expected = number(block, 148, 8, "checksum");
  const sum = checksum(block);
  if (sum === expected) return true;
  let high = 0;
  for (let at = 0; at < BLOCK_BYTES; at += 1) if ((block[at] as number) >= 0x80 && (at < 148 || at >= 156)) high += 256;
  return high > 0 && sum - high === expected;
}

function text(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return decodePath(end < 0 ? field : field.subarray(0, end));
}

function ascii(block: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...block.subarray(at, at + length));
}

/** Octal text padded with NULs and spaces, or GNU's base 256 (first bit set, two's complement). */
function number(block: Uint8Array, at: number, length: number, field: string): number {
  if (((block[at] as number) & 0x80) !== 0) return base256(block, at, length, field);
  let value = 0;
  let state: "before" | "digits" | "after" = "before";
  for (let index = at; index < at + length; index += 1) {
    const byte = block[index] as number;
    const isDigit = byte >= 0x30 && byte <= 0x37;
    const isPadding = byte === 0x20 || byte === 0;
    if (isDigit && state !== "after") {
      value = value * 8 + byte - 0x30;
      state = "digits";
    } else if (isPadding) {
      if (state === "digits") state = "after";
    } else throw invalidTar(`invalid tar header: ${field} is no octal number`);
  }
  return value;
}

function base256(block: Uint8Array, at: number, length: number, field: string): number {
  const negative = ((block[at] as number) & 0x40) !== 0;
  let value = BigInt((block[at] as number) & 0x7f);
  for (let index = at + 1; index < at + length; index += 1) value = (value << 8n) | BigInt(block[index] as number);
  const result = Number(negative ? BigInt.asIntN(length * 8 - 1, value) : value);
  if (!Number.isSafeInteger(result)) throw invalidTar(`invalid tar header: ${field} is out of range`);
  return result;
}

function put(block: Uint8Array, at: number, length: number, bytes: Uint8Array): void {
  if (bytes.length > length) throw new RangeError("text does not fit its tar header field");
  block.set(bytes, at);
}

function putOctal(block: Uint8Array, at: number, length: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > octalLimit(length))
    throw new RangeError(`${value} does not fit a tar header`);
  put(block, at, length, encodePath(value.toString(8).padStart(length - 1, "0")));
}
