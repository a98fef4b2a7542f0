import { type Fields, wrongElement, wrongType } from "./json.ts";
import type { HostModel, RestartPolicyName } from "./model.ts";
import { checkRestartPolicy } from "./host-config-checks.ts";
import { devicesFrom } from "./host-config-devices.ts";
import { mountRequestsFrom, toWireMountRequests } from "./mount-requests.ts";
import { portBindingsFrom, toPortMap } from "./ports.ts";
import { type ListOf, resourcesFrom, toWireResources } from "./resources.ts";

/**
 * What the client set of Docker's `HostConfig`; zero values are left out, so that the engine's defaults apply.
 * @throws EngineError invalid-argument in Docker's words
 */
export function hostFrom(fields: Fields): Partial<HostModel> {
  return {
    ...textsFrom(fields),
    ...listsFrom(fields),
    ...restartPolicyFrom(fields),
    ...consoleSizeFrom(fields),
    ...logConfigFrom(fields),
    ...devicesFrom(fields),
    ...raritiesFrom(fields),
    autoRemove: fields.boolean("AutoRemove"),
    publishAllPorts: fields.boolean("PublishAllPorts"),
    privileged: fields.boolean("Privileged"),
    readonlyRootfs: fields.boolean("ReadonlyRootfs"),
    portBindings: portBindingsFrom(fields),
    tmpfs: fields.stringMap("Tmpfs"),
    mounts: mountRequestsFrom(fields),
    sysctls: fields.stringMap("Sysctls"),
    ulimits: fields
      .objects("Ulimits", "[]*units.Ulimit")
      .map((limit) => ({ name: limit.string("Name"), soft: limit.integer("Soft"), hard: limit.integer("Hard") })),
    resources: resourcesFrom(fields),
    ...(fields.has("Init") && { init: fields.boolean("Init") }),
    ...(fields.integer("ShmSize") !== 0 && { shmSizeBytes: fields.integer("ShmSize") }),
  };
}

function textsFrom(fields: Fields): Partial<HostModel> {
  const networkMode = fields.string("NetworkMode");
  const texts = {
    networkMode: networkMode === "default" ? "" : networkMode,
    pidMode: fields.string("PidMode"),
    ipcMode: fields.string("IpcMode"),
    utsMode: fields.string("UTSMode"),
    usernsMode: fields.string("UsernsMode"),
    cgroupnsMode: fields.string("CgroupnsMode"),
    cgroupParent: fields.string("CgroupParent"),
    cgroup: fields.string("Cgroup"),
    isolation: fields.string("Isolation"),
    runtime: fields.string("Runtime"),
    containerIdFile: fields.string("ContainerIDFile"),
    volumeDriver: fields.string("VolumeDriver"),
  };
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ""));
}

