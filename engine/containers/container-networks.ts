import { EngineError, isKind, messageOf } from "../base/errors.ts";
import type { Connection, Network } from "../network/network.ts";
import { isPredefinedName, leadsOut } from "../network/network-registry.ts";
import { validateEndpoint } from "../network/validate-endpoint.ts";
import { shortId } from "./container-id.ts";
import type {
  Container,
  ContainerConfig,
  EndpointRecord,
  EndpointRequest,
  HostConfig,
  PortBinding,
} from "./container.ts";
import type { EngineContext } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";

type Ops = Connection["ops"];

/** The one driver option of an endpoint: the device's name in the container. */
const INTERFACE_NAME = "com.docker.network.endpoint.ifname";

/** `container:<name or id>` */
export function sharedContainer(mode: string): string | undefined {
  return /^container:(.+)$/.exec(mode)?.[1];
}

export const EMPTY_ENDPOINT: EndpointRecord = {
  networkId: "",
  endpointId: "",
  macAddress: "",
  ipAddress: "",
  prefixLength: 0,
  gateway: "",
  aliases: [],
  ports: [],
};

/**
 * The networks a new container will be on: none are asked for addresses before it starts.
 * @throws EngineError invalid-argument `invalid config for network x: …`
 */
export function plannedEndpoints(
  { networks }: Pick<EngineContext, "networks">,
  { host, config }: { readonly host: HostConfig; readonly config: Pick<ContainerConfig, "macAddress"> },
  requests: Readonly<Record<string, EndpointRequest>>,
): Readonly<Record<string, EndpointRecord>> {
  if (sharedContainer(host.networkMode) !== undefined) return {};
  const mode = host.networkMode;
  const all = Object.keys(requests).length > 0 ? requests : { [mode]: {} };
  return Object.fromEntries(
    Object.entries(all).map(([key, given]) => {
      const network = findNetwork(networks, key === "default" ? "bridge" : key);
      const name = network?.name ?? (key === "default" ? "bridge" : key);
      const isOwn = name === mode || key === mode;
      const request = isOwn && config.macAddress ? { macAddress: config.macAddress, ...given } : given;
      try {
        validateEndpoint(name, network, request);
      } catch (error) {
        throw new EngineError("invalid-argument", `invalid config for network ${key}: ${messageOf(error)}`, {
          cause: error,
        });
      }
      return [name, plannedEndpoint(request)];
    }),
  );
}

export function plannedEndpoint(request: EndpointRequest): EndpointRecord {
  return { ...EMPTY_ENDPOINT, aliases: request.aliases ?? [], request };
}

/** By name, id or unique id prefix; undefined when there is none. */
export function findNetwork(networks: EngineContext["networks"], reference: string): Network | undefined {
  try {
    return networks.get(reference);
  } catch (error) {
    if (isKind(error, "not-found")) return undefined;
    throw error;
  }
}

/**
 * Takes addresses and ports for a container that is about to start. The record has them afterwards.
 * @throws EngineError with Docker's words; nothing is held then
 */
export function connectNetworks(context: EngineContext, container: LiveContainer): Ops {
  const { record } = container;
  const ops: Ops[number][] = [];
  const endpoints: Record<string, EndpointRecord> = {};
  const names = Object.keys(record.endpoints).toSorted();
  container.devices = 0;
  try {
    const gateway = gatewayName(context, record.endpoints);
    for (const name of names) {
      const planned = record.endpoints[name] as EndpointRecord;
      const connection = context.networks.connect(
        connectRequest(container, { name, planned, isGateway: name === gateway }),
      );
      endpoints[name] = connectedEndpoint(record, { name, planned, endpoint: connection.endpoint });
      ops.push(...connection.ops);
    }
  } catch (error) {
    for (const endpoint of Object.values(endpoints)) context.networks.disconnect(endpoint.endpointId);
    const kind = error instanceof EngineError ? error.kind : "internal";
    throw new EngineError(kind, `failed to set up container networking: ${messageOf(error)}`, { cause: error });
  }
  // The names keep the order in which they were asked for.
  record.endpoints = Object.fromEntries(
    Object.keys(record.endpoints).map((name) => [name, endpoints[name] as EndpointRecord]),
  );
  return [...ops, ...resolverOps(context, container)];
}

/** The next device of the container's. */
export function connectRequest(
  container: LiveContainer,
  { name, planned, isGateway }: { name: string; planned: EndpointRecord; isGateway: boolean },
): Parameters<EngineContext["networks"]["connect"]>[0] {
  const { record } = container;
  const { ipAddress, ipv6Address, linkLocalIps, macAddress, driverOptions } = planned.request ?? {};
  const deviceName = driverOptions?.[INTERFACE_NAME];
  return {
    containerId: record.id,
    containerName: record.name,
    network: name,
    deviceIndex: container.devices++,
    ports: isGateway ? wantedPorts(record) : [],
    aliases: planned.aliases,
    dnsNames: () => dnsNamesOf(record, planned.aliases),
    isGateway,
    ...(ipAddress && { ipAddress }),
    ...(ipv6Address && { ipv6Address }),
    ...(linkLocalIps && { linkLocalIps }),
    ...(macAddress && { macAddress }),
    ...(deviceName && { deviceName }),
  };
}

