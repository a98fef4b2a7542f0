import { EngineError } from "../base/errors.ts";
import {
  broadcastOf,
  type Cidr,
  contains,
  formatAddress,
  formatCidr,
  overlaps,
  parseAddress,
  parseCidr,
} from "./addresses.ts";

/** Docker's pools for networks that do not say their subnet (moby's `libnetwork/ipamutils`). */
const DEFAULT_POOLS: readonly string[] = [
  ...Array.from({ length: 15 }, (_, index) => `172.${17 + index}.0.0/16`),
  ...Array.from({ length: 16 }, (_, index) => `192.168.${index * 16}.0/20`),
];

/** The first of the default pools that overlaps none of these. @throws EngineError internal when all are taken */
export function chooseSubnet(taken: readonly Cidr[]): Cidr {
  const free = DEFAULT_POOLS.map(parseCidr).find((pool) => !taken.some((other) => overlaps(pool, other)));
  if (free === undefined) throw new EngineError("internal", "all predefined address pools have been fully subnetted");
  return free;
}

/** Addresses of one subnet: the lowest free one is given. */
export class AddressPool {
  readonly subnet: Cidr;
  readonly gateway: number;
  readonly #range: Cidr;
  readonly #taken = new Set<number>();

  /** @throws EngineError invalid-argument when gateway or range lie outside */
  constructor(options: { subnet: string; gateway?: string; range?: string }) {
    this.subnet = parseCidr(options.subnet);
    this.#range = options.range === undefined ? this.subnet : parseCidr(options.range);
    if (!contains(this.subnet, this.#range.base)) {
      throw new EngineError(
        "invalid-argument",
        `allocatable range ${options.range} is not within subnet ${formatCidr(this.subnet)}`,
      );
    }
    // Of a range Docker takes the first address for the gateway.
    this.gateway =
      options.gateway === undefined ? Math.max(this.#range.base, this.subnet.base + 1) : parseAddress(options.gateway);
    if (!contains(this.subnet, this.gateway)) {
      throw new EngineError("invalid-argument", `no matching subnet for gateway ${options.gateway}`);
    }
    for (const reserved of [this.subnet.base, broadcastOf(this.subnet), this.gateway]) this.#taken.add(reserved);
  }

  /** @throws EngineError internal `no available IPv4 addresses …`, conflict for a wanted address that is taken */
  take(wanted?: string): string {
    if (wanted !== undefined) return this.#takeFixed(wanted);
    for (let address = this.#range.base; address < this.#range.base + this.#range.size; address++) {
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return formatAddress(address);
    }
    throw new EngineError(
      "internal",
      `no available IPv4 addresses on this network's address pools: ${formatCidr(this.subnet)}`,
    );
  }

  give(address: string): void {
    const number = parseAddress(address);
    if (number !== this.gateway) this.#taken.delete(number);
  }

  #takeFixed(wanted: string): string {
    const address = parseAddress(wanted);
    if (!contains(this.subnet, address))
      throw new EngineError("invalid-argument", "invalid address: it does not belong to any of this network's subnets");
    if (this.#taken.has(address)) throw new EngineError("conflict", "Address already in use");
    this.#taken.add(address);
    return wanted;
  }
}
