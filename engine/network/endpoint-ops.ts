import type { Op } from "../guest/ops.ts";
import { broadcastOf, formatAddress, parseCidr } from "./addresses.ts";
import { mtuOf } from "./bridge-options.ts";
import { leadsOut } from "./network-registry.ts";
import type { ConnectRequest, Endpoint, Network } from "./network.ts";
import { type Netns, RouteMessages } from "./rtnetlink.ts";

/** A device that is to be in a container's network namespace. */
export interface EndpointDevice {
  readonly network: Network;
  readonly endpoint: Endpoint;
  /** Of the bridge, or of the parent. */
  readonly parentIndex: number;
  /** `eth0` */
  readonly name: string;
  /** Of a bridge's port on the machine: `veth…`. */
  readonly portName: string;
  /** It publishes ports, which the container itself may want to reach. */
  readonly publishes: boolean;
  readonly linkLocalIps: readonly string[];
  readonly isGateway: boolean;
}

/** Makes the device, on the machine. */
export function creationOp(device: EndpointDevice, netns: Netns): Op {
  const { network, endpoint, parentIndex, name, portName } = device;
  const mtu = mtuOf(network.options);
  const messages = new RouteMessages();
  if (network.driver === "macvlan" || network.driver === "ipvlan") {
    const mode = network.options[`${network.driver}_mode`] ?? "";
    return messages
      .createChild({ kind: network.driver, mode, parentIndex, name: portName, mac: endpoint.macAddress, netns, mtu })
      .toOp();
  }
  messages.createVeth({
    name: portName,
    bridgeIndex: parentIndex,
    peerName: name,
    peerMac: endpoint.macAddress,
    netns,
    mtu,
  });
  if (device.publishes) messages.setHairpin(portName);
  return messages.setUp(portName).toOp();
}

/** What it is called at first: the kernel looks for the name of a macvlan device on the machine, which has an `eth0` too. */
export function createdName({ network, name, portName }: EndpointDevice): string {
  return network.driver === "bridge" ? name : portName;
}

/** Gives it its addresses and routes, in the container's namespace. `index` is its own there. */
export function addressesOp(device: EndpointDevice, index: number, netns: Netns): Op {
  const { endpoint, name, isGateway } = device;
  const messages = new RouteMessages();
  if (netns === "child") messages.setLoopbackUp();
  if (createdName(device) !== name) messages.rename(index, name);
  messages.setUp(name);
  for (const [address, prefixLength] of [
    [endpoint.ipAddress, endpoint.prefixLength],
    [endpoint.ipv6Address ?? "", endpoint.ipv6PrefixLength ?? 0],
  ] as const) {
    if (address === "") continue;
    const broadcast = address.includes(":")
      ? undefined
      : formatAddress(broadcastOf(parseCidr(`${address}/${prefixLength}`)));
    messages.addAddress(index, address, prefixLength, broadcast);
  }
  for (const address of device.linkLocalIps) messages.addAddress(index, address, address.includes(":") ? 64 : 16);
  if (isGateway) addRoutes(messages, device, { index, replace: netns !== "child" });
  return messages.toOp(netns);
}

function addRoutes(
  messages: RouteMessages,
  { network, endpoint }: EndpointDevice,
  { index, replace }: { index: number; replace: boolean },
): void {
  if (isLayer3(network)) {
    messages.addDefaultDevice(index);
    return;
  }
  for (const gateway of [endpoint.gateway, endpoint.ipv6Gateway ?? ""])
    if (gateway !== "") messages.addDefaultRoute(gateway, { replace });
}

/** The way out of a namespace is this endpoint's from now on; without one there is none. */
export function defaultRouteOps(endpoint: Endpoint | undefined, pid: number): readonly Op[] {
  const gateways = [endpoint?.gateway ?? "", endpoint?.ipv6Gateway ?? ""];
  return gateways.map((gateway, index) => {
    const messages = new RouteMessages();
    if (gateway === "") messages.deleteDefaultRoute(index === 0 ? 4 : 6);
    else messages.addDefaultRoute(gateway, { replace: true });
    return messages.toOp(pid, true);
  });
}

/** What an endpoint's device is to be. */
export function endpointDevice(
  parts: Pick<EndpointDevice, "network" | "endpoint" | "parentIndex">,
  request: ConnectRequest,
): EndpointDevice {
  return {
    ...parts,
    name: request.deviceName ?? `eth${request.deviceIndex}`,
    portName: `veth${parts.endpoint.endpointId.slice(0, 7)}`,
    publishes: parts.endpoint.ports.length > 0,
    linkLocalIps: request.linkLocalIps ?? [],
    isGateway: request.isGateway ?? request.deviceIndex === 0,
  };
}

/** Takes the device away; the kernel does too, with the namespace it is in, but later. `pid`: of a process there, while it runs. */
export function removalOps(device: EndpointDevice | undefined, pid: number | undefined): readonly Op[] {
  if (device === undefined) return [];
  if (device.network.driver === "bridge")
    return [new RouteMessages().deleteLink(device.portName).toOp("current", true)];
  return pid === undefined ? [] : [new RouteMessages().deleteLink(device.name).toOp(pid, true)];
}

/** Whether containers of a network have a gateway's address, and not only a device, as their way out. */
export function hasGateway(network: Network): boolean {
  return leadsOut(network) && !isLayer3(network);
}

/** The modes of ipvlan in which everything is a neighbour. */
function isLayer3({ driver, options }: Network): boolean {
  return driver === "ipvlan" && (options["ipvlan_mode"] ?? "").startsWith("l3");
}
