import type { Fields } from "./json.ts";
import type { HostModel, ResourcesModel } from "./model.ts";

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
  };
}

/** For `inspect`: the fields that Docker's `HostConfig` takes from its `Resources`, in Docker's order. */
export function toWireResources({ resources, ulimits }: HostModel): Record<string, unknown> {
  return {
    CpuShares: resources.cpuShares,
    Memory: resources.memoryBytes,
    NanoCpus: resources.nanoCpus,
    CgroupParent: "",
    BlkioWeight: 0,
    BlkioWeightDevice: [],
    BlkioDeviceReadBps: [],
    BlkioDeviceWriteBps: [],
    BlkioDeviceReadIOps: [],
    BlkioDeviceWriteIOps: [],
    CpuPeriod: resources.cpuPeriodUs,
    CpuQuota: resources.cpuQuotaUs,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: resources.cpusetCpus,
    CpusetMems: "",
    Devices: [],
    DeviceCgroupRules: null,
    DeviceRequests: null,
    MemoryReservation: resources.memoryReservationBytes,
    MemorySwap: resources.memorySwapBytes,
    MemorySwappiness: null,
    OomKillDisable: resources.oomKillDisable,
    PidsLimit: resources.pidsLimit === 0 ? null : resources.pidsLimit,
    Ulimits: ulimits.map(({ name, soft, hard }) => ({ Name: name, Hard: hard, Soft: soft })),
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
  };
}
