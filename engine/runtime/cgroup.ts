import type { Op } from "../guest/ops.ts";
import type { SpecLinux, SpecResources, SpecThrottle } from "../oci/runtime-spec.ts";
import { DEFAULT_DEVICE_RULES } from "./default-spec.ts";
import { compileDeviceProgram } from "./device-program.ts";

const ROOT = "/sys/fs/cgroup";
/** Parent of the containers that live by Docker's default rules about device nodes: the program for them hangs here, loaded once. */
const DEFAULT_PARENT = `${ROOT}/docker`;
/** Parent of those with rules of their own. A child could not be allowed more than its parent. */
const DEVICES_PARENT = `${ROOT}/docker-devices`;
const DEFAULT_PERIOD_US = 100_000;
const O_WRONLY = 1;
/** Controllers that containers are limited by. */
const CONTROLLERS = ["cpu", "memory", "io", "pids", "cpuset"];

/**
 * The cgroup of a container: `/docker/<id>` below the root, or beside it for other device rules than the default; below a parent of
 * its own choice it has its device rules itself.
 */
export function cgroupDirectory({ cgroupsPath, resources }: Pick<SpecLinux, "cgroupsPath" | "resources">): string {
  const isOurs = `${ROOT}${cgroupsPath}`.startsWith(`${DEFAULT_PARENT}/`);
  return !isOurs || hasDefaultDevices(resources)
    ? ROOT + cgroupsPath
    : DEVICES_PARENT + cgroupsPath.slice(cgroupsPath.lastIndexOf("/"));
}

/** Makes what is above a cgroup, and hands it the controllers. Nothing for the two parents that are always there. */
export function ancestorOps(directory: string, available: string): readonly Op[] {
  const parts = directory
    .slice(ROOT.length + 1)
    .split("/")
    .slice(0, -1);
  const paths = parts.map((_, index) => `${ROOT}/${parts.slice(0, index + 1).join("/")}`);
  return paths
    .filter((path) => path !== DEFAULT_PARENT && path !== DEVICES_PARENT)
    .flatMap((path): readonly Op[] => [
      { op: "mkdir", path },
      { op: "write", path: `${path}/cgroup.subtree_control`, data: enabling(available), flags: O_WRONLY },
    ]);
}

function enabling(available: string): string {
  const kernel = available.trim().split(/\s+/);
  return CONTROLLERS.filter((name) => kernel.includes(name))
    .map((name) => `+${name}`)
    .join(" ");
}

function hasDefaultDevices({ devices = [] }: SpecResources = {}): boolean {
  return devices === DEFAULT_DEVICE_RULES || JSON.stringify(devices) === JSON.stringify(DEFAULT_DEVICE_RULES);
}

/** Makes the parents of all containers and hands them the controllers the kernel has (`cgroup.controllers` of the root). */
export function parentCgroupOps(available: string): readonly Op[] {
  const enable = enabling(available);
  return [
    { op: "write", path: `${ROOT}/cgroup.subtree_control`, data: enable, flags: O_WRONLY },
    ...[DEFAULT_PARENT, DEVICES_PARENT].flatMap((path): readonly Op[] => [
      { op: "mkdir", path },
      { op: "write", path: `${path}/cgroup.subtree_control`, data: enable, flags: O_WRONLY },
    ]),
    { op: "device-program", cgroup: DEFAULT_PARENT, program: compileDeviceProgram(DEFAULT_DEVICE_RULES) },
  ];
}

/**
 * Writes limits into a cgroup (https://docs.kernel.org/admin-guide/cgroup-v2.html), as runc's `cgroups/fs2` does.
 * Values that are not given stay as they are.
 */
export function resourceOps(directory: string, resources: SpecResources): readonly Op[] {
  const { memory = {}, cpu = {}, pids, blockIO = {} } = resources;
  const files: [name: string, value: string][] = [];
  if (memory.reservation !== undefined) files.push(["memory.low", limit(memory.reservation)]);
  if (memory.limit !== undefined) files.push(["memory.max", limit(memory.limit)]);
  if (memory.swap !== undefined) files.push(["memory.swap.max", swapLimit(memory.swap, memory.limit)]);
  if (cpu.shares !== undefined && cpu.shares !== 0) files.push(["cpu.weight", String(sharesToWeight(cpu.shares))]);
  if (cpu.quota !== undefined || cpu.period !== undefined) files.push(["cpu.max", cpuMax(cpu.quota ?? 0, cpu.period)]);
  if (cpu.cpus !== undefined && cpu.cpus !== "") files.push(["cpuset.cpus", cpu.cpus]);
  if (cpu.mems !== undefined && cpu.mems !== "") files.push(["cpuset.mems", cpu.mems]);
  if (pids !== undefined) files.push(["pids.max", limit(pids.limit)]);
  files.push(...blockIoFiles(blockIO));
  return files.map(([name, data]) => ({ op: "write", path: `${directory}/${name}`, data, flags: O_WRONLY }));
}

/** The rules about device nodes that the parent does not see to. */
export function deviceRuleOps(directory: string, resources: SpecResources): readonly Op[] {
  const { devices = [] } = resources;
  const allowsAll =
    devices.length === 0 || (devices.length === 1 && devices[0]?.allow === true && devices[0].type === "a");
  if (allowsAll || directory.startsWith(`${DEFAULT_PARENT}/`)) return [];
  return [{ op: "device-program", cgroup: directory, program: compileDeviceProgram(devices) }];
}

function limit(value: number): string {
  return value < 0 ? "max" : String(value);
}

/** v1's limit is memory and swap together, v2's is swap alone. */
function swapLimit(swap: number, memory: number | undefined): string {
  if (swap < 0) return "max";
  return String(Math.max(0, swap - Math.max(0, memory ?? 0)));
}

/** runc's ConvertCPUSharesToCgroupV2Value: 2…262144 → 1…10000. */
export function sharesToWeight(shares: number): number {
  const clamped = Math.min(Math.max(shares, 2), 262_144);
  return 1 + Math.floor(((clamped - 2) * 9999) / 262_142);
}

function cpuMax(quota: number, period: number | undefined): string {
  return `${quota > 0 ? quota : "max"} ${period === undefined || period === 0 ? DEFAULT_PERIOD_US : period}`;
}

function blockIoFiles(blockIO: NonNullable<SpecResources["blockIO"]>): readonly [name: string, value: string][] {
  const { weight: own, weightDevice = [] } = blockIO;
  const files: [name: string, value: string][] = own === undefined ? [] : [["io.bfq.weight", String(own)]];
  for (const { major, minor, weight } of weightDevice) files.push(["io.bfq.weight", `${major}:${minor} ${weight}`]);
  for (const [key, throttles] of throttleFiles(blockIO))
    for (const { major, minor, rate } of throttles) files.push(["io.max", `${major}:${minor} ${key}=${rate}`]);
  return files;
}

function throttleFiles(
  blockIO: NonNullable<SpecResources["blockIO"]>,
): readonly (readonly [key: string, throttles: readonly SpecThrottle[]])[] {
  return [
    ["rbps", blockIO.throttleReadBpsDevice ?? []],
    ["wbps", blockIO.throttleWriteBpsDevice ?? []],
    ["riops", blockIO.throttleReadIOPSDevice ?? []],
    ["wiops", blockIO.throttleWriteIOPSDevice ?? []],
  ];
}
