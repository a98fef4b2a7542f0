import type { Fields } from "./json.ts";
import type { DeviceRateModel, DeviceWeightModel, HostModel, ResourcesModel } from "./model.ts";

/** The limits of a `HostConfig`, and of `POST /containers/{id}/update`. */
export function resourcesFrom(fields: Fields): ResourcesModel {
  return {
    memoryBytes: fields.integer("Memory"),
    memorySwapBytes: fields.integer("MemorySwap"),
    memoryReservationBytes: fields.integer("MemoryReservation"),
    nanoCpus: fields.integer("NanoCpus"),
    cpuShares: fields.integer("CpuShares"),
    cpuPeriodUs: fields.integer("CpuPeriod"),
    cpuQuotaUs: fields.integer("CpuQuota"),
    cpusetCpus: fields.string("CpusetCpus"),
    pidsLimit: fields.integer("PidsLimit"),
    oomKillDisable: fields.boolean("OomKillDisable"),
    ...raritiesFrom(fields),
    ...blockDevicesFrom(fields),
  };
}

/** What is seldom set is left out when it was not. `MemorySwappiness: -1` is the client's way to say nothing. */
function raritiesFrom(fields: Fields): Partial<ResourcesModel> {
  const swappiness = fields.integer("MemorySwappiness");
  const numbers = {
    kernelMemoryBytes: fields.integer("KernelMemory"),
    kernelMemoryTcpBytes: fields.integer("KernelMemoryTCP"),
    cpuRealtimePeriodUs: fields.integer("CpuRealtimePeriod"),
    cpuRealtimeRuntimeUs: fields.integer("CpuRealtimeRuntime"),
    cpuCount: fields.integer("CpuCount"),
    cpuPercent: fields.integer("CpuPercent"),
    ioMaximumIops: fields.integer("IOMaximumIOps", "uint64"),
    ioMaximumBandwidth: fields.integer("IOMaximumBandwidth", "uint64"),
    blkioWeight: fields.integer("BlkioWeight", "uint16"),
  };
  const mems = fields.string("CpusetMems");
  return {
    ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== 0)),
    ...(fields.has("MemorySwappiness") && swappiness !== -1 && { memorySwappiness: swappiness }),
    ...(mems !== "" && { cpusetMems: mems }),
  };
}

const RATE_FIELDS = {
  blkioReadBps: "BlkioDeviceReadBps",
  blkioWriteBps: "BlkioDeviceWriteBps",
  blkioReadIops: "BlkioDeviceReadIOps",
  blkioWriteIops: "BlkioDeviceWriteIOps",
} as const;

function blockDevicesFrom(fields: Fields): Partial<ResourcesModel> {
  const weights = fields
    .objects("BlkioWeightDevice", "[]*blkiodev.WeightDevice")
    .map((device): DeviceWeightModel => ({ path: device.string("Path"), weight: device.integer("Weight", "uint16") }));
  const rates = Object.entries(RATE_FIELDS).map(([key, name]) => {
    const devices = fields.objects(name, "[]*blkiodev.ThrottleDevice");
    return [
      key,
      devices.map((device): DeviceRateModel => ({
        path: device.string("Path"),
        rate: device.integer("Rate", "uint64"),
      })),
    ] as const;
  });
  return {
    ...(weights.length > 0 && { blkioWeightDevices: weights }),
    ...Object.fromEntries(rates.filter(([, devices]) => devices.length > 0)),
  };
}

/** A list that was not set is null, one that came empty is empty. */
export type ListOf = <T>(name: string, items: readonly T[] | undefined) => readonly T[] | null;

/** For `inspect`: the fields that Docker's `HostConfig` takes from its `Resources`, in Docker's order. */
export function toWireResources(host: HostModel, listOf: ListOf): Record<string, unknown> {
  const { resources, ulimits } = host;
  return {
    CpuShares: resources.cpuShares,
    Memory: resources.memoryBytes,
    NanoCpus: resources.nanoCpus,
    CgroupParent: host.cgroupParent ?? "",
    BlkioWeight: resources.blkioWeight ?? 0,
    ...toWireBlockDevices(resources, listOf),
    CpuPeriod: resources.cpuPeriodUs,
    CpuQuota: resources.cpuQuotaUs,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: resources.cpusetCpus,
    CpusetMems: resources.cpusetMems ?? "",
    ...toWireDevices(host, listOf),
    MemoryReservation: resources.memoryReservationBytes,
    MemorySwap: resources.memorySwapBytes,
    MemorySwappiness: null,
    OomKillDisable: false,
    PidsLimit: resources.pidsLimit === 0 ? null : resources.pidsLimit,
    Ulimits: listOf(
      "Ulimits",
      ulimits.map(({ name, soft, hard }) => ({ Name: name, Hard: hard, Soft: soft })),
    ),
    CpuCount: resources.cpuCount ?? 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
  };
}

function toWireBlockDevices(resources: ResourcesModel, listOf: ListOf): Record<string, unknown> {
  const weights = resources.blkioWeightDevices?.map(({ path, weight }) => ({ Path: path, Weight: weight }));
  const rates = Object.entries(RATE_FIELDS).map(([key, name]) => {
    const devices = resources[key as keyof typeof RATE_FIELDS];
    return [
      name,
      listOf(
        name,
        devices?.map(({ path, rate }) => ({ Path: path, Rate: rate })),
      ),
    ] as const;
  });
  return { BlkioWeightDevice: listOf("BlkioWeightDevice", weights), ...Object.fromEntries(rates) };
}

function toWireDevices(
  { devices, deviceCgroupRules, deviceRequests }: HostModel,
  listOf: ListOf,
): Record<string, unknown> {
  const mappings = devices?.map(({ pathOnHost, pathInContainer, cgroupPermissions }) => ({
    PathOnHost: pathOnHost,
    PathInContainer: pathInContainer,
    CgroupPermissions: cgroupPermissions,
  }));
  const requests = deviceRequests?.map(({ driver, count, deviceIds, capabilities, options }) => ({
    Driver: driver,
    Count: count,
    DeviceIDs: deviceIds,
    Capabilities: capabilities,
    Options: options,
  }));
  return {
    Devices: listOf("Devices", mappings),
    DeviceCgroupRules: listOf("DeviceCgroupRules", deviceCgroupRules),
    DeviceRequests: listOf("DeviceRequests", requests),
  };
}
