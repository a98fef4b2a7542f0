import { EngineError, messageOf } from "../base/errors.ts";
import type { Op } from "../guest/ops.ts";
import { publishedPortsOp } from "./bridge-rules.ts";
import type { Endpoint, PortMapping, PublishedPort } from "./network.ts";
import { PortAllocator } from "./ports.ts";

interface Publication {
  readonly containerId: string;
  readonly mappings: readonly PortMapping[];
  endpoint: Endpoint;
}

/** The ports of the machine that lead to containers: who has them, and the rules that make it so. */
export class PublishedPorts {
  readonly #allocator = new PortAllocator();
  readonly #publications = new Map<string, Publication>();
  readonly #listeners = new Set<() => void>();

  /** All of them, in the order they were taken. */
  list(): readonly PublishedPort[] {
    return [...this.#publications.values()].flatMap(({ containerId, mappings }) =>
      mappings.map((mapping) => ({ containerId, mapping })),
    );
  }

  /** Told after each change. */
  subscribe(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /**
   * Takes host ports. Answers the mappings with their ports decided.
   * @throws EngineError internal `driver failed programming external connectivity …`
   */
  take(wanted: readonly PortMapping[], endpoint: { name: string; id: string }): readonly PortMapping[] {
    try {
      for (const { container, hostIp, hostPort } of wanted) {
        // The guest's kernel is made without it.
        if (container.protocol === "sctp")
          throw new EngineError(
            "internal",
            `error starting userland proxy: failed to listen on ${hostIp || "0.0.0.0"}:${hostPort}: protocol not supported`,
          );
      }
      return this.#allocator.take(wanted);
    } catch (error) {
      throw new EngineError(
        "internal",
        `driver failed programming external connectivity on endpoint ${endpoint.name} (${endpoint.id}): ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  /** Leads what was taken to an endpoint. */
  add(containerId: string, endpoint: Endpoint, mappings: readonly PortMapping[]): void {
    if (mappings.length === 0) return;
    this.#publications.set(endpoint.endpointId, { containerId, endpoint, mappings });
    this.#changed();
  }

  /** Whether the endpoint had any. */
  remove(endpointId: string): boolean {
    const publication = this.#publications.get(endpointId);
    if (publication === undefined) return false;
    this.#publications.delete(endpointId);
    this.#allocator.give(publication.mappings);
    this.#changed();
    return true;
  }

  has(endpointId: string): boolean {
    return this.#publications.has(endpointId);
  }

  /** The rules as they should be now, of both address families where one has IPv6. */
  rules(): readonly Op[] {
    const all = [...this.#publications.values()];
    const of = (family: 4 | 6): Op =>
      publishedPortsOp(
        family,
        all.flatMap(({ endpoint, mappings }) =>
          mappings.map((mapping) => ({
            address: family === 4 ? endpoint.ipAddress : (endpoint.ipv6Address ?? ""),
            mapping,
          })),
        ),
      );
    const hasSix = this.#sixSeen || all.some(({ endpoint }) => (endpoint.ipv6Address ?? "") !== "");
    this.#sixSeen = hasSix;
    return hasSix ? [of(4), of(6)] : [of(4)];
  }

  /** There are rules for IPv6 that may have to go. */
  #sixSeen = false;

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** As an endpoint shows them: a port on all addresses once for each family. */
export function shownMappings(mappings: readonly PortMapping[]): readonly PortMapping[] {
  return mappings.flatMap((mapping) =>
    mapping.hostIp === ""
      ? [
          { ...mapping, hostIp: "0.0.0.0" },
          { ...mapping, hostIp: "::" },
        ]
      : [mapping],
  );
}
