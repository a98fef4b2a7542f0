import { EngineError } from "../base/errors.ts";
import type { Resources } from "./container.ts";

const MINIMUM_MEMORY_BYTES = 6 << 20;
/** Of a list of processors or memory nodes (moby's `pkg/sysinfo`). */
const MAXIMUM_SET_NUMBER = 8192;

/** What a machine can give. */
export interface MachineLimits {
  readonly cpus: number;
}

function refuse(message: string): never {
  throw new EngineError("invalid-argument", message);
}

/**
 * moby's `verifyPlatformContainerResources`, for cgroups of version 2. `update`: a change to a container, which may have limits
 * already. Answers the warnings about what is dropped ({@link effectiveResources}).
 * @throws EngineError invalid-argument
 */
export function validateResources(
  limits: Resources,
  machine: MachineLimits,
  options: { readonly update?: boolean } = {},
): readonly string[] {
  const { blkioWeight = 0, ioMaximumBandwidth = 0, ioMaximumIops = 0 } = limits;
  if (ioMaximumBandwidth !== 0) refuse("invalid option: QoS maximum bandwidth configuration is not supported on linux");
  if (ioMaximumIops !== 0) refuse("invalid option: QoS maximum IOPs configuration is not supported on linux");
  validateMemory(limits, options.update === true);
  validateCpu(limits, machine.cpus);
  validateSet(limits.cpusetCpus, { name: "cpus", what: "CPUs", count: machine.cpus });
  validateSet(limits.cpusetMems ?? "", { name: "mems", what: "memory nodes", count: 1 });
  if (blkioWeight > 0 && (blkioWeight < 10 || blkioWeight > 1000)) refuse("Range of blkio weight is from 10 to 1000");
  return dropped(limits);
}

function dropped(limits: Resources): readonly string[] {
  const noKernelLimit = (what: string): string =>
    `Your kernel does not support ${what} capabilities or the cgroup is not mounted. `;
  const { memorySwappiness, kernelMemoryBytes = 0, kernelMemoryTcpBytes = 0, cpuPercent = 0 } = limits;
  return [
    ...(memorySwappiness === undefined ? [] : [`${noKernelLimit("memory swappiness")}Memory swappiness discarded.`]),
    ...(kernelMemoryBytes > 0 ? [`${noKernelLimit("kernel memory limit")}Limitation discarded.`] : []),
    ...(kernelMemoryTcpBytes > 0 ? [`${noKernelLimit("kernel memory TCP limit")}Limitation discarded.`] : []),
    ...(limits.oomKillDisable ? ["Your kernel does not support OomKillDisable. OomKillDisable discarded."] : []),
    ...(cpuPercent > 0 ? ["linux does not support CPU percent. Percent discarded."] : []),
  ];
}

/** What is left of the limits once what the kernel has no file for is dropped, with Docker's default for swap. */
export function effectiveResources(limits: Resources): Resources {
  const { memorySwappiness: _, kernelMemoryBytes: _km, kernelMemoryTcpBytes: _kt, cpuPercent: _cp, ...kept } = limits;
  return {
    ...kept,
    memorySwapBytes:
      limits.memoryBytes > 0 && limits.memorySwapBytes === 0 ? limits.memoryBytes * 2 : limits.memorySwapBytes,
    // Zero and less is no limit.
    pidsLimit: Math.max(0, limits.pidsLimit),
    oomKillDisable: false,
  };
}

function validateMemory({ memoryBytes, memorySwapBytes, memoryReservationBytes }: Resources, update: boolean): void {
  if (memoryBytes !== 0 && memoryBytes < MINIMUM_MEMORY_BYTES) refuse("Minimum memory limit allowed is 6MB");
  if (memoryBytes > 0 && memorySwapBytes > 0 && memorySwapBytes < memoryBytes)
    refuse("Minimum memoryswap limit should be larger than memory limit, see usage");
  if (memoryBytes === 0 && memorySwapBytes > 0 && !update)
    refuse("You should always set the Memory limit when using Memoryswap limit, see usage");
  if (memoryReservationBytes > 0 && memoryReservationBytes < MINIMUM_MEMORY_BYTES)
    refuse("Minimum memory reservation allowed is 6MB");
  if (memoryBytes > 0 && memoryReservationBytes > memoryBytes)
    refuse("Minimum memory limit can not be less than memory reservation limit, see usage");
}

function validateCpu(limits: Resources, cpus: number): void {
  const { nanoCpus, cpuPeriodUs, cpuQuotaUs, cpuShares, cpuRealtimePeriodUs = 0, cpuRealtimeRuntimeUs = 0 } = limits;
  if (cpuRealtimePeriodUs !== 0 || cpuRealtimeRuntimeUs !== 0)
    refuse("kernel does not support CPU real-time scheduler");
  if (cpuShares < 0) refuse(`invalid CPU shares (${cpuShares}): value must be a positive integer`);
  if (nanoCpus > 0 && cpuPeriodUs > 0) refuse("Conflicting options: Nano CPUs and CPU Period cannot both be set");
  if (nanoCpus > 0 && cpuQuotaUs > 0) refuse("Conflicting options: Nano CPUs and CPU Quota cannot both be set");
  if (nanoCpus < 0 || nanoCpus > cpus * 1e9)
    refuse(`range of CPUs is from 0.01 to ${cpus}.00, as there are only ${cpus} CPUs available`);
  if (cpuPeriodUs !== 0 && (cpuPeriodUs < 1000 || cpuPeriodUs > 1_000_000))
    refuse("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
  if (cpuQuotaUs > 0 && cpuQuotaUs < 1000) refuse("CPU cfs quota can not be less than 1ms (i.e. 1000)");
}

/** `0-2,4`, of `count` things. */
function validateSet(text: string, { name, what, count }: { name: string; what: string; count: number }): void {
  if (text === "") return;
  const invalid = (reason: string): never => refuse(`Invalid value ${text} for cpuset ${name}: ${reason}`);
  const ends = text.split(",").map((part) => {
    const [, first = "", last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === "" || Number(last) < Number(first)) return invalid(`invalid format: ${text}`);
    return Number(last);
  });
  const highest = Math.max(...ends);
  if (highest > MAXIMUM_SET_NUMBER) invalid(`value of out range, maximum is ${MAXIMUM_SET_NUMBER}`);
  if (highest >= count)
    refuse(
      `Requested ${what} are not available - requested ${text}, available: ${count === 1 ? "0" : `0-${count - 1}`}`,
    );
}
