import { systemClock, type Clock } from "../base/clock.ts";
import { EngineError } from "../base/errors.ts";
import type { Op } from "../guest/ops.ts";
import { formatAddress, formatCidr, macOfAddress, overlaps, parseAddress, parseCidr } from "./addresses.ts";
import { publishedPortsOp, type Publication } from "./bridge-rules.ts";
import { BridgeDevices, type RunOps, subnetOf } from "./bridge-devices.ts";
import { AddressPool, chooseSubnet } from "./ipam.ts";
import { isPredefined, type NetworkRecords, NetworkRegistry } from "./network-registry.ts";
import type { Connection, ConnectRequest, CreateNetwork, Endpoint, Network, Networks, PortMapping } from "./network.ts";
import { PortAllocator } from "./ports.ts";
import { FIRST_DEVICE_INDEX, RouteMessages } from "./rtnetlink.ts";

export interface NetworkPorts {
  /** The guest's `run`. */
  readonly run: RunOps;
  readonly records: NetworkRecords;
  readonly clock?: Clock;
  /** 64 hex digits, never the same. */
  readonly createId?: () => string;
}

interface Attached {
  readonly containerId: string;
  readonly containerName: string;
  readonly network: Network;
  readonly endpoint: Endpoint;
  /** Its cable's end on the machine; undefined where there is none. */
  readonly device: string | undefined;
  /** Taken from the allocator: one for both address families. */
  readonly claimed: readonly PortMapping[];
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** Docker's networks on Linux bridges: addresses, ports and rules are decided here, the guest gets finished messages. */
export class BridgeNetworks implements Networks {
  readonly #registry: NetworkRegistry;
  readonly #devices: BridgeDevices;
  readonly #pools = new Map<string, AddressPool>();
  readonly #ports = new PortAllocator();
  readonly #attached = new Map<string, Attached>();
  readonly #createId: () => string;
  readonly #clock: Clock;

