import { EngineError } from "../base/errors.ts";
import { tryParseAddress } from "../network/addresses.ts";
import { parseSignal } from "../runtime/signals.ts";
import { tweakCapabilities } from "../runtime/capabilities.ts";
import { validateHealthcheck } from "./healthcheck.ts";
import { validateLogConfig } from "./log-config.ts";
import type { ContainerConfig, HostConfig } from "./container.ts";
import { validateNetworkMode } from "./validate-network-mode.ts";
import { parseSecurityOptions } from "./security-options.ts";
import { type MachineLimits, validateResources } from "./validate-resources.ts";

function refuse(message: string): never {
  throw new EngineError("invalid-argument", message);
}

/**
 * What moby's `runconfig/`, `daemon/container.go` and `daemon_unix.go` refuse of a request, in their words and order; answers
 * warnings. Nothing of the image is needed.
 * @throws EngineError invalid-argument, internal (as Docker) for options of security and storage
 */
export function validateConfig(
  config: Partial<ContainerConfig>,
  host: HostConfig,
  machine: MachineLimits,
): readonly string[] {
  validateModes(config, host);
  validatePortable(config);
  if (host.autoRemove && host.restartPolicy.name !== "no")
    refuse("can't create 'AutoRemove' container with restart policy");
  validateRestartPolicy(host);
  tweakCapabilities(host.capAdd, host.capDrop);
  if (Object.keys(host.annotations ?? {}).includes(""))
    refuse("invalid Annotations: the empty string is not permitted as an annotation key");
  const warnings = validateResources(host.resources, machine);
  validateNamespaces(host);
  for (const entry of host.extraHosts) validateExtraHost(entry);
  if (!RUNTIMES.has(host.runtime ?? "runc")) refuse(`unknown or invalid runtime name: ${host.runtime}`);
  validateNetworkMode(config, host);
  if (host.logConfig !== undefined) validateLogConfig(host.logConfig);
  parseSecurityOptions(host.securityOpt);
  validateStorage(host);
  return [...warnings, ...portWarnings(host), ...macWarnings(config)];
}

/** The one runtime, by its name and by its shim's. */
const RUNTIMES: ReadonlySet<string> = new Set(["runc", "io.containerd.runc.v2"]);

function validateModes({ hostname = "" }: Partial<ContainerConfig>, { utsMode, isolation = "" }: HostConfig): void {
  if (utsMode === "host" && hostname !== "") refuse("conflicting options: hostname and the UTS mode");
  if (!["", "default"].includes(isolation.toLowerCase()))
    refuse(`invalid isolation (${isolation}): linux only supports 'default'`);
}

function validatePortable(config: Partial<ContainerConfig>): void {
  const { workingDir = "", stopSignal = "", env = [] } = config;
  if (workingDir !== "" && !workingDir.startsWith("/"))
    refuse(`the working directory '${workingDir}' is invalid, it needs to be an absolute path`);
  if (stopSignal !== "") parseSignal(stopSignal);
  for (const variable of env)
    if (variable.startsWith("=") || variable === "") refuse(`invalid environment variable: ${variable}`);
  validateHealthcheck(config.healthcheck);
}

function validateNamespaces(host: HostConfig): void {
  const { ipcMode, pidMode, utsMode, cgroupnsMode = "", oomScoreAdj = 0 } = host;
  const sharing = /^container:.+/;
  if (!["", "none", "private", "shareable", "host"].includes(ipcMode) && !sharing.test(ipcMode))
    refuse(`invalid IPC mode: ${ipcMode}`);
  if (!["", "host"].includes(pidMode) && !sharing.test(pidMode)) refuse(`invalid PID mode: ${pidMode}`);
  if (host.shmSizeBytes < 0) refuse("SHM size can not be less than 0");
  if (!["", "host"].includes(utsMode)) refuse(`invalid UTS mode: ${utsMode}`);
  if (oomScoreAdj < -1000 || oomScoreAdj > 1000)
    refuse(`Invalid value ${oomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  if (!["", "private", "host"].includes(cgroupnsMode)) refuse(`invalid cgroup namespace mode: ${cgroupnsMode}`);
}

/** `name:address`, where the address may be the machine's own (`host-gateway`). */
function validateExtraHost(entry: string): void {
  const colon = entry.indexOf(":");
  if (colon <= 0) refuse(`bad format for add-host: ${JSON.stringify(entry)}`);
  const address = entry.slice(colon + 1);
  if (address !== "host-gateway" && tryParseAddress(address.replace(/^\[(.*)\]$/, "$1")) === undefined)
    refuse(`invalid IP address in add-host: ${JSON.stringify(address)}`);
}

/** overlay2 on a file system without quota. */
function validateStorage({ storageOpt = {} }: HostConfig): void {
  for (const name of Object.keys(storageOpt)) {
    throw new EngineError(
      "internal",
      name.toLowerCase() === "size"
        ? "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"
        : `Unknown option ${name}`,
    );
  }
}

function macWarnings({ macAddress = "" }: Partial<ContainerConfig>): readonly string[] {
  if (macAddress === "") return [];
  return ["The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead."];
}

function portWarnings({ networkMode, portBindings }: HostConfig): readonly string[] {
  const discarded = networkMode === "host" && portBindings.length > 0;
  return discarded ? ["Published ports are discarded when using host network mode"] : [];
}

function validateRestartPolicy({ restartPolicy }: HostConfig): void {
  const { name, maximumRetryCount } = restartPolicy;
  if (maximumRetryCount !== 0 && name !== "on-failure")
    refuse("invalid restart policy: maximum retry count can only be used with 'on-failure'");
  if (maximumRetryCount < 0) refuse("invalid restart policy: maximum retry count cannot be negative");
}