/** What most requests do not have: left out then. */
function raritiesFrom(fields: Fields): Partial<HostModel> {
  const oomScoreAdj = fields.integer("OomScoreAdj", "int");
  const annotations = fields.stringMap("Annotations");
  const storageOpt = fields.stringMap("StorageOpt");
  const maskedPaths = fields.strings("MaskedPaths");
  const readonlyPaths = fields.strings("ReadonlyPaths");
  const empty = NULLABLE_FIELDS.filter((name) => isEmpty(fields.raw(name)));
  return {
    ...(oomScoreAdj !== 0 && { oomScoreAdj }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
    ...(Object.keys(storageOpt).length > 0 && { storageOpt }),
    ...(maskedPaths && { maskedPaths }),
    ...(readonlyPaths && { readonlyPaths }),
    ...(empty.length > 0 && { emptyFields: empty }),
  };
}

/** Lists and maps that `inspect` shows as null unless they came empty. */
const NULLABLE_FIELDS =
  `Binds PortBindings VolumesFrom CapAdd CapDrop Dns DnsOptions DnsSearch ExtraHosts GroupAdd Links SecurityOpt
  BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps Devices DeviceCgroupRules
  DeviceRequests Ulimits`.split(/\s+/);

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function listsFrom(fields: Fields): Partial<HostModel> {
  return {
    binds: fields.strings("Binds") ?? [],
    volumesFrom: fields.strings("VolumesFrom") ?? [],
    capAdd: fields.strings("CapAdd", { orString: true }) ?? [],
    capDrop: fields.strings("CapDrop", { orString: true }) ?? [],
    securityOpt: fields.strings("SecurityOpt") ?? [],
    extraHosts: fields.strings("ExtraHosts") ?? [],
    dns: fields.strings("Dns") ?? [],
    dnsOptions: fields.strings("DnsOptions") ?? [],
    dnsSearch: fields.strings("DnsSearch") ?? [],
    links: fields.strings("Links") ?? [],
    groupAdd: fields.strings("GroupAdd") ?? [],
  };
}

function restartPolicyFrom(fields: Fields): Partial<HostModel> {
  const policy = fields.object("RestartPolicy");
  if (policy === undefined) return {};
  const name = policy.string("Name") || "no";
  const maximumRetryCount = policy.integer("MaximumRetryCount");
  checkRestartPolicy(name, maximumRetryCount);
  return { restartPolicy: { name: name as RestartPolicyName, maximumRetryCount } };
}

function logConfigFrom(fields: Fields): Partial<HostModel> {
  const config = fields.object("LogConfig");
  return config === undefined
    ? {}
    : { logConfig: { type: config.string("Type"), options: config.stringMap("Config") } };
}

function consoleSizeFrom(fields: Fields): Partial<HostModel> {
  const size = fields.raw("ConsoleSize") ?? [];
  if (!Array.isArray(size)) throw wrongType(size, "HostConfig.ConsoleSize", "[2]uint");
  const [rows = 0, columns = 0] = size.slice(0, 2).map((item: unknown, index) => {
    const path = `HostConfig.ConsoleSize.${index}`;
    if (typeof item !== "number") throw wrongElement(item, path, "uint");
    if (item < 0 || !Number.isInteger(item)) throw wrongElement(item, path, "uint", `number ${item}`);
    return item;
  });
  return rows === 0 && columns === 0 ? {} : { consoleSize: [rows, columns] };
}

const MASKED_PATHS = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

const or = (text: string | undefined, usual = ""): string => text ?? usual;

/** For `inspect`: all fields, in Docker's order. */
export function toWireHostConfig(host: HostModel): Record<string, unknown> {
  const listOf: ListOf = (name, items = []) =>
    items.length > 0 || host.emptyFields?.includes(name) === true ? items : null;
  return {
    Binds: listOf("Binds", host.binds),
    ContainerIDFile: or(host.containerIdFile),
    LogConfig: { Type: host.logConfig.type, Config: host.logConfig.options },
    NetworkMode: host.networkMode,
    PortBindings: listOf("PortBindings", host.portBindings) === null ? null : toPortMap(host.portBindings),
    RestartPolicy: { Name: host.restartPolicy.name, MaximumRetryCount: host.restartPolicy.maximumRetryCount },
    AutoRemove: host.autoRemove,
    VolumeDriver: host.volumeDriver ?? "",
    VolumesFrom: listOf("VolumesFrom", host.volumesFrom),
    ConsoleSize: host.consoleSize ?? [0, 0],
    ...(host.annotations && { Annotations: host.annotations }),
    CapAdd: listOf("CapAdd", host.capAdd),
    CapDrop: listOf("CapDrop", host.capDrop),
    CgroupnsMode: or(host.cgroupnsMode, "private"),
    Dns: listOf("Dns", host.dns),
    DnsOptions: listOf("DnsOptions", host.dnsOptions ?? []),
    DnsSearch: listOf("DnsSearch", host.dnsSearch ?? []),
    ExtraHosts: listOf("ExtraHosts", host.extraHosts),
    GroupAdd: listOf("GroupAdd", host.groupAdd),
    IpcMode: host.ipcMode,
    Cgroup: or(host.cgroup),
    Links: null,
    OomScoreAdj: host.oomScoreAdj ?? 0,
    PidMode: host.pidMode,
    Privileged: host.privileged,
    PublishAllPorts: host.publishAllPorts,
    ReadonlyRootfs: host.readonlyRootfs,
    SecurityOpt: listOf("SecurityOpt", host.securityOpt),
    ...((host.mounts ?? []).length > 0 && { Mounts: toWireMountRequests(host.mounts ?? []) }),
    ...(Object.keys(host.tmpfs).length > 0 && { Tmpfs: host.tmpfs }),
    UTSMode: host.utsMode,
    UsernsMode: or(host.usernsMode),
    ShmSize: host.shmSizeBytes,
    ...(Object.keys(host.sysctls).length > 0 && { Sysctls: host.sysctls }),
    Runtime: or(host.runtime, "runc"),
    Isolation: or(host.isolation),
    ...toWireResources(host, listOf),
    MaskedPaths: host.maskedPaths ?? (host.privileged ? null : MASKED_PATHS),
    ReadonlyPaths: host.readonlyPaths ?? (host.privileged ? null : READONLY_PATHS),
    ...(host.init !== undefined && { Init: host.init }),
  };
}