  private constructor(registry: NetworkRegistry, ports: NetworkPorts) {
    this.#registry = registry;
    this.#devices = new BridgeDevices(ports.run, () => registry.list());
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
    const { name, driver = "bridge" } = request;
    if (!NAME.test(name))
      throw new EngineError(
        "invalid-argument",
        `invalid network name "${name}": only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
      );
    if (this.#registry.byName(name) !== undefined)
      throw new EngineError("conflict", `network with name ${name} already exists`);
    if (driver !== "bridge")
      throw new EngineError("not-found", `could not find plugin ${driver} in v1 plugin registry: plugin not found`);
    const network = this.#plan(request);
    await this.#registry.add(network);
    try {
      await this.#devices.add(network);
    } catch (error) {
      await this.#registry.remove(network);
      throw error;
    }
    return network;
  }

  async remove(reference: string): Promise<void> {
    const network = this.get(reference);
    if (isPredefined(network))
      throw new EngineError("forbidden", `${network.name} is a pre-defined network and cannot be removed`);
    const [active] = this.endpoints(network.id);
    if (active !== undefined) {
      const { containerName, endpoint } = active;
      throw new EngineError(
        "forbidden",
        `error while removing network: network ${network.name} has active endpoints (name:"${containerName}" id:"${endpoint.endpointId.slice(0, 12)}")`,
      );
    }
    this.#pools.delete(network.id);
    await this.#registry.remove(network);
    await this.#devices.remove(network);
  }

  endpoints(
    reference: string,
  ): readonly { readonly containerId: string; readonly containerName: string; readonly endpoint: Endpoint }[] {
    const { id } = this.get(reference);
    return [...this.#attached.values()].filter(({ network }) => network.id === id);
  }

  connect(request: ConnectRequest): Connection {
    const network = this.get(request.network);
    const attached =
      network.driver === "bridge" ? this.#connectBridge(network, request) : this.#connectPlain(network, request);
    this.#attached.set(attached.endpoint.endpointId, attached);
    return { endpoint: attached.endpoint, ops: this.#connectOps(attached, request.deviceIndex) };
  }

  disconnect(endpointId: string): readonly Op[] {
    const attached = this.#attached.get(endpointId);
    if (attached === undefined) return [];
    this.#attached.delete(endpointId);
    const { network, endpoint, claimed, device } = attached;
    if (endpoint.ipAddress !== "") this.#pool(network).give(endpoint.ipAddress);
    this.#ports.give(claimed);
    return [
      // The kernel removes it too, with the namespace of its other end, but later.
      ...(device === undefined ? [] : [new RouteMessages().deleteLink(device).toOp("current", true)]),
      ...(claimed.length > 0 ? [this.#publishOp()] : []),
    ];
  }

  #plan(request: CreateNetwork): Network {
    const id = this.#createId();
    const taken = this.#registry.list().flatMap(({ subnets }) => subnets.map(({ subnet }) => parseCidr(subnet)));
    const cidr = request.subnet === undefined ? formatCidr(chooseSubnet(taken)) : formatCidr(parseCidr(request.subnet));
    if (taken.some((other) => overlaps(other, parseCidr(cidr)))) {
      throw new EngineError("forbidden", "invalid pool request: Pool overlaps with other one on this address space");
    }
    const pool = new AddressPool({
      subnet: cidr,
      ...(request.gateway && { gateway: request.gateway }),
      ...(request.range && { range: request.range }),
    });
    this.#pools.set(id, pool);
    return {
      id,
      name: request.name,
      driver: "bridge",
      createdAt: new Date(this.#clock.now()).toISOString(),
      subnets: [{ subnet: cidr, gateway: formatAddress(pool.gateway), ...(request.range && { range: request.range }) }],
      device: request.options?.["com.docker.network.bridge.name"] ?? `br-${id.slice(0, 12)}`,
      internal: request.internal ?? false,
      labels: request.labels ?? {},
      options: request.options ?? {},
    };
  }

  #connectBridge(network: Network, request: ConnectRequest): Attached {
    const endpointId = this.#createId();
    const pool = this.#pool(network);
    const ipAddress = pool.take(request.ipAddress);
    let claimed: readonly PortMapping[];
    try {
      claimed = this.#ports.take(request.ports);
    } catch (error) {
      pool.give(ipAddress);
      const reason = error instanceof Error ? error.message : String(error);
      throw new EngineError(
        "internal",
        `driver failed programming external connectivity on endpoint ${request.containerName} (${endpointId}): ${reason}`,
        { cause: error },
      );
    }
    return {
      ...this.#attachment(network, request),
      claimed,
      device: `veth${endpointId.slice(0, 7)}`,
      endpoint: {
        networkId: network.id,
        endpointId,
        ipAddress,
        macAddress: macOfAddress(parseAddress(ipAddress)),
        prefixLength: pool.subnet.prefixLength,
        gateway: network.internal ? "" : formatAddress(pool.gateway),
        aliases: request.aliases ?? [],
        ports: claimed.flatMap(bothFamilies),
      },
    };
  }

  /** `host` and `none` have no addresses to give. */
  #connectPlain(network: Network, request: ConnectRequest): Attached {
    const endpoint: Endpoint = {
      networkId: network.id,
      endpointId: this.#createId(),
      macAddress: "",
      ipAddress: "",
      prefixLength: 0,
      gateway: "",
      aliases: request.aliases ?? [],
      ports: [],
    };
    return { ...this.#attachment(network, request), endpoint, device: undefined, claimed: [] };
  }

  #attachment(
    network: Network,
    { containerId, containerName }: ConnectRequest,
  ): Pick<Attached, "network" | "containerId" | "containerName"> {
    return { network, containerId, containerName };
  }

  #connectOps({ network, endpoint, device, claimed }: Attached, deviceIndex: number): readonly Op[] {
    if (network.driver === "host") return [];
    if (device === undefined) return [new RouteMessages().setLoopbackUp().toOp("child")];
    const peerName = `eth${deviceIndex}`;
    const host = new RouteMessages().createVeth({
      name: device,
      bridgeIndex: this.#devices.indexOf(network),
      peerName,
      peerMac: endpoint.macAddress,
    });
    if (claimed.length > 0) host.setHairpin(device);
    host.setUp(device);
    const child = new RouteMessages();
    if (deviceIndex === 0) child.setLoopbackUp();
    const broadcast = this.#pool(network).subnet;
    child
      .setUp(peerName)
      .addAddress(
        FIRST_DEVICE_INDEX + deviceIndex,
        endpoint.ipAddress,
        endpoint.prefixLength,
        formatAddress(broadcast.base + broadcast.size - 1),
      );
    if (endpoint.gateway !== "" && deviceIndex === 0) child.addDefaultRoute(endpoint.gateway);
    return [host.toOp(), child.toOp("child"), ...(claimed.length > 0 ? [this.#publishOp()] : [])];
  }

  #publishOp(): Op {
    const publications: Publication[] = [...this.#attached.values()].flatMap(({ endpoint, claimed }) =>
      claimed.map((mapping) => ({ address: endpoint.ipAddress, mapping })),
    );
    return publishedPortsOp(publications);
  }

  #pool(network: Network): AddressPool {
    const known = this.#pools.get(network.id);
    if (known !== undefined) return known;
    const pool = new AddressPool(subnetOf(network));
    this.#pools.set(network.id, pool);
    return pool;
  }
}

/** A port on all addresses is shown for both families, as Docker does. */
function bothFamilies(mapping: PortMapping): readonly PortMapping[] {
  return mapping.hostIp === "0.0.0.0" ? [mapping, { ...mapping, hostIp: "::" }] : [mapping];
}

function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
