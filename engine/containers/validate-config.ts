import { EngineError } from "../base/errors.ts";
import { parseSignal } from "../runtime/signals.ts";
import { tweakCapabilities } from "../runtime/capabilities.ts";
import type { ContainerConfig, HostConfig, Resources } from "./container.ts";

const MINIMUM_MEMORY_BYTES = 6 << 20;

function refuse(message: string): never {
  throw new EngineError("invalid-argument", message);
}

/**
 * What moby's `daemon/container.go` and `daemon_unix.go` refuse, in their words; answers warnings.
 * @throws EngineError invalid-argument
 */
export function validateConfig(
  config: ContainerConfig,
  host: HostConfig,
  machine: { cpus: number },
): readonly string[] {
  if (config.workingDir !== "" && !config.workingDir.startsWith("/")) {
    refuse(`the working directory '${config.workingDir}' is invalid, it needs to be an absolute path`);
  }
  if (config.stopSignal !== "") parseSignal(config.stopSignal);
  for (const variable of config.env)
    if (variable.startsWith("=") || variable === "") refuse(`invalid environment variable: ${variable}`);
  tweakCapabilities(host.capAdd, host.capDrop);
  validateRestartPolicy(host);
  validateNetworkMode(host);
  for (const option of host.securityOpt) {
    if (
      !/^(?:no-new-privileges(?:[:=](?:true|false))?|seccomp[:=].+|apparmor[:=].+|label[:=].+|systempaths=unconfined)$/.test(
        option,
      )
    ) {
      refuse(`invalid --security-opt 2: "${option}"`);
    }
  }
  return [...validateResources(host.resources, machine), ...limitations(host)];
}

/** What Docker accepts and discards with a word, and what this engine cannot do yet. */
function limitations(host: HostConfig): readonly string[] {
  return [
    ...(host.resources.oomKillDisable
      ? ["Your kernel does not support OomKillDisable. OomKillDisable discarded."]
      : []),
    ...(host.init ? ["--init is not supported here: the container's program is its own init."] : []),
    ...(host.networkMode === "host" && (host.portBindings.length > 0 || host.publishAllPorts)
      ? ["Published ports are discarded when using host network mode"]
      : []),
  ];
}

function validateRestartPolicy({ restartPolicy, autoRemove }: HostConfig): void {
  const { name, maximumRetryCount } = restartPolicy;
  if (autoRemove && name !== "no") refuse("can't create 'AutoRemove' container with restart policy");
  if (maximumRetryCount !== 0 && name !== "on-failure")
    refuse("invalid restart policy: maximum retry count can only be used with 'on-failure'");
  if (maximumRetryCount < 0) refuse("invalid restart policy: maximum retry count cannot be negative");
}

function validateNetworkMode(host: HostConfig): void {
  if (!host.networkMode.startsWith("container:")) return;
  if (host.portBindings.length > 0 || host.publishAllPorts)
    refuse("conflicting options: port publishing and the container type network mode");
  if (host.extraHosts.length > 0) refuse("conflicting options: custom host-to-IP mapping and the network mode");
  if (host.dns.length > 0) refuse("conflicting options: dns and the network mode");
}

/** moby's `verifyPlatformContainerResources`. @throws EngineError invalid-argument */
export function validateResources(limits: Resources, { cpus }: { cpus: number }): readonly string[] {
  validateMemory(limits);
  validateCpu(limits, cpus);
  if (limits.pidsLimit < -1) refuse(`invalid pids limit: ${limits.pidsLimit}`);
  if (limits.cpusetCpus !== "") validateCpuset(limits.cpusetCpus, cpus);
  return [];
}

function validateMemory({ memoryBytes, memorySwapBytes, memoryReservationBytes }: Resources): void {
  if (memoryBytes !== 0 && memoryBytes < MINIMUM_MEMORY_BYTES) refuse("Minimum memory limit allowed is 6MB");
  if (memoryBytes > 0 && memorySwapBytes > 0 && memorySwapBytes < memoryBytes) {
    refuse("Minimum memoryswap limit should be larger than memory limit, see usage");
  }
  if (memoryBytes === 0 && memorySwapBytes > 0) {
    refuse("You should always set the Memory limit when using Memoryswap limit, see usage");
  }
  if (memoryReservationBytes !== 0 && memoryReservationBytes < MINIMUM_MEMORY_BYTES) {
    refuse("Minimum memory reservation allowed is 6MB");
  }
  if (memoryBytes > 0 && memoryReservationBytes > memoryBytes) {
    refuse("Minimum memory limit can not be less than memory reservation limit, see usage");
  }
}

function validateCpu({ nanoCpus, cpuPeriodUs, cpuQuotaUs, cpuShares }: Resources, cpus: number): void {
  if (nanoCpus !== 0 && (cpuPeriodUs !== 0 || cpuQuotaUs !== 0)) {
    refuse(`Conflicting options: Nano CPUs and CPU ${cpuPeriodUs === 0 ? "Quota" : "Period"} cannot both be set`);
  }
  if (nanoCpus < 0 || nanoCpus > cpus * 1e9) {
    refuse(`range of CPUs is from 0.01 to ${cpus}.00, as there are only ${cpus} CPUs available`);
  }
  if (cpuPeriodUs !== 0 && (cpuPeriodUs < 1000 || cpuPeriodUs > 1_000_000)) {
    refuse("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
  }
  if (cpuQuotaUs > 0 && cpuQuotaUs < 1000) refuse("CPU cfs quota can not be less than 1ms (i.e. 1000)");
  if (cpuShares < 0) refuse(`invalid CPU shares (${cpuShares}): value must be a positive integer`);
}

function validateCpuset(text: string, cpus: number): void {
  const ranges = text.split(",").map((part) => /^(\d+)(?:-(\d+))?$/.exec(part));
  if (ranges.some((range) => range === null)) refuse(`Invalid value ${text} for cpuset cpus`);
  const highest = Math.max(...ranges.map((range) => Number(range?.[2] ?? range?.[1])));
  if (highest >= cpus)
    refuse(`Requested CPUs are not available - requested ${text}, available: ${cpus === 1 ? "0" : `0-${cpus - 1}`}`);
}
