import type { SpecResources, SpecThrottle } from "../oci/runtime-spec.ts";
import type { DeviceRate, Resources } from "./container.ts";

const DEFAULT_PERIOD_US = 100_000;

/** The device numbers of a node of the machine. */
export type DeviceNumbers = ReadonlyMap<string, { readonly major: number; readonly minor: number }>;

/**
 * The limits as an OCI spec has them (moby's `daemon/daemon_unix.go`, getMemoryResources and its neighbours). `numbers`: of the
 * block devices that the limits name; a running container's are not changed, so an update needs none.
 */
export function makeResources(limits: Resources, numbers: DeviceNumbers = new Map()): SpecResources {
  const memory = memoryOf(limits);
  const cpu = cpuOf(limits);
  const blockIO = blockIoOf(limits, numbers);
  return {
    ...(Object.keys(memory).length > 0 && { memory }),
    ...(Object.keys(cpu).length > 0 && { cpu }),
    ...(limits.pidsLimit !== 0 && { pids: { limit: limits.pidsLimit } }),
    ...(Object.keys(blockIO).length > 0 && { blockIO }),
  };
}

function memoryOf({
  memoryBytes,
  memorySwapBytes,
  memoryReservationBytes,
}: Resources): NonNullable<SpecResources["memory"]> {
  // Without a swap limit of its own a container gets as much swap as memory.
  const swap = memoryBytes > 0 && memorySwapBytes === 0 ? memoryBytes * 2 : memorySwapBytes;
  return {
    ...(memoryBytes !== 0 && { limit: memoryBytes }),
    ...(memoryReservationBytes !== 0 && { reservation: memoryReservationBytes }),
    ...(swap !== 0 && { swap }),
  };
}

function cpuOf(limits: Resources): NonNullable<SpecResources["cpu"]> {
  const { nanoCpus, cpuShares, cpuPeriodUs, cpuQuotaUs, cpusetCpus, cpusetMems = "" } = limits;
  const period = nanoCpus > 0 ? DEFAULT_PERIOD_US : cpuPeriodUs;
  const quota = nanoCpus > 0 ? Math.floor((nanoCpus * DEFAULT_PERIOD_US) / 1e9) : cpuQuotaUs;
  return {
    ...(cpuShares !== 0 && { shares: cpuShares }),
    ...(quota !== 0 && { quota }),
    ...(period !== 0 && { period }),
    ...(cpusetCpus !== "" && { cpus: cpusetCpus }),
    ...(cpusetMems !== "" && { mems: cpusetMems }),
  };
}

function blockIoOf(limits: Resources, numbers: DeviceNumbers): NonNullable<SpecResources["blockIO"]> {
  const { blkioWeight = 0, blkioWeightDevices = [] } = limits;
  const weights = blkioWeightDevices.flatMap(({ path, weight }) => {
    const number = numbers.get(path);
    return number === undefined ? [] : [{ ...number, weight }];
  });
  const throttles = (rates: readonly DeviceRate[] = []): readonly SpecThrottle[] =>
    rates.flatMap(({ path, rate }) => {
      const number = numbers.get(path);
      return number === undefined ? [] : [{ ...number, rate }];
    });
  const lists = {
    weightDevice: weights,
    throttleReadBpsDevice: throttles(limits.blkioReadBps),
    throttleWriteBpsDevice: throttles(limits.blkioWriteBps),
    throttleReadIOPSDevice: throttles(limits.blkioReadIops),
    throttleWriteIOPSDevice: throttles(limits.blkioWriteIops),
  };
  return {
    ...(blkioWeight !== 0 && { weight: blkioWeight }),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
  };
}
