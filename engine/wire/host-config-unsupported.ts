import type { Fields } from "./json.ts";
import { notImplemented } from "./container-config.ts";

/**
 * Settings of Docker's `HostConfig` that the engine cannot honour yet: asking for one is an error that names the flag and the field,
 * never a silent no-op. Whoever brings one removes its line here and adds it to `hostFrom` and `toWireHostConfig`.
 */
export const UNSUPPORTED_HOST_FIELDS: Readonly<Record<string, string>> = {
  Mounts: "--mount",
  VolumesFrom: "--volumes-from",
  VolumeDriver: "--volume-driver",
  Links: "--link",
  Devices: "--device",
  DeviceCgroupRules: "--device-cgroup-rule",
  DeviceRequests: "--gpus",
  DnsOptions: "--dns-option",
  DnsSearch: "--dns-search",
  BlkioWeight: "--blkio-weight",
  BlkioWeightDevice: "--blkio-weight-device",
  BlkioDeviceReadBps: "--device-read-bps",
  BlkioDeviceWriteBps: "--device-write-bps",
  BlkioDeviceReadIOps: "--device-read-iops",
  BlkioDeviceWriteIOps: "--device-write-iops",
  CgroupParent: "--cgroup-parent",
  CpuRealtimePeriod: "--cpu-rt-period",
  CpuRealtimeRuntime: "--cpu-rt-runtime",
  CpusetMems: "--cpuset-mems",
  CpuCount: "--cpu-count",
  CpuPercent: "--cpu-percent",
  IOMaximumIOps: "--io-maxiops",
  IOMaximumBandwidth: "--io-maxbandwidth",
  OomScoreAdj: "--oom-score-adj",
  StorageOpt: "--storage-opt",
  Annotations: "--annotation",
};

/** Fields with values that mean "as usual". */
const USUAL_VALUES: Readonly<Record<string, { readonly flag: string; readonly usual: readonly (string | number)[] }>> =
  {
    CgroupnsMode: { flag: "--cgroupns", usual: ["", "private"] },
    Isolation: { flag: "--isolation", usual: ["", "default"] },
    Runtime: { flag: "--runtime", usual: ["", "runc"] },
    UsernsMode: { flag: "--userns", usual: ["", "host"] },
    MemorySwappiness: { flag: "--memory-swappiness", usual: [-1] },
  };

/** @throws EngineError not-implemented */
export function refuseUnsupportedHostFields(fields: Fields): void {
  for (const [name, flag] of Object.entries(UNSUPPORTED_HOST_FIELDS)) {
    if (!isZero(fields.raw(name))) throw notImplemented(`${flag} (HostConfig.${name})`);
  }
  for (const [name, { flag, usual }] of Object.entries(USUAL_VALUES)) {
    const value = fields.raw(name);
    if (value !== undefined && !usual.includes(value as string)) throw notImplemented(`${flag} (HostConfig.${name})`);
  }
  for (const name of ["MaskedPaths", "ReadonlyPaths"]) {
    if (fields.has(name)) throw notImplemented(`--security-opt systempaths=unconfined (HostConfig.${name})`);
  }
  refuseLogConfig(fields.object("LogConfig"));
}

function refuseLogConfig(config: Fields | undefined): void {
  const driver = config?.string("Type") ?? "";
  if (!["", "json-file"].includes(driver)) throw notImplemented(`--log-driver ${driver} (HostConfig.LogConfig.Type)`);
  if ((config?.entries("Config") ?? []).length > 0) throw notImplemented("--log-opt (HostConfig.LogConfig.Config)");
}

/** Go's zero values, and empty lists and maps, mean "not set". */
function isZero(value: unknown): boolean {
  if (value === undefined || value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
