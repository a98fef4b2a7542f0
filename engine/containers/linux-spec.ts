import type { SeccompProfile, SpecLinux, SpecNamespace } from "../oci/runtime-spec.ts";
import { tweakCapabilities } from "../runtime/capabilities.ts";
import {
  DEFAULT_DEVICE_RULES,
  DEFAULT_DEVICES,
  DEFAULT_SYSCTLS,
  MASKED_PATHS,
  READONLY_PATHS,
} from "../runtime/default-spec.ts";
import { defaultSeccompProfile } from "../runtime/seccomp/default-profile.ts";
import { loadSeccompProfile } from "../runtime/seccomp/load-profile.ts";
import type { SpecContext } from "./container-spec.ts";
import { cleanPath } from "./mount-request.ts";
import type { Container, HostConfig } from "./container.ts";
import { makeResources } from "./resource-spec.ts";
import { parseSecurityOptions } from "./security-options.ts";

/** What belongs to the kernel in a container's spec. */
export function makeLinux({ id, host }: Container, { shared, devices }: SpecContext): SpecLinux {
  const seccomp = seccompOf(host);
  const nodes = new Map([...DEFAULT_DEVICES, ...devices.nodes].map((node) => [node.path, node]));
  return {
    namespaces: makeNamespaces(host, shared),
    cgroupsPath: `${host.cgroupParent === undefined ? "/docker" : cleanPath(host.cgroupParent).replace(/^\/$/, "")}/${id}`,
    resources: { ...makeResources(host.resources, devices.numbers), devices: deviceRules(host, devices.rules) },
    devices: [...nodes.values()],
    sysctl: { ...(isPrivateNetwork(host) ? DEFAULT_SYSCTLS : {}), ...host.sysctls },
    ...(seccomp !== undefined && { seccomp }),
    maskedPaths: host.maskedPaths ?? (host.privileged ? [] : MASKED_PATHS),
    readonlyPaths: host.readonlyPaths ?? (host.privileged ? [] : READONLY_PATHS),
  };
}

function deviceRules(
  { privileged }: HostConfig,
  own: SpecContext["devices"]["rules"],
): NonNullable<SpecLinux["resources"]>["devices"] {
  if (privileged) return [{ allow: true, type: "a", access: "rwm" }];
  return own.length === 0 ? DEFAULT_DEVICE_RULES : [...DEFAULT_DEVICE_RULES, ...own];
}

/** Whose network is the machine's or another container's does not change it. */
function isPrivateNetwork({ networkMode }: HostConfig): boolean {
  return networkMode !== "host" && !networkMode.startsWith("container:");
}

/** moby's `daemon/seccomp_linux.go`. Undefined: unconfined. @throws EngineError internal for a profile that is none */
function seccompOf(host: HostConfig): SeccompProfile | undefined {
  const { seccomp } = parseSecurityOptions(host.securityOpt);
  if (seccomp === "unconfined") return undefined;
  const capabilities = tweakCapabilities(host.capAdd, host.capDrop, host.privileged);
  if (seccomp !== undefined && seccomp !== "builtin") return loadSeccompProfile(seccomp, capabilities);
  return host.privileged ? undefined : defaultSeccompProfile(capabilities);
}

function makeNamespaces(host: HostConfig, shared: SpecContext["shared"]): readonly SpecNamespace[] {
  const join = (type: "network" | "pid" | "ipc", mode: string, file: string): readonly SpecNamespace[] => {
    const pid = shared[type];
    if (pid !== undefined) return [{ type, path: `/proc/${pid}/ns/${file}` }];
    return mode === "host" ? [] : [{ type }];
  };
  return [
    { type: "mount" },
    ...join("network", host.networkMode, "net"),
    ...(host.utsMode === "host" ? [] : [{ type: "uts" as const }]),
    ...join("pid", host.pidMode, "pid"),
    ...join("ipc", host.ipcMode, "ipc"),
    ...(host.cgroupnsMode === "host" ? [] : [{ type: "cgroup" as const }]),
  ];
}
