import { EngineError } from "../base/errors.ts";

/** IPv4 and IPv6 addresses as numbers, and networks of them. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

export interface Cidr {
  readonly family: 4 | 6;
  /** First address. */
  readonly base: bigint;
  readonly prefixLength: number;
  readonly size: bigint;
}

const BITS = { 4: 32, 6: 128 } as const;

/** undefined when it is neither a dotted quad nor an IPv6 address (RFC 4291; no zone). */
export function tryParseAddress(text: string): Address | undefined {
  const value = text.includes(":") ? parseSix(text) : parseFour(text);
  return value === undefined ? undefined : { family: text.includes(":") ? 6 : 4, value };
}

/** @throws EngineError invalid-argument */
export function parseAddress(text: string): Address {
  const address = tryParseAddress(text);
  if (address === undefined) throw new EngineError("invalid-argument", `invalid IP address: ${text}`);
  return address;
}

function parseFour(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseSix(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groupsOf);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => 0), ...(tail ?? [])];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** `a:b:1.2.3.4` as numbers of 16 bits. */
function groupsOf(half: string): readonly number[] | undefined {
  if (half === "") return [];
  const groups: number[] = [];
  const parts = half.split(":");
  for (const [index, part] of parts.entries()) {
    const four = index === parts.length - 1 && part.includes(".") ? parseFour(part) : undefined;
    if (four !== undefined) groups.push(Number(four >> 16n), Number(four & 0xffffn));
    else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** IPv6 as RFC 5952 wants it. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16));
  let run = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length > run.length && length > 1) run = { start, length };
  }
  if (run.length === 0) return groups.join(":");
  return `${groups.slice(0, run.start).join(":")}::${groups.slice(run.start + run.length).join(":")}`;
}

/** `10.9.0.7/24`, as written: undefined when it is none. */
export function tryParsePrefix(text: string): { readonly address: Address; readonly cidr: Cidr } | undefined {
  const [before = "", length = "", ...rest] = text.split("/");
  const address = tryParseAddress(before);
  const prefixLength = Number(length);
  if (address === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  if (prefixLength > BITS[address.family]) return undefined;
  const size = 1n << BigInt(BITS[address.family] - prefixLength);
  return {
    address,
    cidr: { family: address.family, base: address.value - (address.value % size), prefixLength, size },
  };
}

/** `10.9.0.0/24`; host bits are cleared. @throws EngineError invalid-argument */
export function parseCidr(text: string): Cidr {
  const prefix = tryParsePrefix(text);
  if (prefix === undefined)
    throw new EngineError("invalid-argument", `invalid subnet ${text}: invalid CIDR block notation`);
  return prefix.cidr;
}

export function formatCidr({ family, base, prefixLength }: Cidr): string {
  return `${formatAddress({ family, value: base })}/${prefixLength}`;
}

export function contains(cidr: Cidr, { family, value }: Address): boolean {
  return family === cidr.family && value >= cidr.base && value < cidr.base + cidr.size;
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.family === b.family && a.base < b.base + b.size && b.base < a.base + a.size;
}

/** The last address. */
export function broadcastOf({ family, base, size }: Cidr): Address {
  return { family, value: base + size - 1n };
}

/** Network order, 4 or 16 bytes. */
export function addressBytes(text: string): Uint8Array {
  const { family, value } = parseAddress(text);
  const bytes = BITS[family] / 8;
  return Uint8Array.from({ length: bytes }, (_, index) => Number((value >> BigInt((bytes - 1 - index) * 8)) & 0xffn));
}

/** `02:42:ac:11:00:02` */
export function macBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
}

/** Docker's classic choice, locally administered and made of the address: a neighbour's stale ARP entry stays right. */
export function macOfAddress({ value }: Address): string {
  const octets = [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 0xffn).toString(16).padStart(2, "0"));
  return ["02", "42", ...octets].join(":");
}
