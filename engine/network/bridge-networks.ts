import { systemClock, type Clock } from "../base/clock.ts";
import { EngineError } from "../base/errors.ts";
import type { Op } from "../guest/ops.ts";
import { formatAddress, macOfAddress, parseAddress } from "./addresses.ts";
import { BridgeDevices, type RunOps } from "./bridge-devices.ts";
import { checkDeviceName, hostBound } from "./bridge-options.ts";
import { ContainerResolvers, type ResolverPorts } from "./dns/container-resolvers.ts";
import {
  addressesOp,
  createdName,
  creationOp,
  defaultRouteOps,
  type EndpointDevice,
  endpointDevice,
  hasGateway,
  removalOps,
} from "./endpoint-ops.ts";
import { AddressPool } from "./ipam.ts";
import { type NamedMember, namesKnownTo } from "./member-names.ts";
import { isPredefined, type NetworkRecords, NetworkRegistry } from "./network-registry.ts";
import type {
  Connection,
  ConnectRequest,
  CreateNetwork,
  Endpoint,
  Network,
  NetworkMember,
  Networks,
  PortMapping,
  ResolveRequest,
} from "./network.ts";
import { planNetwork } from "./plan-network.ts";
import { PublishedPorts, shownMappings } from "./published-ports.ts";
import { FIRST_DEVICE_INDEX, linkIndexOf, RouteMessages } from "./rtnetlink.ts";

export interface NetworkPorts {
  /** The guest's `run`. */
  readonly run: RunOps;
  readonly records: NetworkRecords;
  /** For the embedded DNS server. */
  readonly resolver: ResolverPorts;
  readonly clock?: Clock;
  /** 64 hex digits, never the same. */
  readonly createId?: () => string;
}

interface Attached extends NamedMember {
  /** Undefined on `host` and `none`. */
  readonly device: EndpointDevice | undefined;
}

/** Docker's networks on Linux devices: addresses, ports and rules are decided here, the guest gets finished messages. */
export class BridgeNetworks implements Networks {
  /** Who has which port of the machine. */
  readonly ports = new PublishedPorts();
  readonly #registry: NetworkRegistry;
  readonly #devices: BridgeDevices;
  readonly #resolvers: ContainerResolvers;
  readonly #run: RunOps;
  readonly #pools = new Map<string, readonly AddressPool[]>();
  readonly #attached = new Map<string, Attached>();
  readonly #links = new Map<string, ResolveRequest["links"]>();
  readonly #createId: () => string;
  readonly #clock: Clock;

