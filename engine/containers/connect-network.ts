import { EngineError, isKind } from "../base/errors.ts";
import type { Network } from "../network/network.ts";
import { validateEndpoint } from "../network/validate-endpoint.ts";
import { networkFiles } from "./container-network-files.ts";
import {
  connectedEndpoint,
  connectRequest,
  findNetwork,
  gatewayName,
  networkEvent,
  plannedEndpoint,
  resolverOps,
  sharedContainer,
  wantedPorts,
} from "./container-networks.ts";
import type { EndpointRequest } from "./container.ts";
import type { EngineContext } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";

/**
 * `docker network connect`: a running container gets the device at once, another at its start.
 * @throws EngineError in Docker's words
 */
export async function connectNetwork(
  context: EngineContext,
  container: LiveContainer,
  reference: string,
  request: EndpointRequest,
): Promise<void> {
  const { record, task } = container;
  refuseRemoval(container);
  const network = task === undefined ? findNetwork(context.networks, reference) : context.networks.get(reference);
  if (network === undefined) {
    // It may be there when the container starts.
    record.endpoints = { ...record.endpoints, [reference]: plannedEndpoint(request) };
    context.store.save(container);
    return;
  }
  validateEndpoint(network.name, network, request);
  const known = record.endpoints[network.name];
  if (task !== undefined && known !== undefined && known.endpointId !== "")
    throw new EngineError("forbidden", `endpoint with name ${record.name} already exists in network ${network.name}`);
  checkCombination(context, container, network);
  const planned = plannedEndpoint(request);
  if (task === undefined) {
    if (known === undefined) record.endpoints = { ...record.endpoints, [network.name]: planned };
    context.store.save(container);
    return;
  }
  await context.networks.ready();
  const isGateway = gatewayName(context, { ...record.endpoints, [network.name]: planned }) === network.name;
  const hasPorts = Object.values(record.endpoints).some(({ ports }) => ports.length > 0);
  const wanted = connectRequest(container, { name: network.name, planned, isGateway });
  const endpoint = await context.networks.connectRunning({ ...wanted, ports: hasPorts ? [] : wanted.ports }, task.pid);
  const connected = connectedEndpoint(record, { name: network.name, planned, endpoint });
  record.endpoints = { ...record.endpoints, [network.name]: connected };
  await context.runtime.run([...resolverOps(context, container), ...fileOps(context, container)]);
  context.store.save(container);
  networkEvent(context, "connect", { name: network.name, endpoint: connected, containerId: record.id });
}

/** @throws EngineError internal for a container that is going */
function refuseRemoval({ id, state: { status } }: LiveContainer): void {
  if (status === "removing" || status === "dead")
    throw new EngineError(
      "internal",
      `Container ${id} is marked for removal and cannot be connected or disconnected to the network`,
    );
}

/** Networks that exclude others. */
function checkCombination(context: EngineContext, { record }: LiveContainer, network: Network): void {
  const refuse = (message: string): never => {
    throw new EngineError("invalid-argument", message);
  };
  const mode = record.host.networkMode;
  const shared =
    "container sharing network namespace with another container or host cannot be connected to any other network";
  if (sharedContainer(mode) !== undefined) refuse(shared);
  if (mode !== "host" && network.driver === "host")
    refuse("cannot connect container to host network - container must be created in host network mode");
  for (const name of Object.keys(record.endpoints)) {
    if (name === network.name) continue;
    const other = context.networks.list().find((candidate) => candidate.name === name);
    if (other?.driver === "host" || network.driver === "host") refuse(shared);
    if (other?.driver === "null" || network.driver === "null")
      refuse("container cannot be connected to multiple networks with one of the networks in private (none) mode");
  }
}

/** `docker network disconnect`. @throws EngineError in Docker's words */
export async function disconnectNetwork(
  context: EngineContext,
  container: LiveContainer,
  reference: string,
): Promise<void> {
  const { record, task } = container;
  refuseRemoval(container);
  const network = task === undefined ? findNetwork(context.networks, reference) : context.networks.get(reference);
  const known = network?.name ?? reference;
  if (task !== undefined && record.host.networkMode === "host" && network?.driver === "host")
    throw new EngineError(
      "invalid-argument",
      "cannot disconnect container from host network - container was created in host network mode",
    );
  const { [known]: endpoint, ...rest } = record.endpoints;
  if (endpoint === undefined)
    throw new EngineError(
      "internal",
      `container ${record.id} is not connected to ${task === undefined ? "the network" : "network"} ${known}`,
    );
  record.endpoints = rest;
  if (task !== undefined && endpoint.endpointId !== "") {
    const ops = [...context.networks.disconnect(endpoint.endpointId, task.pid)];
    const name = gatewayName(context, rest) ?? "";
    const route = rest[name]?.endpointId === "" ? undefined : rest[name];
    // Published ports go with the way out.
    if (endpoint.ports.length > 0 && route !== undefined && context.networks.get(name).driver === "bridge") {
      const published = context.networks.publish(route.endpointId, wantedPorts(record));
      record.endpoints = { ...rest, [name]: { ...route, ports: published.endpoint.ports } };
      ops.push(...published.ops);
    }
    await context.runtime.run([...ops, ...context.networks.routeOps(route, task.pid), ...fileOps(context, container)]);
    networkEvent(context, "disconnect", { name: known, endpoint, containerId: record.id });
  }
  context.store.save(container);
}

/** `--force`, for a container that is not there: an endpoint of that name goes. @throws EngineError not-found */
export function missingEndpoint(error: unknown, reference: string, force: boolean): unknown {
  return force && isKind(error, "not-found") ? new EngineError("not-found", `endpoint ${reference} not found`) : error;
}

/** `/etc/hosts` and `/etc/resolv.conf` of a container that runs, as they should be now. */
function fileOps(context: EngineContext, { record }: LiveContainer): Parameters<EngineContext["runtime"]["run"]>[0] {
  return networkFiles(context, record)
    .filter(({ destination }) => destination !== "/etc/hostname")
    .map(({ path, content, mode }) => ({ op: "write", path, data: content, ...(mode !== undefined && { mode }) }));
}
