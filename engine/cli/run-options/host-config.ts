/** The part of `docker run`'s flags that becomes Docker's `HostConfig`. */
import type { FlagValues } from "../args.ts";
import { parseMount } from "./mount-flag.ts";
import { parseTmpfs, splitCsv } from "./mounts.ts";

export interface HostConfigParts {
  readonly flags: FlagValues;
  readonly cwd: string;
  /** What other flags mount. */
  readonly mounts: readonly object[];
  readonly binds: readonly string[];
  readonly portBindings: object;
  readonly networkMode: string;
  readonly consoleSize: readonly [rows: number, columns: number];
  /** Files named by `--security-opt seccomp=FILE`, read. */
  readonly securityOpt: readonly string[];
}

const orNull = (list: readonly string[]): readonly string[] | null => (list.length > 0 ? list : null);

/** In the order of Docker's own client. @throws Error in Docker's words */
export function hostConfigOf(parts: HostConfigParts): Record<string, unknown> {
  const { flags, binds, portBindings, networkMode, consoleSize, securityOpt } = parts;
  checkModes(flags);
  const mounts = [...flags.list("mount").map((mount) => parseMount(mount, parts.cwd)), ...parts.mounts];
  const unmasked = securityOpt.includes("systempaths=unconfined");
  return {
    Binds: orNull(binds),
    ContainerIDFile: flags.string("cidfile"),
    LogConfig: logConfig(flags),
    NetworkMode: networkMode,
    PortBindings: portBindings,
    RestartPolicy: restartPolicy(flags),
    AutoRemove: flags.boolean("rm"),
    VolumeDriver: flags.string("volume-driver"),
    VolumesFrom: orNull(flags.list("volumes-from")),
    ConsoleSize: consoleSize,
    ...(flags.has("annotation") && { Annotations: toMap(flags.list("annotation")) }),
    CapAdd: orNull(capabilities(flags.list("cap-add"))),
    CapDrop: orNull(capabilities(flags.list("cap-drop"))),
    CgroupnsMode: flags.string("cgroupns"),
    Dns: flags.list("dns"),
    DnsOptions: flags.list("dns-option"),
    DnsSearch: flags.list("dns-search"),
    ExtraHosts: orNull(flags.list("add-host")),
    GroupAdd: orNull(flags.list("group-add")),
    IpcMode: flags.string("ipc"),
    Cgroup: "",
    Links: orNull(flags.list("link")),
    OomScoreAdj: flags.number("oom-score-adj"),
    PidMode: flags.string("pid"),
    Privileged: flags.boolean("privileged"),
    PublishAllPorts: flags.boolean("publish-all"),
    ReadonlyRootfs: flags.boolean("read-only"),
    SecurityOpt: orNull(securityOpt.filter((option) => option !== "systempaths=unconfined")),
    ...(flags.has("storage-opt") && { StorageOpt: storageOptions(flags.list("storage-opt")) }),
    ...(flags.has("tmpfs") && { Tmpfs: parseTmpfs(flags.list("tmpfs")) }),
    UTSMode: flags.string("uts"),
    UsernsMode: flags.string("userns"),
    ShmSize: flags.number("shm-size"),
    ...(flags.has("sysctl") && { Sysctls: toMap(flags.list("sysctl")) }),
    ...(flags.has("runtime") && { Runtime: flags.string("runtime") }),
    Isolation: flags.string("isolation"),
    ...resources(flags),
    ...(mounts.length > 0 && { Mounts: mounts }),
    MaskedPaths: unmasked ? [] : null,
    ReadonlyPaths: unmasked ? [] : null,
    ...(flags.has("init") && { Init: flags.boolean("init") }),
  };
}