  private constructor(registry: NetworkRegistry, ports: NetworkPorts) {
    this.#registry = registry;
    this.#run = ports.run;
    this.#devices = new BridgeDevices(ports.run, () => registry.list());
    this.#resolvers = new ContainerResolvers(ports.resolver, (containerId) =>
      namesKnownTo(containerId, [...this.#attached.values()], this.#links.get(containerId) ?? {}),
    );
    this.#createId = ports.createId ?? randomId;
    this.#clock = ports.clock ?? systemClock;
  }

  static async open(ports: NetworkPorts): Promise<BridgeNetworks> {
    const clock = ports.clock ?? systemClock;
    const now = (): string => new Date(clock.now()).toISOString();
    return new BridgeNetworks(
      await NetworkRegistry.open(ports.records, { id: ports.createId ?? randomId, now }),
      ports,
    );
  }

  list(): readonly Network[] {
    return this.#registry.list();
  }

  get(reference: string): Network {
    return this.#registry.get(reference);
  }

  ready(): Promise<void> | undefined {
    return this.#devices.ready();
  }

  async create(request: CreateNetwork): Promise<Network> {
    const network = planNetwork(request, {
      networks: this.#registry.list(),
      id: this.#createId(),
      createdAt: new Date(this.#clock.now()).toISOString(),
    });
    await this.#registry.add(network);
    try {
      await this.#devices.add(network);
    } catch (error) {
      await this.#registry.remove(network);
      await this.#devices.remove(network).catch(() => undefined);
      throw error;
    }
    return network;
  }

  async remove(reference: string): Promise<Network> {
    const network = this.get(reference);
    if (isPredefined(network))
      throw new EngineError("forbidden", `${network.name} is a pre-defined network and cannot be removed`);
    const inUse = (why: string): EngineError => new EngineError("forbidden", `error while removing network: ${why}`);
    if (this.#registry.list().some(({ configFrom }) => network.configOnly === true && configFrom === network.name))
      throw inUse(`configuration network "${network.name}" is in use`);
    const active = this.endpoints(network.id);
    if (active.length > 0) {
      const who = active.map(
        ({ containerName, endpoint }) => `name:"${containerName}" id:"${endpoint.endpointId.slice(0, 12)}"`,
      );
      throw inUse(`network ${network.name} has active endpoints (${who.join(", ")})`);
    }
    this.#pools.delete(network.id);
    await this.#registry.remove(network);
    await this.#devices.remove(network);
    return network;
  }

  endpoints(reference: string): readonly NetworkMember[] {
    const { id } = this.get(reference);
    return [...this.#attached.values()].filter(({ network }) => network.id === id);
  }

  connect(request: ConnectRequest): Connection {
    const attached = this.#attach(request);
    const { device } = attached;
    if (device === undefined) {
      const isolated = attached.network.driver === "null";
      return {
        endpoint: attached.endpoint,
        ops: isolated ? [new RouteMessages().setLoopbackUp().toOp("child")] : [],
      };
    }
    const index = FIRST_DEVICE_INDEX + request.deviceIndex;
    try {
      const rules = device.publishes ? this.ports.rules() : [];
      const ops = [creationOp(device, "child"), addressesOp(device, index, "child"), ...rules];
      return { endpoint: attached.endpoint, ops };
    } catch (error) {
      // An address to publish at that is none.
      this.disconnect(attached.endpoint.endpointId);
      throw error;
    }
  }

  async connectRunning(request: ConnectRequest, pid: number): Promise<Endpoint> {
    const { endpoint, device } = this.#attach(request);
    if (device === undefined) return endpoint;
    try {
      const answers = await this.#run([
        creationOp(device, pid),
        new RouteMessages().getLink(createdName(device)).toOp(pid),
        ...(device.publishes ? this.ports.rules() : []),
      ]);
      const index = linkIndexOf(answers[1] ?? new Uint8Array());
      if (index === undefined) throw new Error(`the container has no device ${device.name}`);
      await this.#run([addressesOp(device, index, pid)]);
    } catch (error) {
      await this.#run(this.disconnect(endpoint.endpointId, pid)).catch(() => undefined);
      throw error;
    }
    return endpoint;
  }

  disconnect(endpointId: string, pid?: number): readonly Op[] {
    const attached = this.#attached.get(endpointId);
    if (attached === undefined) return [];
    this.#attached.delete(endpointId);
    const { network, endpoint, device } = attached;
    for (const pool of this.#poolsOf(network))
      for (const address of [endpoint.ipAddress, endpoint.ipv6Address ?? ""])
        if (address !== "" && pool.has(parseAddress(address))) pool.give(address);
    const published = this.ports.remove(endpointId);
    return [...removalOps(device, pid), ...(published ? this.ports.rules() : [])];
  }

  publish(endpointId: string, wanted: readonly PortMapping[]): Connection {
    const attached = this.#attached.get(endpointId);
    if (attached?.device === undefined || attached.network.driver !== "bridge")
      throw new Error(`endpoint ${endpointId} cannot publish ports`);
    const { network, containerId, containerName, device } = attached;
    const mappings = this.ports.take(hostBound(network, wanted), { name: containerName, id: endpointId });
    const endpoint = { ...attached.endpoint, ports: shownMappings(mappings) };
    this.#attached.set(endpointId, { ...attached, endpoint });
    this.ports.add(containerId, endpoint, mappings);
    return { endpoint, ops: [new RouteMessages().setHairpin(device.portName).toOp(), ...this.ports.rules()] };
  }

  routeOps(endpoint: Endpoint | undefined, pid: number): readonly Op[] {
    return defaultRouteOps(endpoint, pid);
  }

  resolve(request: ResolveRequest): readonly Op[] {
    this.#links.set(request.containerId, request.links);
    return this.#resolvers.start(request);
  }

  endResolve(containerId: string): readonly Op[] {
    this.#links.delete(containerId);
    return this.#resolvers.end(containerId);
  }

  /** Everything that can fail fails before anything is kept. */
  #attach(request: ConnectRequest): Attached {
    const network = this.get(request.network);
    if (network.configOnly === true)
      throw new EngineError("forbidden", "cannot connect a container to a configuration network");
    if (request.deviceName !== undefined) checkDeviceName(request.deviceName);
    const endpointId = this.#createId();
    const isPlain = network.driver === "host" || network.driver === "null";
    const parentIndex = isPlain ? 0 : this.#devices.indexOf(network);
    const taken: (() => void)[] = [];
    try {
      const addresses = isPlain ? NO_ADDRESSES : this.#takeAddresses(network, request, taken);
      const wanted = network.driver === "bridge" && !network.internal ? hostBound(network, request.ports) : [];
      const mappings = this.ports.take(wanted, { name: request.containerName, id: endpointId });
      const endpoint: Endpoint = {
        networkId: network.id,
        endpointId,
        ...addresses,
        aliases: request.aliases ?? [],
        ports: shownMappings(mappings),
      };
      const { containerId, containerName, dnsNames = () => [] } = request;
      const device = isPlain ? undefined : endpointDevice({ network, endpoint, parentIndex }, request);
      const attached: Attached = { network, containerId, containerName, endpoint, dnsNames, device };
      this.#attached.set(endpointId, attached);
      this.ports.add(containerId, endpoint, mappings);
      return attached;
    } catch (error) {
      for (const give of taken) give();
      throw error;
    }
  }

  #takeAddresses(network: Network, request: ConnectRequest, taken: (() => void)[]): typeof NO_ADDRESSES {
    let found = NO_ADDRESSES;
    for (const pool of this.#poolsOf(network)) {
      const { family, prefixLength } = pool.subnet;
      const address = pool.take((family === 4 ? request.ipAddress : request.ipv6Address) || undefined);
      taken.push(() => pool.give(address));
      const gateway = hasGateway(network) ? formatAddress(pool.gateway) : "";
      found =
        family === 4
          ? { ...found, ipAddress: address, prefixLength, gateway }
          : { ...found, ipv6Address: address, ipv6PrefixLength: prefixLength, ipv6Gateway: gateway };
    }
    const macAddress =
      request.macAddress || macOfAddress(parseAddress(found.ipAddress === "" ? found.ipv6Address : found.ipAddress));
    return { ...found, macAddress: macAddress.toLowerCase() };
  }

  #poolsOf(network: Network): readonly AddressPool[] {
    const known = this.#pools.get(network.id);
    if (known !== undefined) return known;
    const pools = network.subnets.map((subnet) => new AddressPool(subnet));
    this.#pools.set(network.id, pools);
    return pools;
  }
}

const NO_ADDRESSES = {
  macAddress: "",
  ipAddress: "",
  prefixLength: 0,
  gateway: "",
  ipv6Address: "",
  ipv6PrefixLength: 0,
  ipv6Gateway: "",
};

function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
