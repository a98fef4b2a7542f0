import { EngineError } from "../base/errors.ts";
import type { ContainerConfig, HostConfig } from "./container.ts";

/**
 * What cannot be said of a container that shares another's network, or the machine's (moby's `runconfig/hostconfig_unix.go`).
 * @throws EngineError invalid-argument in its words
 */
export function validateNetworkMode(config: Partial<ContainerConfig>, host: HostConfig): void {
  const { networkMode, links = [] } = host;
  const refuse = (what: string): never => {
    throw new EngineError("invalid-argument", what);
  };
  const undefinedBehaviour = "This would result in undefined behavior";
  if (networkMode === "host" && links.length > 0)
    refuse(`conflicting options: host type networking can't be used with links. ${undefinedBehaviour}`);
  if (networkMode !== "container" && !networkMode.startsWith("container:")) return;
  if (networkMode === "container" || networkMode === "container:")
    refuse("invalid network mode: invalid container format container:<name|id>");
  if ((config.hostname ?? "") !== "") refuse("conflicting options: hostname and the network mode");
  if (links.length > 0)
    refuse(`conflicting options: container type network can't be used with links. ${undefinedBehaviour}`);
  if (host.dns.length > 0) refuse("conflicting options: dns and the network mode");
  if (host.extraHosts.length > 0) refuse("conflicting options: custom host-to-IP mapping and the network mode");
  if (host.portBindings.length > 0 || host.publishAllPorts)
    refuse("conflicting options: port publishing and the container type network mode");
  if ((config.exposedPorts ?? []).length > 0)
    refuse("conflicting options: port exposing and the container type network mode");
}
