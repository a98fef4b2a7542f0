import type { Op } from "../guest/ops.ts";

export type NetworkDriver = "bridge" | "host" | "null" | "macvlan" | "ipvlan";

/** A network as people see it (`docker network inspect`). Fields that came later may be missing in old records. */
export interface Network {
  readonly id: string;
  readonly name: string;
  readonly driver: NetworkDriver;
  readonly createdAt: string;
  /** At most one of each family; none for `host` and `null`. */
  readonly subnets: readonly Subnet[];
  /** The bridge's device in the guest (`docker0`, `br-<first 12 of the id>`), or the parent of macvlan and ipvlan. */
  readonly device?: string;
  /** No way out of the machine. */
  readonly internal: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  readonly attachable?: boolean;
  readonly enableIPv4?: boolean;
  readonly enableIPv6?: boolean;
  /** As the client gave it; without `config` the subnets were chosen. */
  readonly ipam?: IpamRequest;
  /** Only a template for others (`--config-only`). */
  readonly configOnly?: boolean;
  /** Name of the network whose settings this one took. */
  readonly configFrom?: string;
}

export interface Subnet {
  /** `172.17.0.0/16` */
  readonly subnet: string;
  readonly gateway: string;
  /** Where addresses are taken from: `--ip-range`. */
  readonly range?: string;
  /** Addresses that are nobody's: `--aux-address`. */
  readonly auxiliary?: Readonly<Record<string, string>>;
}

export interface IpamRequest {
  readonly driver: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly config?: readonly (Partial<Omit<Subnet, "subnet">> & { readonly subnet: string })[];
}

export interface PortNumber {
  readonly port: number;
  readonly protocol: "tcp" | "udp" | "sctp";
}

export interface PortMapping {
  readonly container: PortNumber;
  /** Empty: all addresses. */
  readonly hostIp: string;
  /** 0: pick one. */
  readonly hostPort: number;
  /** With it the first free port from `hostPort` to here. */
  readonly hostPortEnd?: number;
}

/** A container's place on a network. */
export interface Endpoint {
  readonly networkId: string;
  readonly endpointId: string;
  readonly macAddress: string;
  readonly ipAddress: string;
  readonly prefixLength: number;
  readonly gateway: string;
  /** Empty without IPv6. */
  readonly ipv6Address?: string;
  readonly ipv6PrefixLength?: number;
  readonly ipv6Gateway?: string;
  readonly aliases: readonly string[];
  readonly ports: readonly PortMapping[];
}

export interface ConnectRequest {
  readonly containerId: string;
  /** Without slash; errors name it. */
  readonly containerName: string;
  /** Name or id. */
  readonly network: string;
  /** 0 for `eth0`. */
  readonly deviceIndex: number;
  /** Instead of `eth0` and so on. */
  readonly deviceName?: string;
  readonly ports: readonly PortMapping[];
  readonly aliases?: readonly string[];
  /** What the embedded resolver knows it by, now; the first answers for its addresses. */
  readonly dnsNames?: () => readonly string[];
  /** A fixed address (`--ip`, `--ip6`). */
  readonly ipAddress?: string;
  readonly ipv6Address?: string;
  /** `--link-local-ip`: further addresses, of no network's. */
  readonly linkLocalIps?: readonly string[];
  readonly macAddress?: string;
  /** The container's default route goes here (default: where the device is `eth0`). */
  readonly isGateway?: boolean;
}

export interface Connection {
  readonly endpoint: Endpoint;
  /** To run once the container's process exists: they name it as `child`. */
  readonly ops: readonly Op[];
}

export interface CreateNetwork {
  readonly name: string;
  readonly driver?: string;
  readonly enableIPv4?: boolean;
  readonly enableIPv6?: boolean;
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly ingress?: boolean;
  readonly scope?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
  readonly ipam?: IpamRequest;
  readonly configOnly?: boolean;
  readonly configFrom?: string;
}

/** Who is on a network. */
export interface NetworkMember {
  readonly containerId: string;
  readonly containerName: string;
  readonly endpoint: Endpoint;
}

/** A port of the machine that leads to a container. */
export interface PublishedPort {
  readonly containerId: string;
  readonly mapping: PortMapping;
}

/** The networks of this engine. Everything a container's start needs is decided here without asking the guest. */
export interface Networks {
  list(): readonly Network[];
  /** By name, id or unique id prefix. @throws EngineError not-found `network x not found` */
  get(reference: string): Network;
  /** @throws EngineError conflict | invalid-argument | forbidden, in Docker's words */
  create(request: CreateNetwork): Promise<Network>;
  /** Answers what was removed. */
  remove(reference: string): Promise<Network>;
  /** Who is on it now. */
  endpoints(reference: string): readonly NetworkMember[];
  /** A promise of the bridges and rules that containers need, undefined when they are there. */
  ready(): Promise<void> | undefined;
  /** Takes an address and host ports. @throws EngineError internal for a taken port, not-found for a network */
  connect(request: ConnectRequest): Connection;
  /** The same for a container that runs, in the namespace of this process. */
  connectRunning(request: ConnectRequest, pid: number): Promise<Endpoint>;
  /** Gives them back; answers what the guest must do to forget the endpoint, in the namespace of `pid` while that runs. Unknown ids are fine. */
  disconnect(endpointId: string, pid?: number): readonly Op[];
  /** Opens ports for an endpoint of a bridge that has none yet. @throws EngineError internal for a taken port */
  publish(endpointId: string, ports: readonly PortMapping[]): Connection;
  /** Makes this endpoint the way out of the process's namespace; undefined: no way out. */
  routeOps(endpoint: Endpoint | undefined, pid: number): readonly Op[];
  /** The names that the container has on user-defined networks are answered at 127.0.0.11 in its namespace. */
  resolve(request: ResolveRequest): readonly Op[];
  /** Ends that. Answers what the guest must do. */
  endResolve(containerId: string): readonly Op[];
}

export interface ResolveRequest {
  readonly containerId: string;
  /** Where names of the world are asked, in the container's own namespace. */
  readonly servers: readonly string[];
  /** `--link db:alias`: names only this container knows, by what they mean. */
  readonly links: Readonly<Record<string, string>>;
  /** `ndots` was set by the user: names without a dot are not passed on. */
  readonly ndotsSet: boolean;
  /** Of the process whose namespace it is, while it runs. */
  readonly pid: () => number | undefined;
}
