import { EngineError } from "../base/errors.ts";
import type { PortMapping, PortNumber } from "./network.ts";

/** net.ipv4.ip_local_port_range: where `-P` and `-p 80` find their ports. */
const EPHEMERAL = { first: 32_768, last: 60_999 } as const;
const ANY = "0.0.0.0";

interface Claim {
  readonly address: string;
  readonly port: number;
  readonly protocol: PortNumber["protocol"];
}

/** Which ports of the machine belong to containers. A port on all addresses excludes the same port on any one. */
export class PortAllocator {
  readonly #claims = new Set<Claim>();
  #lastEphemeral: number = EPHEMERAL.first - 1;

  /**
   * Takes a port for every mapping, or none.
   * @throws EngineError internal `Bind for 0.0.0.0:8080 failed: port is already allocated`
   */
  take(mappings: readonly PortMapping[]): readonly PortMapping[] {
    const taken: PortMapping[] = [];
    try {
      for (const mapping of mappings) taken.push(this.#takeOne(mapping));
    } catch (error) {
      this.give(taken);
      throw error;
    }
    return taken;
  }

  give(mappings: readonly PortMapping[]): void {
    for (const { container, hostIp, hostPort } of mappings) {
      const address = hostIp === "" ? ANY : hostIp;
      for (const claim of this.#claims) {
        if (claim.address === address && claim.port === hostPort && claim.protocol === container.protocol)
          this.#claims.delete(claim);
      }
    }
  }

  #takeOne({ container, hostIp, hostPort, hostPortEnd = hostPort }: PortMapping): PortMapping {
    const address = hostIp === "" ? ANY : hostIp;
    const { protocol } = container;
    let port = hostPort === 0 ? this.#findFree(address, protocol) : hostPort;
    while (port < hostPortEnd && !this.#isFree(address, port, protocol)) port += 1;
    if (!this.#isFree(address, port, protocol)) {
      throw new EngineError(
        "internal",
        `Bind for ${address.includes(":") ? `[${address}]` : address}:${port} failed: port is already allocated`,
      );
    }
    this.#claims.add({ address, port, protocol });
    return { container, hostIp, hostPort: port };
  }

  #findFree(address: string, protocol: PortNumber["protocol"]): number {
    const count = EPHEMERAL.last - EPHEMERAL.first + 1;
    for (let step = 1; step <= count; step++) {
      const port = EPHEMERAL.first + ((this.#lastEphemeral - EPHEMERAL.first + step + count) % count);
      if (!this.#isFree(address, port, protocol)) continue;
      this.#lastEphemeral = port;
      return port;
    }
    throw new EngineError("internal", "all ports are allocated");
  }

  #isFree(address: string, port: number, protocol: PortNumber["protocol"]): boolean {
    for (const claim of this.#claims) {
      if (
        claim.port === port &&
        claim.protocol === protocol &&
        (claim.address === ANY || address === ANY || claim.address === address)
      )
        return false;
    }
    return true;
  }
}
