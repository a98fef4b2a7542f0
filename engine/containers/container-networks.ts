import type { Connection } from "../network/network.ts";
import { EngineError, messageOf } from "../base/errors.ts";
import type { Container, EndpointRecord, HostConfig, PortBinding } from "./container.ts";
import type { NetworkRequest } from "./container-service.ts";
import { type EngineContext } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";

/** `container:<name or id>` */
export function sharedContainer(mode: string): string | undefined {
  return /^container:(.+)$/.exec(mode)?.[1];
}

/** The networks a new container will be on: none are asked for addresses before it starts. */
export function plannedEndpoints(
  host: HostConfig,
  requests: Readonly<Record<string, NetworkRequest>>,
): Readonly<Record<string, EndpointRecord>> {
  if (sharedContainer(host.networkMode) !== undefined) return {};
  const names = new Set([
    host.networkMode,
    ...Object.keys(requests).map((name) => (name === "default" ? "bridge" : name)),
  ]);
  return Object.fromEntries(
    [...names].map((name) => [name, { ...EMPTY_ENDPOINT, aliases: requests[name]?.aliases ?? [] }]),
  );
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
 * Takes addresses and ports for a container that is about to start. The record has them afterwards.
 * @throws EngineError with Docker's words; nothing is held then
 */
export function connectNetworks(context: EngineContext, { record }: LiveContainer): Connection["ops"] {
  const ops: Connection["ops"][number][] = [];
  const endpoints: Record<string, EndpointRecord> = {};
  let deviceIndex = 0;
  try {
    for (const [name, planned] of Object.entries(record.endpoints)) {
      const { endpoint, ops: endpointOps } = context.networks.connect({
        containerId: record.id,
        containerName: record.name,
        network: name,
        deviceIndex,
        ports: deviceIndex === 0 ? wantedPorts(record) : [],
        aliases: planned.aliases,
        ...(record.fixedAddresses[name] && { ipAddress: record.fixedAddresses[name] }),
      });
      endpoints[name] = endpoint;
      ops.push(...endpointOps);
      deviceIndex += 1;
    }
  } catch (error) {
    for (const endpoint of Object.values(endpoints)) context.networks.disconnect(endpoint.endpointId);
    const kind = error instanceof EngineError ? error.kind : "internal";
    throw new EngineError(kind, `failed to set up container networking: ${messageOf(error)}`, { cause: error });
  }
  record.endpoints = endpoints;
  return ops;
}

/** `-p`, and with `-P` every exposed port that has none. */
function wantedPorts({ config, host }: Container): readonly PortBinding[] {
  if (!host.publishAllPorts) return host.portBindings;
  const bound = new Set(host.portBindings.map(({ container }) => `${container.port}/${container.protocol}`));
  const rest = config.exposedPorts.filter(({ port, protocol }) => !bound.has(`${port}/${protocol}`));
  return [...host.portBindings, ...rest.map((container) => ({ container, hostIp: "", hostPort: 0 }))];
}

/** Gives addresses and ports back, keeps the networks' names. Answers what the guest must do. */
export function disconnectNetworks(context: EngineContext, { record }: LiveContainer): Connection["ops"] {
  const ops: Connection["ops"][number][] = [];
  for (const [name, endpoint] of Object.entries(record.endpoints)) {
    if (endpoint.endpointId === "") continue;
    ops.push(...context.networks.disconnect(endpoint.endpointId));
    networkEvent(context, "disconnect", { name, endpoint, containerId: record.id });
  }
  record.endpoints = Object.fromEntries(
    Object.entries(record.endpoints).map(([name, { aliases, networkId }]) => [
      name,
      { ...EMPTY_ENDPOINT, aliases, networkId },
    ]),
  );
  return ops;
}

export function announceNetworks(context: EngineContext, { record }: LiveContainer): void {
  for (const [name, endpoint] of Object.entries(record.endpoints))
    networkEvent(context, "connect", { name, endpoint, containerId: record.id });
}

function networkEvent(
  context: EngineContext,
  action: string,
  { name, endpoint, containerId }: { name: string; endpoint: EndpointRecord; containerId: string },
): void {
  const { driver } = context.networks.get(endpoint.networkId);
  context.events.publish({
    type: "network",
    action,
    id: endpoint.networkId,
    attributes: { container: containerId, name, type: driver },
  });
}
