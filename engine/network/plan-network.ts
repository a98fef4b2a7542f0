import { EngineError } from "../base/errors.ts";
import {
  type Cidr,
  contains,
  formatAddress,
  formatCidr,
  overlaps,
  parseCidr,
  tryParseAddress,
  tryParsePrefix,
} from "./addresses.ts";
import { bridgeOptions, checkDeviceName } from "./bridge-options.ts";
import { AddressPool, chooseSubnet, chooseSubnetSix } from "./ipam.ts";
import { ownParentOf } from "./network-registry.ts";
import type { CreateNetwork, IpamRequest, Network, NetworkDriver, Subnet } from "./network.ts";

/** What a new network may not collide with, and what it is made of. */
export interface PlanContext {
  readonly networks: readonly Network[];
  /** 64 hex digits. */
  readonly id: string;
  readonly createdAt: string;
}

const PREDEFINED: readonly string[] = ["bridge", "host", "none", "default"];
const DRIVERS: readonly string[] = ["bridge", "macvlan", "ipvlan"];
const NOT_A_MANAGER =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

const refuse = (message: string): never => {
  throw new EngineError("invalid-argument", message);
};
const forbid = (message: string): never => {
  throw new EngineError("forbidden", message);
};

/**
 * The record of a network that does not exist yet, checked as moby's `daemon/network.go` and libnetwork do, in their words.
 * @throws EngineError
 */
export function planNetwork(request: CreateNetwork, context: PlanContext): Network {
  const { networks, id } = context;
  const { name } = request;
  if (PREDEFINED.includes(name)) forbid(`operation is not permitted on predefined ${name} network `);
  checkWhole(request);
  if (networks.some((network) => network.name === name))
    throw new EngineError("conflict", `network with name ${name} already exists`);
  const settings = withTemplate(request, networks);
  const enableIPv6 = settings.enableIPv6 ?? false;
  if (settings.ipam?.config) checkIpam(settings.ipam, enableIPv6);
  const base: Network = {
    id,
    name,
    driver: "null",
    createdAt: context.createdAt,
    subnets: [],
    internal: settings.internal ?? false,
    labels: settings.labels ?? {},
    options: settings.options ?? {},
    attachable: request.attachable ?? false,
    enableIPv4: settings.enableIPv4 ?? true,
    enableIPv6,
    ...(settings.ipam && { ipam: settings.ipam }),
    ...(request.configFrom && { configFrom: request.configFrom }),
  };
  if (request.configOnly === true) return { ...base, configOnly: true };
  const driver = driverOf(settings.driver);
  return driver === "bridge" ? planBridge(base, networks) : planChild({ ...base, driver }, networks);
}

/** What is wrong whatever the machine has. */
function checkWhole({ name, driver, scope, ingress, ipam }: CreateNetwork): void {
  if (name.trim() === "") refuse("invalid name: name is empty");
  if (driver === "overlay") forbid(NOT_A_MANAGER);
  if (scope === "swarm") forbid("cannot create a swarm scoped network when swarm is not active");
  if (ingress === true) forbid("Ingress network can only be global scope network");
  if (driver === "host" || driver === "null") forbid(`only one instance of "${driver}" network is allowed`);
  if (ipam !== undefined && !["", "default"].includes(ipam.driver))
    throw new EngineError("not-found", `plugin "${ipam.driver}" not found`);
}

function driverOf(name: string | undefined): Exclude<NetworkDriver, "host" | "null"> {
  const driver = name || "bridge";
  if (!DRIVERS.includes(driver)) throw new EngineError("not-found", `plugin "${driver}" not found`);
  return driver as Exclude<NetworkDriver, "host" | "null">;
}

/** `--config-from`: everything but the name and the driver comes from the template. */
function withTemplate(request: CreateNetwork, networks: readonly Network[]): CreateNetwork {
  const { configFrom } = request;
  if (!configFrom) return request;
  if (request.configOnly === true) forbid("a configuration network cannot depend on another configuration network");
  const template = networks.find(({ name, configOnly }) => name === configFrom && configOnly === true);
  if (template === undefined)
    throw new EngineError("not-found", `configuration network "${configFrom}" does not exist`);
  if (Object.keys(request.options ?? {}).length > 0 || request.ipam?.config !== undefined)
    forbid("user specified configurations are not supported if the network depends on a configuration network");
  const { enableIPv4, enableIPv6, labels, options, ipam, internal } = template;
  return {
    ...request,
    ...(enableIPv4 !== undefined && { enableIPv4 }),
    ...(enableIPv6 !== undefined && { enableIPv6 }),
    labels: { ...labels, ...request.labels },
    options,
    internal: internal || request.internal === true,
    ...(ipam && { ipam }),
  };
}

/** @throws EngineError invalid-argument `invalid network config:` with every fault */
function checkIpam({ config = [] }: IpamRequest, enableIPv6: boolean): void {
  const faults = config.flatMap((part) => faultsOf(part, enableIPv6));
  if (faults.length === 0) return;
  refuse(
    `invalid network config:\n${faults.length === 1 ? faults[0] : faults.map((fault) => `* ${fault}`).join("\n")}`,
  );
}

