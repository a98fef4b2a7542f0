import { EngineError } from "../base/errors.ts";
import type { ContainerStore } from "./container-store.ts";
import { sharedContainer } from "./container-networks.ts";
import type { HostConfig } from "./container.ts";
import { effectiveResources } from "./validate-resources.ts";

/**
 * What Docker makes of a valid request (moby's `adaptContainerSettings`): containers whose namespaces are shared are named by id,
 * because names can change; what the kernel cannot limit is dropped.
 * @throws EngineError invalid-argument for a container that is not there
 */
export function adaptHostConfig(host: HostConfig, store: Pick<ContainerStore, "get">): HostConfig {
  return {
    ...host,
    pidMode: byId(host.pidMode, store, !saysLabel(host)),
    ipcMode: byId(host.ipcMode, store, !saysLabel(host)),
    networkMode: byId(host.networkMode, store, false),
    securityOpt: [...host.securityOpt, ...(isUnlabelled(host) ? ["label=disable"] : [])],
    resources: effectiveResources(host.resources),
  };
}

/** `required`: Docker looks at the other's labels now; otherwise the start says that it is not there. */
function byId(mode: string, store: Pick<ContainerStore, "get">, required: boolean): string {
  const reference = sharedContainer(mode);
  if (reference === undefined) return mode;
  try {
    return `container:${store.get(reference).id}`;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (required) throw new EngineError("invalid-argument", error.message, { cause: error });
    return mode;
  }
}

function saysLabel({ securityOpt }: HostConfig): boolean {
  return securityOpt.some((option) => option.split("=", 1)[0] === "label");
}

/** Docker turns SELinux's labels off for what shares with the machine, and says so. */
function isUnlabelled(host: HostConfig): boolean {
  return !saysLabel(host) && (host.ipcMode === "host" || host.pidMode === "host" || host.privileged);
}
