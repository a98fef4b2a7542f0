/**
 * JSON of the API as the Go values Docker's client holds: which objects are maps and which are structs shows in what a template prints
 * (`map[a:1]` or `{1}`), and in what a missing key gives.
 */
import { NIL_LIST, NIL_MAP, type Value } from "./template/value.ts";

/** Fields that are maps. */
const MAPS = new Set([
  "Annotations", "Attributes", "AuxiliaryAddresses", "Config.LogConfig", "Containers", "Data", "Details", "DriverOpts", "EndpointsConfig", "ExposedPorts",
  "IndexConfigs", "Labels", "Networks", "Options", "PortBindings", "Ports", "Runtimes", "StorageOpt", "Sysctls", "Tmpfs", "Volumes",
]); // prettier-ignore
/** Fields that are lists, for when they are null. */
const LISTS = new Set([
  "Aliases", "Args", "Binds", "CapAdd", "CapDrop", "Cmd", "DNSNames", "DeviceCgroupRules", "DeviceRequests", "Devices", "Dns", "DnsOptions", "DnsSearch",
  "Entrypoint", "Env", "ExecIDs", "ExtraHosts", "GroupAdd", "Links", "MaskedPaths", "Mounts", "OnBuild", "ReadonlyPaths", "RepoDigests", "RepoTags",
  "SecondaryIPAddresses", "SecondaryIPv6Addresses", "SecurityOpt", "Shell", "Ulimits", "VolumesFrom", "Warnings",
]); // prettier-ignore

/** Fields that Docker's structs have although their JSON may leave them out. */
export const OPTIONAL_FIELDS: Readonly<Record<string, Value>> = {
  Annotations: NIL_MAP,
  ArgsEscaped: false,
  ExposedPorts: NIL_MAP,
  Health: null,
  Healthcheck: null,
  Init: null,
  MacAddress: "",
  Mounts: NIL_LIST,
  NetworkDisabled: false,
  Shell: NIL_LIST,
  SizeRootFs: null,
  SizeRw: null,
  StopSignal: "",
  StopTimeout: null,
  StorageOpt: NIL_MAP,
  Sysctls: NIL_MAP,
  Tmpfs: NIL_MAP,
};

/** The JSON as it is: every object a map, null nothing. What Docker falls back to when its own types do not fit a template. */
export function toRawValue(value: unknown): Value {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(toRawValue);
  if (typeof value !== "object") return value;
  return new Map(Object.entries(value).map(([key, item]) => [key, toRawValue(item)]));
}

export function toGoValue(value: unknown, path = ""): Value {
  const name = path.slice(path.lastIndexOf(".") + 1);
  const isMap = MAPS.has(name) || (name === "Config" && path.endsWith("LogConfig.Config"));
  if (value === null) return isMap ? NIL_MAP : LISTS.has(name) || isElementOfPorts(path) ? NIL_LIST : null;
  if (Array.isArray(value)) return value.map((item: unknown) => toGoValue(item, ""));
  if (typeof value !== "object") return value;
  const entries = Object.entries(value).map(
    ([key, item]) => [key, toGoValue(item, isMap ? `${path}[]` : `${path}.${key}`)] as const,
  );
  return isMap ? new Map(entries) : Object.fromEntries(entries);
}

/** `NetworkSettings.Ports` holds null for a port that is only exposed. */
function isElementOfPorts(path: string): boolean {
  return path.endsWith("Ports[]") || path.endsWith("PortBindings[]");
}
