import { EngineError } from "../base/errors.ts";

/** IPv4 addresses as numbers, and networks of them. */
export interface Cidr {
  /** First address. */
  readonly base: number;
  readonly prefixLength: number;
  readonly size: number;
}

/** undefined when it is not a dotted quad. */
function tryParseAddress(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((value, part) => value * 256 + Number(part), 0);
}

/** @throws EngineError invalid-argument */
export function parseAddress(text: string): number {
  const address = tryParseAddress(text);
  if (address === undefined) throw new EngineError("invalid-argument", `invalid IP address: ${text}`);
  return address;
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}

/** `10.9.0.0/24`; host bits are cleared. @throws EngineError invalid-argument */
export function parseCidr(text: string): Cidr {
  const [address = "", length = ""] = text.split("/", 2);
  const prefixLength = Number(length);
  const base = tryParseAddress(address);
  if (base === undefined || !/^\d{1,2}$/.test(length) || prefixLength > 32) {
    throw new EngineError("invalid-argument", `invalid subnet ${text}: invalid CIDR block notation`);
  }
  const size = 2 ** (32 - prefixLength);
  return { base: base - (base % size), prefixLength, size };
}

export function formatCidr({ base, prefixLength }: Cidr): string {
  return `${formatAddress(base)}/${prefixLength}`;
}

export function contains(cidr: Cidr, address: number): boolean {
  return address >= cidr.base && address < cidr.base + cidr.size;
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.base < b.base + b.size && b.base < a.base + a.size;
}

export function broadcastOf({ base, size }: Cidr): number {
  return base + size - 1;
}

/** Network order. */
export function addressBytes(text: string): Uint8Array {
  const address = parseAddress(text);
  return Uint8Array.of(address >>> 24, (address >>> 16) & 0xff, (address >>> 8) & 0xff, address & 0xff);
}

/** `02:42:ac:11:00:02` */
export function macBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
}

/** Docker's classic choice, locally administered and made of the address: a neighbour's stale ARP entry stays right. */
export function macOfAddress(address: number): string {
  return [
    "02",
    "42",
    ...[24, 16, 8, 0].map((shift) => ((address >>> shift) & 0xff).toString(16).padStart(2, "0")),
  ].join(":");
}