function resources(flags: FlagValues): Record<string, unknown> {
  const swappiness = flags.number("memory-swappiness");
  if (swappiness !== -1 && (swappiness < 0 || swappiness > 100)) {
    throw new Error(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
  }
  return {
    CpuShares: flags.number("cpu-shares"),
    Memory: flags.number("memory"),
    NanoCpus: flags.number("cpus"),
    CgroupParent: flags.string("cgroup-parent"),
    BlkioWeight: flags.number("blkio-weight"),
    BlkioWeightDevice: deviceList(flags.list("blkio-weight-device"), "Weight"),
    BlkioDeviceReadBps: deviceList(flags.list("device-read-bps"), "Rate"),
    BlkioDeviceWriteBps: deviceList(flags.list("device-write-bps"), "Rate"),
    BlkioDeviceReadIOps: deviceList(flags.list("device-read-iops"), "Rate"),
    BlkioDeviceWriteIOps: deviceList(flags.list("device-write-iops"), "Rate"),
    CpuPeriod: flags.number("cpu-period"),
    CpuQuota: flags.number("cpu-quota"),
    CpuRealtimePeriod: flags.number("cpu-rt-period"),
    CpuRealtimeRuntime: flags.number("cpu-rt-runtime"),
    CpusetCpus: flags.string("cpuset-cpus"),
    CpusetMems: flags.string("cpuset-mems"),
    Devices: flags.list("device").map(deviceMapping),
    DeviceCgroupRules: orNull(flags.list("device-cgroup-rule")),
    DeviceRequests: flags.has("gpus") ? flags.list("gpus").map(gpuRequest) : null,
    MemoryReservation: flags.number("memory-reservation"),
    MemorySwap: flags.number("memory-swap"),
    MemorySwappiness: swappiness,
    OomKillDisable: flags.boolean("oom-kill-disable"),
    PidsLimit: flags.number("pids-limit"),
    Ulimits: flags.list("ulimit").toSorted().map(ulimit),
    CpuCount: flags.number("cpu-count"),
    CpuPercent: flags.number("cpu-percent"),
    IOMaximumIOps: flags.number("io-maxiops"),
    IOMaximumBandwidth: flags.number("io-maxbandwidth"),
  };
}

function checkModes(flags: FlagValues): void {
  const check = (flag: string, kind: string, valid: (mode: string) => boolean): void => {
    if (!valid(flags.string(flag))) throw new Error(`--${flag}: invalid ${kind} mode`);
  };
  check("pid", "PID", (mode) => ["", "host"].includes(mode) || /^container:./.test(mode));
  check("uts", "UTS", (mode) => ["", "host"].includes(mode));
  check("userns", "USER", (mode) => ["", "host"].includes(mode));
  check("cgroupns", "CGROUP", (mode) => ["", "host", "private"].includes(mode));
}

function restartPolicy(flags: FlagValues): ReturnType<typeof parseRestartPolicy> {
  const policy = parseRestartPolicy(flags.string("restart"));
  const isSet = policy.Name !== "" && policy.Name !== "no";
  if (flags.boolean("rm") && isSet) throw new Error("conflicting options: cannot specify both --restart and --rm");
  return policy;
}

/** `on-failure:3`. @throws Error in Docker's words */
export function parseRestartPolicy(text: string): { Name: string; MaximumRetryCount: number } {
  const [name = "", count, ...more] = text.split(":");
  if (count !== undefined && name === "")
    throw new Error("invalid restart policy format: no policy provided before colon");
  if (more.length > 0 || (count !== undefined && count !== "" && !/^[+-]?\d+$/.test(count))) {
    throw new Error("invalid restart policy format: maximum retry count must be an integer");
  }
  return { Name: name, MaximumRetryCount: Number(count ?? 0) };
}

function logConfig(flags: FlagValues): { Type: string; Config: Record<string, string> } {
  const driver = flags.string("log-driver");
  const options = flags.list("log-opt");
  if (driver === "none" && options.length > 0) throw new Error("invalid logging opts for driver none");
  return { Type: driver, Config: toMap(options) };
}

function storageOptions(options: readonly string[]): Record<string, string> {
  if (options.some((option) => !option.includes("="))) throw new Error("invalid storage option");
  return toMap(options);
}

/** `/dev/x[:/dev/y[:rwm]]` @throws Error in Docker's words */
function deviceMapping(text: string): Record<string, string> {
  const parts = text.split(":");
  const [host = "", second = host, third = "rwm"] = parts;
  if (parts.length > 3 || text === "") throw new Error(`bad format for path: ${text}`);
  const isMode = (mode: string): boolean => /^[rwm]+$/.test(mode);
  if (parts.length === 3 && !isMode(third)) throw new Error(`bad mode specified: ${third}`);
  const secondIsMode = parts.length === 2 && isMode(second);
  const path = secondIsMode ? host : second;
  if (!path.startsWith("/")) throw new Error(`${path} is not an absolute path`);
  return { PathOnHost: host, PathInContainer: path, CgroupPermissions: secondIsMode ? second : third };
}

/** With the prefix, in capitals, without doubles, sorted; `ALL` is all of them. */
function capabilities(names: readonly string[]): readonly string[] {
  const normal = names.map((name) => {
    const upper = name.trim().toUpperCase();
    return upper === "ALL" || upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
  });
  return normal.includes("ALL") ? ["ALL"] : [...new Set(normal)].toSorted();
}

function deviceList(values: readonly string[], field: "Weight" | "Rate"): readonly Record<string, unknown>[] {
  return values.map((value) => {
    const colon = value.lastIndexOf(":");
    return { Path: value.slice(0, colon), [field]: Number(value.slice(colon + 1)) };
  });
}

/** `all`, a count, or `device=…,capabilities=…`. */
function gpuRequest(text: string): Record<string, unknown> {
  const fields: Record<string, string | undefined> = {};
  for (const field of splitCsv(text)) {
    const [name = "", value] = field.split(/=(.*)/s);
    if (value !== undefined) fields[name] = value;
    else if (name === "all" || /^-?\d+$/.test(name)) fields["count"] = name;
  }
  const { count, device, driver = "", capabilities: wanted } = fields;
  return {
    Driver: driver,
    Count: count === "all" ? -1 : Number(count ?? (device === undefined ? 1 : 0)),
    DeviceIDs: device?.split(",") ?? null,
    Capabilities: [[...(wanted?.split(",") ?? []), "gpu"]],
    Options: {},
  };
}

/** The flag's check has written both limits. */
function ulimit(text: string): Record<string, unknown> {
  const [name = "", soft, hard] = text.split(/[=:]/);
  return { Name: name, Hard: Number(hard), Soft: Number(soft) };
}

/** `name=value` items; a name alone has the value "". */
export function toMap(items: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    items.map((item) => (item.includes("=") ? (item.split(/=(.*)/s) as [string, string]) : [item, ""])),
  );
}