export function connectedEndpoint(
  record: Container,
  { name, planned, endpoint }: { name: string; planned: EndpointRecord; endpoint: Connection["endpoint"] },
): EndpointRecord {
  return {
    ...endpoint,
    ...(planned.request && { request: planned.request }),
    ...(!isPredefinedName(name) && { dnsNames: dnsNamesOf(record, planned.aliases) }),
  };
}

/** The order is Docker's; the first is what an address of the container answers to. */
function dnsNamesOf({ id, name, config }: Container, aliases: readonly string[]): readonly string[] {
  return [...new Set([name, ...aliases, shortId(id), config.hostname].filter((text) => text !== ""))];
}

/**
 * Which network is the container's way out: of those that lead out the one with the highest priority, then the first by name
 * (moby's `libnetwork/sandbox.go`).
 */
export function gatewayName(
  { networks }: EngineContext,
  endpoints: Readonly<Record<string, EndpointRecord>>,
): string | undefined {
  const [best] = Object.entries(endpoints)
    .filter(([name]) => {
      const network = findNetwork(networks, name);
      return network !== undefined && leadsOut(network);
    })
    .map(([name, { request }]) => ({ name, priority: request?.gatewayPriority ?? 0 }))
    .toSorted((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1));
  return best?.name;
}

/** `-p`, and with `-P` every exposed port that has none. */
export function wantedPorts({ config, host }: Container): readonly PortBinding[] {
  const keyOf = ({ port, protocol }: PortBinding["container"]): string => `${port}/${protocol}`;
  // As with Docker, whose command line exposes what it publishes: a binding of a port that is not exposed has no effect.
  const exposed = new Set(config.exposedPorts.map(keyOf));
  const bindings = host.portBindings.filter(({ container }) => exposed.has(keyOf(container)));
  if (!host.publishAllPorts) return bindings;
  const bound = new Set(bindings.map(({ container }) => keyOf(container)));
  const rest = config.exposedPorts.filter((port) => !bound.has(keyOf(port)));
  return [...bindings, ...rest.map((container) => ({ container, hostIp: "", hostPort: 0 }))];
}

/** Whether the container asks Docker's own name server: it does on networks that somebody made. */
export function hasResolver(endpoints: Readonly<Record<string, EndpointRecord>>): boolean {
  return Object.keys(endpoints).some((name) => !isPredefinedName(name));
}

/** Starts the container's name server where it needs one and has none. */
export function resolverOps(context: EngineContext, container: LiveContainer): Ops {
  const { id, endpoints, host } = container.record;
  if (!hasResolver(endpoints)) return [];
  const links = Object.values(endpoints).flatMap(({ request }) => request?.links ?? []);
  return context.networks.resolve({
    containerId: id,
    servers: host.dns.length > 0 ? host.dns : context.nameServers,
    links: Object.fromEntries(
      links.map((link) => link.split(":", 2)).map(([name = "", alias = name]) => [alias, name]),
    ),
    ndotsSet: (host.dnsOptions ?? []).some((option) => option.startsWith("ndots:")),
    pid: () => container.task?.pid,
  });
}

/** Gives addresses and ports back, keeps the networks' names. Answers what the guest must do. */
export function disconnectNetworks(context: EngineContext, { record }: LiveContainer): Ops {
  const ops: Ops[number][] = [...context.networks.endResolve(record.id)];
  for (const [name, endpoint] of Object.entries(record.endpoints)) {
    if (endpoint.endpointId === "") continue;
    ops.push(...context.networks.disconnect(endpoint.endpointId));
    networkEvent(context, "disconnect", { name, endpoint, containerId: record.id });
  }
  record.endpoints = Object.fromEntries(
    Object.entries(record.endpoints).map(([name, endpoint]) => [name, { ...offline(endpoint) }]),
  );
  return ops;
}

/** An endpoint of a container that does not run. */
export function offline({ aliases, networkId, request, dnsNames }: EndpointRecord): EndpointRecord {
  return { ...EMPTY_ENDPOINT, aliases, networkId, ...(request && { request }), ...(dnsNames && { dnsNames }) };
}

export function announceNetworks(context: EngineContext, { record }: LiveContainer): void {
  for (const [name, endpoint] of Object.entries(record.endpoints))
    networkEvent(context, "connect", { name, endpoint, containerId: record.id });
}

export function networkEvent(
  context: EngineContext,
  action: "connect" | "disconnect",
  { name, endpoint, containerId }: { name: string; endpoint: EndpointRecord; containerId: string },
): void {
  const driver = context.networks.list().find(({ id }) => id === endpoint.networkId)?.driver ?? "bridge";
  context.events.publish({
    type: "network",
    action,
    id: endpoint.networkId,
    attributes: { container: containerId, name, type: driver },
  });
}
