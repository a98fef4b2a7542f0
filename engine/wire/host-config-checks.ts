import { EngineError } from "../base/errors.ts";
import type { HostModel, ResourcesModel } from "./model.ts";

const MIN_MEMORY_BYTES = 6 << 20;
const RESTART_POLICIES = ["no", "always", "on-failure", "unless-stopped"];

/** Docker's own checks of a `HostConfig`, in Docker's words. @throws EngineError invalid-argument */
export function checkHost(host: Partial<HostModel>): void {
  const problem =
    (host.resources && memoryProblem(host.resources)) ??
    (host.resources && cpuProblem(host.resources)) ??
    hostProblem(host);
  if (problem !== undefined) throw new EngineError("invalid-argument", problem);
}

/** @throws EngineError invalid-argument */
export function checkRestartPolicy(name: string, maximumRetryCount: number): void {
  const problem = restartProblem(name, maximumRetryCount);
  if (problem !== undefined) throw new EngineError("invalid-argument", `invalid restart policy: ${problem}`);
}

function restartProblem(name: string, maximumRetryCount: number): string | undefined {
  if (!RESTART_POLICIES.includes(name)) {
    return `unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`;
  }
  if (name !== "on-failure" && maximumRetryCount !== 0) {
    return `maximum retry count can only be used with 'on-failure'${maximumRetryCount < 0 ? " and cannot be negative" : ""}`;
  }
  return maximumRetryCount < 0 ? "maximum retry count cannot be negative" : undefined;
}

function memoryProblem(resources: ResourcesModel): string | undefined {
  const { memoryBytes, memorySwapBytes, memoryReservationBytes } = resources;
  if (memoryBytes !== 0 && memoryBytes < MIN_MEMORY_BYTES) return "Minimum memory limit allowed is 6MB";
  if (memorySwapBytes > 0 && memorySwapBytes < memoryBytes) {
    return "Minimum memoryswap limit should be larger than memory limit, see usage";
  }
  if (memoryBytes === 0 && memorySwapBytes > 0)
    return "You should always set the Memory limit when using Memoryswap limit, see usage";
  if (memoryReservationBytes !== 0 && memoryReservationBytes < MIN_MEMORY_BYTES)
    return "Minimum memory reservation allowed is 6MB";
  if (memoryBytes > 0 && memoryBytes < memoryReservationBytes) {
    return "Minimum memory limit can not be less than memory reservation limit, see usage";
  }
  return undefined;
}

function cpuProblem({ nanoCpus, cpuPeriodUs, cpuQuotaUs, cpuShares }: ResourcesModel): string | undefined {
  if (nanoCpus > 0 && cpuPeriodUs > 0) return "Conflicting options: Nano CPUs and CPU Period cannot both be set";
  if (nanoCpus > 0 && cpuQuotaUs > 0) return "Conflicting options: Nano CPUs and CPU Quota cannot both be set";
  if (cpuPeriodUs !== 0 && (cpuPeriodUs < 1000 || cpuPeriodUs > 1_000_000)) {
    return "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)";
  }
  if (cpuQuotaUs > 0 && cpuQuotaUs < 1000) return "CPU cfs quota can not be less than 1ms (i.e. 1000)";
  if (cpuShares < 0) return `invalid CPU shares (${cpuShares}): value must be a positive integer`;
  return undefined;
}

function hostProblem(host: Partial<HostModel>): string | undefined {
  if ((host.shmSizeBytes ?? 0) < 0) return "SHM size can not be less than 0";
  const restarts = host.restartPolicy !== undefined && host.restartPolicy.name !== "no";
  if (host.autoRemove === true && restarts) return "can't create 'AutoRemove' container with restart policy";
  return undefined;
}
