import type { ContainerModel, EndpointModel, NetworkRequestModel, PortBindingModel } from "./model.ts";
import { formatPortSpec, publishedAddresses, type WirePortBinding, type WirePortMap } from "./ports.ts";

/** A container's place on one network (`EndpointSettings`), in Docker's order of fields. */
export interface WireEndpoint {
  readonly IPAMConfig: Readonly<Record<string, unknown>> | null;
  readonly Links: readonly string[] | null;
  readonly Aliases: readonly string[] | null;
  readonly MacAddress: string;
  readonly DriverOpts: Readonly<Record<string, string>> | null;
  readonly GwPriority: number;
  readonly NetworkID: string;
  readonly EndpointID: string;
  readonly Gateway: string;
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly IPv6Gateway: string;
  readonly GlobalIPv6Address: string;
  readonly GlobalIPv6PrefixLen: number;
  readonly DNSNames: readonly string[] | null;
}

const NO_ADDRESS = {
  macAddress: "",
  ipAddress: "",
  prefixLength: 0,
  gateway: "",
  ipv6Address: "",
  ipv6PrefixLength: 0,
  ipv6Gateway: "",
  endpointId: "",
};

/** True while the container has a network namespace. */
export function isOnline(container: ContainerModel): boolean {
  return container.state.status === "running" || container.state.status === "paused";
}

/** `NetworkSettings.Networks`: addresses only while it runs. */
export function toWireEndpoints(container: ContainerModel): Record<string, WireEndpoint> {
  const online = isOnline(container);
  // Also when a first start has failed.
  const isNew = container.state.status === "created";
  return Object.fromEntries(
    Object.entries(container.endpoints).map(([name, endpoint]) => [
      name,
      toWireEndpoint(online ? endpoint : { ...endpoint, ...NO_ADDRESS, ...(isNew && { networkId: "" }) }),
    ]),
  );
}

function toWireEndpoint(endpoint: EndpointModel): WireEndpoint {
  const request = endpoint.request ?? {};
  return {
    IPAMConfig: toIpamConfig(request),
    Links: request.links ?? null,
    Aliases: endpoint.aliases.length > 0 ? endpoint.aliases : null,
    // What was asked for, until it has one.
    MacAddress: endpoint.macAddress || (request.macAddress ?? ""),
    DriverOpts: request.driverOptions ?? null,
    GwPriority: request.gatewayPriority ?? 0,
    NetworkID: endpoint.networkId,
    EndpointID: endpoint.endpointId,
    Gateway: endpoint.gateway,
    IPAddress: endpoint.ipAddress,
    IPPrefixLen: endpoint.prefixLength,
    IPv6Gateway: endpoint.ipv6Gateway ?? "",
    GlobalIPv6Address: endpoint.ipv6Address ?? "",
    GlobalIPv6PrefixLen: endpoint.ipv6PrefixLength ?? 0,
    DNSNames: endpoint.dnsNames ?? null,
  };
}

function toIpamConfig(request: NetworkRequestModel): Readonly<Record<string, unknown>> | null {
  if (request.hasIpamConfig !== true) return null;
  return {
    ...(request.ipAddress && { IPv4Address: request.ipAddress }),
    ...(request.ipv6Address && { IPv6Address: request.ipv6Address }),
    ...(request.linkLocalIps && { LinkLocalIPs: request.linkLocalIps }),
  };
}

/** All that is published now. */
export function publishedPorts(container: ContainerModel): readonly PortBindingModel[] {
  return isOnline(container) ? Object.values(container.endpoints).flatMap((endpoint) => endpoint.ports) : [];
}

/** `NetworkSettings.Ports`: published ports with their addresses, exposed ones as null; empty when it does not run. */
function toPublishedPortMap(container: ContainerModel): WirePortMap {
  if (!isOnline(container)) return {};
  const map: Record<string, WirePortBinding[] | null> = {};
  for (const port of container.config.exposedPorts) map[formatPortSpec(port)] = null;
  for (const binding of publishedPorts(container)) {
    const list = (map[formatPortSpec(binding.container)] ??= []);
    for (const HostIp of publishedAddresses(binding)) list.push({ HostIp, HostPort: String(binding.hostPort) });
  }
  return map;
}

/** `NetworkSettings` of `inspect`; the fields at its top are those of the default bridge. */
export function toNetworkSettings(container: ContainerModel): Record<string, unknown> {
  const networks = toWireEndpoints(container);
  const bridge = networks["bridge"];
  const sandbox = isOnline(container) ? container.id : "";
  return {
    Bridge: "",
    SandboxID: sandbox,
    SandboxKey: sandbox === "" ? "" : `/run/docker/netns/${sandbox.slice(0, 12)}`,
    Ports: toPublishedPortMap(container),
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: bridge?.EndpointID ?? "",
    Gateway: bridge?.Gateway ?? "",
    GlobalIPv6Address: bridge?.GlobalIPv6Address ?? "",
    GlobalIPv6PrefixLen: bridge?.GlobalIPv6PrefixLen ?? 0,
    IPAddress: bridge?.IPAddress ?? "",
    IPPrefixLen: bridge?.IPPrefixLen ?? 0,
    IPv6Gateway: bridge?.IPv6Gateway ?? "",
    MacAddress: bridge?.MacAddress ?? "",
    Networks: networks,
  };
}