function faultsOf(part: NonNullable<IpamRequest["config"]>[number], enableIPv6: boolean): readonly string[] {
  const { subnet, range, gateway, auxiliary = {} } = part;
  const prefix = tryParsePrefix(subnet);
  if (prefix === undefined) return [`invalid subnet ${subnet}: invalid CIDR block notation`];
  const { address, cidr } = prefix;
  if (cidr.family === 6 && !enableIPv6) return [];
  const faults: string[] = [];
  if (address.value !== cidr.base) faults.push(`invalid subnet ${subnet}: it should be ${formatCidr(cidr)}`);
  if (range) faults.push(...rangeFaults(range, cidr, subnet));
  const misfit = (text: string): string | undefined => {
    const own = tryParseAddress(text);
    if (own === undefined) return "invalid address";
    if (own.family !== cidr.family) return `parent subnet is an IPv${cidr.family} block`;
    return contains(cidr, own) ? undefined : `parent subnet ${subnet} doesn't contain this address`;
  };
  if (gateway && misfit(gateway) !== undefined) faults.push(`invalid gateway ${gateway}: ${misfit(gateway)}`);
  for (const [name, text] of Object.entries(auxiliary)) {
    const fault = misfit(text);
    if (fault !== undefined) faults.push(`invalid auxiliary address ${name}: ${fault}`);
  }
  return faults;
}

function rangeFaults(range: string, parent: Cidr, subnet: string): readonly string[] {
  const prefix = tryParsePrefix(range);
  if (prefix === undefined) return [`invalid ip-range ${range}: invalid CIDR block notation`];
  const { address, cidr } = prefix;
  if (cidr.family !== parent.family)
    return [`invalid ip-range ${range}: parent subnet is an IPv${parent.family} block`];
  const faults: string[] = [];
  if (cidr.prefixLength < parent.prefixLength)
    faults.push(`invalid ip-range ${range}: CIDR block is bigger than its parent subnet ${subnet}`);
  if (address.value !== cidr.base) faults.push(`invalid ip-range ${range}: it should be ${formatCidr(cidr)}`);
  if (!overlaps(parent, cidr))
    faults.push(`invalid ip-range ${range}: parent subnet ${subnet} doesn't contain ip-range`);
  return faults;
}

function planBridge(base: Network, networks: readonly Network[]): Network {
  const options = bridgeOptions(base.options);
  if (options.name !== undefined) checkDeviceName(options.name);
  const device = options.name ?? `br-${base.id.slice(0, 12)}`;
  const twin = networks.find((network) => network.driver === "bridge" && network.device === device);
  if (twin !== undefined)
    forbid(
      `cannot create network ${base.id} (${device}): conflicts with network ${twin.id} (${device}): networks have same bridge name`,
    );
  return { ...base, driver: "bridge", device, subnets: planSubnets(base, networks) };
}

/** macvlan and ipvlan: devices that are children of one of the machine's. */
function planChild(base: Network, networks: readonly Network[]): Network {
  const parent = base.options["parent"] ?? "";
  if (parent !== "") checkDeviceName(parent);
  const mode = base.options[`${base.driver}_mode`] ?? "";
  const modes = base.driver === "macvlan" ? MACVLAN_MODES : IPVLAN_MODES;
  if (mode !== "" && !modes.includes(mode))
    refuse(
      `requested ${base.driver} mode '${mode}' is not valid, '${modes[0]}' mode is the ${base.driver} driver default`,
    );
  const twin = networks.find(({ driver, device }) => driver !== "bridge" && device === parent && parent !== "");
  if (twin !== undefined && base.driver === "macvlan")
    forbid(
      `cannot create network ${base.id} (${parent}): conflicts with network ${twin.id} (${parent}): parent device is already used`,
    );
  return {
    ...base,
    // Without a parent it is a dummy device of its own, and the network leads nowhere.
    device: parent === "" ? ownParentOf(base.id) : parent,
    subnets: planSubnets(base, networks),
  };
}

const MACVLAN_MODES: readonly string[] = ["bridge", "private", "vepa", "passthru"];
const IPVLAN_MODES: readonly string[] = ["l2", "l3", "l3s"];

/** One subnet of each family that is wanted. */
function planSubnets(base: Network, networks: readonly Network[]): readonly Subnet[] {
  const taken = networks.flatMap(({ subnets }) => subnets.map(({ subnet }) => parseCidr(subnet)));
  const config = base.ipam?.config ?? [];
  const subnets: Subnet[] = [];
  for (const [family, wanted] of [
    [4, base.enableIPv4],
    [6, base.enableIPv6],
  ] as const) {
    if (wanted !== true) continue;
    const own = config.filter(({ subnet }) => parseCidr(subnet).family === family);
    if (own.length > 1)
      forbid(
        base.driver === "macvlan" || base.driver === "ipvlan"
          ? `${base.driver} driver doesn't support multiple subnets`
          : "bridge driver doesn't support multiple subnets",
      );
    const cidr =
      own[0] === undefined
        ? family === 4
          ? chooseSubnet(taken)
          : chooseSubnetSix(taken, BigInt(`0x${base.id.slice(0, 10)}`))
        : parseCidr(own[0].subnet);
    if (taken.some((other) => overlaps(other, cidr)))
      forbid("invalid pool request: Pool overlaps with other one on this address space");
    const { range, gateway, auxiliary } = own[0] ?? {};
    const parts = { subnet: formatCidr(cidr), ...(range && { range }), ...(auxiliary && { auxiliary }) };
    const pool = new AddressPool({ ...parts, ...(gateway && { gateway }) });
    subnets.push({ ...parts, gateway: formatAddress(pool.gateway) });
  }
  return subnets;
}
