import { messageOf } from "../base/errors.ts";
import { type Duplex, GuestError } from "../guest/guest.ts";
import type { NetworkMember, PublishedPort } from "../network/network.ts";
import { HttpPortClient, type PortClient } from "./port-client.ts";
import { PortFailure } from "./port-failure.ts";
import type { Self } from "./preview-headers.ts";

export interface PublishedClientsPorts {
  readonly list: () => readonly PublishedPort[];
  /** A TCP connection to a port of the machine. @throws GuestError */
  readonly connect: (address: string, port: number) => Promise<Duplex>;
  /** Every container's places on networks: its names and addresses. */
  readonly members: () => readonly NetworkMember[];
  readonly now: () => number;
}

const ECONNREFUSED = 111;

/** Bindings to these are open on the machine's loopback address. */
const ANYWHERE: readonly string[] = ["", "0.0.0.0", "::", "::1"];

/** One client for each published port, made when first asked for and kept with its cookies: ports come and go with their containers. */
export class PublishedClients {
  readonly #ports: PublishedClientsPorts;
  readonly #clients = new Map<number, PortClient>();

  constructor(ports: PublishedClientsPorts) {
    this.#ports = ports;
  }

  /** For a port that may or may not be published now. */
  get(port: number): PortClient {
    const known = this.#clients.get(port);
    if (known) return known;
    const client = new HttpPortClient(port, {
      connect: () => this.#connect(port),
      self: () => this.#self(port),
      now: this.#ports.now,
    });
    this.#clients.set(port, client);
    return client;
  }

  /** Only what a container publishes can be reached: not the engine's own doors, not what else listens in the machine. */
  async #connect(port: number): Promise<Duplex> {
    const published = this.#find(port);
    if (published === undefined) throw new PortFailure("not-published", `no container publishes port ${port}`);
    const { hostIp } = published.mapping;
    try {
      return await this.#ports.connect(ANYWHERE.includes(hostIp) ? "127.0.0.1" : hostIp, port);
    } catch (error) {
      const isRefused = error instanceof GuestError && error.errno === ECONNREFUSED;
      throw new PortFailure(isRefused ? "refused" : "unreachable", messageOf(error), { cause: error });
    }
  }

  #self(port: number): Self {
    const published = this.#find(port);
    if (published === undefined) return { port, aliases: [] };
    const inside = published.mapping.container.port;
    const names = this.#ports
      .members()
      .filter(({ containerId }) => containerId === published.containerId)
      .flatMap(({ containerName, endpoint }) => [containerName, endpoint.ipAddress, ...endpoint.aliases])
      .concat(published.containerId.slice(0, 12))
      .map((name) => `${name}:${inside}`);
    // nginx in a container redirects to `http://localhost/…`: it knows the port it listens on, not the one that is published.
    const isShadowed = this.#find(inside) !== undefined;
    return { port, aliases: isShadowed ? names : [...names, `localhost:${inside}`] };
  }

  #find(port: number): PublishedPort | undefined {
    return this.#ports.list().find(({ mapping }) => mapping.container.protocol === "tcp" && mapping.hostPort === port);
  }
}
