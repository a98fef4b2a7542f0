import type { Duplex, Guest, GuestListener } from "../../guest/guest.ts";
import type { Op } from "../../guest/ops.ts";
import type { ResolveRequest } from "../network.ts";
import { answerQuery, type DnsNames } from "./answer.ts";
import { askServers } from "./forward.ts";
import { DNS_CODE, DnsFormatError, decodeQuery, encodeRefusal, encodeReply } from "./message.ts";
import { redirectOp, RESOLVER_ADDRESS, RESOLVER_PORT } from "./redirect.ts";
import { serveConnection, serveDatagram } from "./transports.ts";

/** What the resolvers need of the guest. */
export type ResolverPorts = Pick<Guest, "reserveListener" | "connect">;

interface Resolver {
  readonly request: ResolveRequest;
  readonly listeners: readonly GuestListener[];
}

const MAX_TCP_BYTES = 65_535;

/**
 * Docker's embedded DNS server: one for each container on a user-defined network, at 127.0.0.11 port 53 of its own namespace. The
 * sockets are the agent's, the answers are made here.
 */
export class ContainerResolvers {
  readonly #ports: ResolverPorts;
  readonly #namesOf: (containerId: string) => DnsNames;
  readonly #resolvers = new Map<string, Resolver>();
  #turn = 0;

  constructor(ports: ResolverPorts, namesOf: (containerId: string) => DnsNames) {
    this.#ports = ports;
    this.#namesOf = namesOf;
  }

  /** What the guest must do in the namespace of `request.pid`, or of the process that is being started. */
  start(request: ResolveRequest): readonly Op[] {
    if (this.#resolvers.has(request.containerId)) return [];
    const netns = request.pid() ?? "child";
    const serve = (transport: typeof serveDatagram, maxBytes: (udpBytes: number) => number): GuestListener =>
      this.#ports.reserveListener((connection) => {
        const answer = (query: Uint8Array): Promise<Uint8Array | undefined> => this.#answer(request, query, maxBytes);
        void transport(connection, answer);
      });
    const listeners = [serve(serveDatagram, (udpBytes) => udpBytes), serve(serveConnection, () => MAX_TCP_BYTES)];
    this.#resolvers.set(request.containerId, { request, listeners });
    return [
      redirectOp(netns),
      ...listeners.map(({ id }, index): Op => ({
        op: "listen",
        netns,
        listener: id,
        family: index === 0 ? "udp" : "tcp",
        address: RESOLVER_ADDRESS,
        port: RESOLVER_PORT,
      })),
    ];
  }

  end(containerId: string): readonly Op[] {
    const resolver = this.#resolvers.get(containerId);
    if (resolver === undefined) return [];
    this.#resolvers.delete(containerId);
    for (const listener of resolver.listeners) listener[Symbol.dispose]();
    return resolver.listeners.map(({ id }): Op => ({ op: "unlisten", listener: id }));
  }

  async #answer(
    request: ResolveRequest,
    bytes: Uint8Array,
    maxBytes: (udpBytes: number) => number,
  ): Promise<Uint8Array | undefined> {
    try {
      const query = decodeQuery(bytes);
      const limit = maxBytes(query.udpBytes);
      const reply = answerQuery(query, this.#namesOf(request.containerId), this.#turn++);
      if (reply !== undefined) return encodeReply(query, reply, limit);
      // With `ndots` of the user's own the client is to come again, with a domain.
      if (request.ndotsSet && !query.name.includes("."))
        return encodeReply(query, { code: DNS_CODE.noError, records: [] }, limit);
      const foreign = await this.#forward(request, bytes);
      if (foreign !== undefined && foreign.length <= limit) return foreign;
      return encodeReply(query, { code: DNS_CODE.serverFailure, records: [] }, limit);
    } catch (error) {
      if (error instanceof DnsFormatError) return encodeRefusal(error);
      throw error;
    }
  }

  #forward(request: ResolveRequest, query: Uint8Array): Promise<Uint8Array | undefined> {
    const netnsPid = request.pid();
    const connect = (address: string, signal: AbortSignal): Promise<Duplex> =>
      this.#ports.connect({ family: "tcp", address, port: 53, ...(netnsPid && { netnsPid }) }, { signal });
    return askServers(request.servers, query, connect);
  }
}
