import { EngineError } from "../base/errors.ts";
import {
  type Address,
  broadcastOf,
  type Cidr,
  contains,
  formatAddress,
  formatCidr,
  overlaps,
  parseAddress,
  parseCidr,
} from "./addresses.ts";
import type { Subnet } from "./network.ts";

/** Docker's pools for networks that do not say their subnet (moby's `libnetwork/ipamutils`). */
const DEFAULT_POOLS: readonly string[] = [
  ...Array.from({ length: 15 }, (_, index) => `172.${17 + index}.0.0/16`),
  ...Array.from({ length: 16 }, (_, index) => `192.168.${index * 16}.0/20`),
];

/** The first of the default pools that overlaps none of these. @throws EngineError invalid-argument when all are taken */
export function chooseSubnet(taken: readonly Cidr[]): Cidr {
  const free = DEFAULT_POOLS.map(parseCidr).find((pool) => !taken.some((other) => overlaps(pool, other)));
  if (free === undefined)
    throw new EngineError("invalid-argument", "all predefined address pools have been fully subnetted");
  return free;
}

/** A unique local prefix (RFC 4193) that overlaps none of these; `random` is 40 bits. */
export function chooseSubnetSix(taken: readonly Cidr[], random: bigint): Cidr {
  for (let step = 0n; ; step++) {
    const base = (0xfdn << 120n) | (((random + step) & 0xff_ffff_ffffn) << 80n);
    const pool: Cidr = { family: 6, base, prefixLength: 64, size: 1n << 64n };
    if (!taken.some((other) => overlaps(pool, other))) return pool;
  }
}

/** Addresses of one subnet: the lowest free one is given. */
export class AddressPool {
  readonly subnet: Cidr;
  readonly gateway: Address;
  readonly #range: Cidr;
  readonly #taken = new Set<bigint>();

  /** The subnet was checked (`plan-network.ts`). Without a gateway the first address of the range is one. */
  constructor({ subnet, gateway, range, auxiliary = {} }: Omit<Subnet, "gateway"> & { readonly gateway?: string }) {
    this.subnet = parseCidr(subnet);
    this.#range = range === undefined ? this.subnet : parseCidr(range);
    const { family } = this.subnet;
    const first = this.#range.base > this.subnet.base ? this.#range.base : this.subnet.base + 1n;
    for (const address of Object.values(auxiliary)) this.#taken.add(parseAddress(address).value);
    this.#taken.add(this.subnet.base);
    if (family === 4 && this.subnet.size > 2n) this.#taken.add(broadcastOf(this.subnet).value);
    this.gateway = gateway === undefined ? { family, value: this.#lowest(first) } : parseAddress(gateway);
    this.#taken.add(this.gateway.value);
  }

  /** @throws EngineError unavailable `no available IPv4 addresses …`, forbidden for a wanted address that is taken */
  take(wanted?: string): string {
    if (wanted !== undefined) return this.#takeFixed(wanted);
    const value = this.#lowest(this.#range.base);
    this.#taken.add(value);
    return formatAddress({ family: this.subnet.family, value });
  }

  give(address: string): void {
    const { value } = parseAddress(address);
    if (value !== this.gateway.value) this.#taken.delete(value);
  }

  has(address: Address): boolean {
    return contains(this.subnet, address);
  }

  #lowest(from: bigint): bigint {
    for (let value = from; value < this.#range.base + this.#range.size; value++)
      if (!this.#taken.has(value)) return value;
    throw new EngineError(
      "unavailable",
      `no available IPv${this.subnet.family} addresses on this network's address pools: ${formatCidr(this.subnet)}`,
    );
  }

  #takeFixed(wanted: string): string {
    const address = parseAddress(wanted);
    if (!this.has(address))
      throw new EngineError(
        "invalid-argument",
        `no configured subnet or ip-range contain the IP address ${formatAddress(address)}`,
      );
    if (this.#taken.has(address.value)) throw new EngineError("forbidden", "Address already in use");
    this.#taken.add(address.value);
    return formatAddress(address);
  }
}
