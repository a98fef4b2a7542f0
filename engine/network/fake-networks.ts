import { EngineError } from "../base/errors.ts";
import type { ConnectRequest, Connection, Endpoint, Network, Networks, ResolveRequest } from "./network.ts";

/** Hands out addresses and keeps what was asked. No kernel, no ports. */
export class FakeNetworks implements Networks {
  readonly requests: ConnectRequest[] = [];
  readonly connected = new Map<string, Endpoint>();
  /** The next connect throws this. */
  failure: EngineError | undefined;
  /** Containers with a resolver. */
  readonly resolving = new Set<string>();
  #next = 2;

  list(): readonly Network[] {
    return ["bridge", "host", "none"].map((name) => ({
      id: name.padEnd(64, "0"),
      name,
      driver: name === "none" ? "null" : (name as "bridge" | "host"),
      createdAt: "2026-01-01T00:00:00Z",
      internal: false,
      subnets: [],
      labels: {},
      options: {},
    }));
  }

  get(reference: string): Network {
    const network = this.list().find(({ id, name }) => name === reference || id === reference);
    if (network === undefined) throw new EngineError("not-found", `network ${reference} not found`);
    return network;
  }

  create(): Promise<Network> {
    throw new EngineError("not-implemented", "the fake has three networks");
  }

  remove(): Promise<Network> {
    throw new EngineError("not-implemented", "the fake has three networks");
  }

  endpoints(): [] {
    return [];
  }

  ready(): undefined {}

  connect(request: ConnectRequest): Connection {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    this.requests.push(request);
    const host = this.#next++;
    const endpoint: Endpoint = {
      networkId: this.get(request.network).id,
      endpointId: host.toString(16).padStart(64, "e"),
      macAddress: `02:42:ac:11:00:${host.toString(16).padStart(2, "0")}`,
      ipAddress: `172.17.0.${host}`,
      prefixLength: 16,
      gateway: "172.17.0.1",
      aliases: request.aliases ?? [],
      ports: request.ports,
    };
    this.connected.set(endpoint.endpointId, endpoint);
    return { endpoint, ops: [] };
  }

  async connectRunning(request: ConnectRequest): Promise<Endpoint> {
    return this.connect(request).endpoint;
  }

  publish(endpointId: string, ports: ConnectRequest["ports"]): Connection {
    const endpoint = { ...(this.connected.get(endpointId) as Endpoint), ports };
    this.connected.set(endpointId, endpoint);
    return { endpoint, ops: [] };
  }

  routeOps(): [] {
    return [];
  }

  resolve(request: ResolveRequest): [] {
    this.resolving.add(request.containerId);
    return [];
  }

  endResolve(containerId: string): [] {
    this.resolving.delete(containerId);
    return [];
  }

  disconnect(endpointId: string): [] {
    this.connected.delete(endpointId);
    return [];
  }
}
