import { EngineError } from "../base/errors.ts";
import type { Network } from "./network.ts";

/** Where networks are kept (a record store will do). */
export interface NetworkRecords {
  entries<T>(prefix: string): Promise<readonly (readonly [key: string, value: T])[]>;
  set(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
}

const PREFIX = "networks/";
/** Docker's own three. */
const PREDEFINED = ["bridge", "host", "none"] as const;
const DEFAULT_SUBNET = "172.17.0.0/16";
const DEFAULT_DEVICE = "docker0";

export function isPredefined({ name }: Network): boolean {
  return isPredefinedName(name);
}

/** Whether packets leave the network: not when it is internal, nor when its parent is a device of its own. */
export function leadsOut({ id, device, internal, subnets }: Network): boolean {
  return !internal && subnets.length > 0 && device !== ownParentOf(id);
}

/** The device that macvlan and ipvlan networks without a parent get. */
export function ownParentOf(id: string): string {
  return `dm-${id.slice(0, 12)}`;
}

export function isPredefinedName(name: string): boolean {
  return (PREDEFINED as readonly string[]).includes(name);
}

/** Networks by name and id, kept across reloads. */
export class NetworkRegistry {
  readonly #records: NetworkRecords;
  readonly #networks = new Map<string, Network>();

  private constructor(records: NetworkRecords) {
    this.#records = records;
  }

  /** Loads what is kept; the first time, makes the three that every engine has. */
  static async open(
    records: NetworkRecords,
    create: { id: () => string; now: () => string },
  ): Promise<NetworkRegistry> {
    const registry = new NetworkRegistry(records);
    const kept = await records.entries<Network>(PREFIX);
    for (const [, network] of kept) registry.#networks.set(network.id, network);
    for (const name of PREDEFINED) {
      if (registry.byName(name) === undefined) await registry.add(predefined(name, create.id(), create.now()));
    }
    return registry;
  }

  list(): readonly Network[] {
    return [...this.#networks.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  byName(name: string): Network | undefined {
    return [...this.#networks.values()].find((network) => network.name === name);
  }

  /** By name, id or unique id prefix. @throws EngineError not-found */
  get(reference: string): Network {
    const exact = this.#networks.get(reference) ?? this.byName(reference);
    if (exact !== undefined) return exact;
    const matches = reference === "" ? [] : this.list().filter(({ id }) => id.startsWith(reference));
    if (matches.length > 1)
      throw new EngineError(
        "invalid-argument",
        `network ${reference} is ambiguous (${matches.length} matches found on ID prefix)`,
      );
    const [match] = matches;
    if (match === undefined) throw new EngineError("not-found", `network ${reference} not found`);
    return match;
  }

  async add(network: Network): Promise<void> {
    this.#networks.set(network.id, network);
    await this.#records.set(PREFIX + network.id, network);
  }

  async remove({ id }: Network): Promise<void> {
    this.#networks.delete(id);
    await this.#records.delete(PREFIX + id);
  }
}

function predefined(name: (typeof PREDEFINED)[number], id: string, createdAt: string): Network {
  const base = { id, name, createdAt, internal: false, labels: {}, enableIPv4: true };
  if (name !== "bridge") return { ...base, driver: name === "none" ? "null" : name, subnets: [], options: {} };
  return {
    ...base,
    driver: "bridge",
    device: DEFAULT_DEVICE,
    subnets: [{ subnet: DEFAULT_SUBNET, gateway: "172.17.0.1" }],
    options: {
      "com.docker.network.bridge.default_bridge": "true",
      "com.docker.network.bridge.enable_icc": "true",
      "com.docker.network.bridge.enable_ip_masquerade": "true",
      "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
      "com.docker.network.bridge.name": DEFAULT_DEVICE,
      "com.docker.network.driver.mtu": "1500",
    },
  };
}
