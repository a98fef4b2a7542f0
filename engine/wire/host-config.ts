import type { Fields } from "./json.ts";
import type { HostModel, RestartPolicyName } from "./model.ts";
import { checkHost, checkRestartPolicy } from "./host-config-checks.ts";
import { portBindingsFrom, toPortMap } from "./ports.ts";
import { refuseUnsupportedHostFields } from "./host-config-unsupported.ts";
import { resourcesFrom, toWireResources } from "./resources.ts";

/**
 * What the client set of Docker's `HostConfig`; zero values are left out, so that the engine's defaults apply.
 * @throws EngineError invalid-argument in Docker's words, not-implemented naming the flag and the field
 */
export function hostFrom(fields: Fields): Partial<HostModel> {
  refuseUnsupportedHostFields(fields);
  const host = {
    ...textsFrom(fields),
    ...listsFrom(fields),
    ...restartPolicyFrom(fields),
    ...consoleSizeFrom(fields),
    autoRemove: fields.boolean("AutoRemove"),
    publishAllPorts: fields.boolean("PublishAllPorts"),
    privileged: fields.boolean("Privileged"),
    readonlyRootfs: fields.boolean("ReadonlyRootfs"),
    portBindings: portBindingsFrom(fields),
    tmpfs: fields.stringMap("Tmpfs"),
    sysctls: fields.stringMap("Sysctls"),
    ulimits: fields
      .objects("Ulimits")
      .map((limit) => ({ name: limit.string("Name"), soft: limit.integer("Soft"), hard: limit.integer("Hard") })),
    resources: resourcesFrom(fields),
    ...(fields.has("Init") && { init: fields.boolean("Init") }),
    ...(fields.integer("ShmSize") !== 0 && { shmSizeBytes: fields.integer("ShmSize") }),
  };
  checkHost(host);
  return host;
}

function textsFrom(fields: Fields): Partial<HostModel> {
  const networkMode = fields.string("NetworkMode");
  const texts = {
    networkMode: networkMode === "default" ? "" : networkMode,
    pidMode: fields.string("PidMode"),
    ipcMode: fields.string("IpcMode"),
    utsMode: fields.string("UTSMode"),
  };
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ""));
}

function listsFrom(fields: Fields): Partial<HostModel> {
  return {
    binds: fields.strings("Binds") ?? [],
    capAdd: fields.strings("CapAdd", { orString: true }) ?? [],
    capDrop: fields.strings("CapDrop", { orString: true }) ?? [],
    securityOpt: fields.strings("SecurityOpt") ?? [],
    extraHosts: fields.strings("ExtraHosts") ?? [],
    dns: fields.strings("Dns") ?? [],
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

function consoleSizeFrom(fields: Fields): Partial<HostModel> {
  const size = fields.raw("ConsoleSize");
  if (!Array.isArray(size)) return {};
  const [rows, columns] = size as unknown[];
  if (typeof rows !== "number" || typeof columns !== "number" || rows <= 0 || columns <= 0) return {};
  return { consoleSize: [rows, columns] };
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

const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length > 0 ? list : null);

/** For `inspect`: all fields, in Docker's order. */
export function toWireHostConfig(host: HostModel): Record<string, unknown> {
  return {
    Binds: orNull(host.binds),
    ContainerIDFile: "",
    LogConfig: { Type: "json-file", Config: {} },
    NetworkMode: host.networkMode,
    PortBindings: toPortMap(host.portBindings),
    RestartPolicy: { Name: host.restartPolicy.name, MaximumRetryCount: host.restartPolicy.maximumRetryCount },
    AutoRemove: host.autoRemove,
    VolumeDriver: "",
    VolumesFrom: null,
    ConsoleSize: host.consoleSize ?? [0, 0],
    CapAdd: orNull(host.capAdd),
    CapDrop: orNull(host.capDrop),
    CgroupnsMode: "private",
    Dns: host.dns,
    DnsOptions: [],
    DnsSearch: [],
    ExtraHosts: orNull(host.extraHosts),
    GroupAdd: orNull(host.groupAdd),
    IpcMode: host.ipcMode,
    Cgroup: "",
    Links: null,
    OomScoreAdj: 0,
    PidMode: host.pidMode,
    Privileged: host.privileged,
    PublishAllPorts: host.publishAllPorts,
    ReadonlyRootfs: host.readonlyRootfs,
    SecurityOpt: orNull(host.securityOpt),
    ...(Object.keys(host.tmpfs).length > 0 && { Tmpfs: host.tmpfs }),
    UTSMode: host.utsMode,
    UsernsMode: "",
    ShmSize: host.shmSizeBytes,
    ...(Object.keys(host.sysctls).length > 0 && { Sysctls: host.sysctls }),
    Runtime: "runc",
    Isolation: "",
    ...toWireResources(host),
    MaskedPaths: host.privileged ? null : MASKED_PATHS,
    ReadonlyPaths: host.privileged ? null : READONLY_PATHS,
    ...(host.init && { Init: true }),
  };
}
