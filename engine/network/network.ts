import type { Op } from "../guest/ops.ts";

/** A network as people see it (`docker network inspect`). */
export interface Network {
  readonly id: string;
  readonly name: string;
  readonly driver: "bridge" | "host" | "null";
  readonly createdAt: string;
  /** One for a bridge, none for the others. */
  readonly subnets: readonly Subnet[];
  /** The bridge's device in the guest: `docker0`, `br-<first 12 of the id>`. */
  readonly device?: string;
  /** No way out of the machine. */
  readonly internal: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
}

export interface Subnet {
  /** `172.17.0.0/16` */
  readonly subnet: string;
  readonly gateway: string;
  /** Where addresses are taken from: `--ip-range`. */
  readonly range?: string;
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
}

/** A container's place on a network. */
export interface Endpoint {
  readonly networkId: string;
  readonly endpointId: string;
  readonly macAddress: string;
  readonly ipAddress: string;
  readonly prefixLength: number;
  readonly gateway: string;
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
  readonly ports: readonly PortMapping[];
  readonly aliases?: readonly string[];
  /** A fixed address (`--ip`). */
  readonly ipAddress?: string;
}

export interface Connection {
  readonly endpoint: Endpoint;
  /** To run once the container's process exists: they name it as `child`. */
  readonly ops: readonly Op[];
}

export interface CreateNetwork {
  readonly name: string;
  readonly driver?: string;
  readonly subnet?: string;
  readonly gateway?: string;
  readonly range?: string;
  readonly internal?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
}

/** The networks of this engine. Everything a container's start needs is decided here without asking the guest. */
export interface Networks {
  list(): readonly Network[];
  /** By name, id or unique id prefix. @throws EngineError not-found `network x not found` */
  get(reference: string): Network;
  /** @throws EngineError conflict | invalid-argument, in Docker's words */
  create(request: CreateNetwork): Promise<Network>;
  remove(reference: string): Promise<void>;
  /** Who is on it. */
  endpoints(
    reference: string,
  ): readonly { readonly containerId: string; readonly containerName: string; readonly endpoint: Endpoint }[];
  /** A promise of the bridges and rules that containers need, undefined when they are there. */
  ready(): Promise<void> | undefined;
  /** Takes an address and host ports. @throws EngineError internal for a taken port, not-found for a network */
  connect(request: ConnectRequest): Connection;
  /** Gives them back; answers what the guest must do to forget the endpoint. Unknown ids are fine. */
  disconnect(endpointId: string): readonly Op[];
}
