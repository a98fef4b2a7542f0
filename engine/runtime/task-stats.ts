import { decodeUtf8 } from "../base/streams.ts";
import type { Guest } from "../guest/guest.ts";
import type { Op } from "../guest/ops.ts";

/** What a machine and some of its tasks have used so far: one look, at one moment. */
export interface RuntimeStats {
  readonly machine: MachineStats;
  /** By task id; a task that has ended meanwhile is not there. */
  readonly tasks: ReadonlyMap<string, TaskStats>;
}

export interface MachineStats {
  /** Nanoseconds of processor time that have passed on all processors, idle time included (proc_stat(5)). */
  readonly cpuNs: number;
  readonly onlineCpus: number;
}

/** Counters of a task's cgroup (https://docs.kernel.org/admin-guide/cgroup-v2.html) and of its network devices. */
export interface TaskStats {
  readonly cpu: {
    readonly usageNs: number;
    readonly userNs: number;
    readonly systemNs: number;
    readonly periods: number;
    readonly throttledPeriods: number;
    readonly throttledNs: number;
  };
  readonly memory: {
    readonly usageBytes: number;
    /** The keys of `memory.stat`. */
    readonly counters: Readonly<Record<string, number>>;
  };
  readonly pids: { readonly current: number };
  readonly io: readonly {
    readonly major: number;
    readonly minor: number;
    readonly readBytes: number;
    readonly writtenBytes: number;
  }[];
  /** By device name, without loopback. */
  readonly networks: ReadonlyMap<string, DeviceCounters>;
}

export interface DeviceCounters {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

/** Where a task's counters are. */
export interface StatsSource {
  readonly id: string;
  readonly pid: number;
  readonly cgroup: string;
}

/** What every look reads of a task: few files, the guest is slow. Limits are known without asking. */
const CGROUP_FILES = ["cpu.stat", "memory.current", "memory.stat", "pids.current"];
const FILES_OF_A_TASK = CGROUP_FILES.length + 1;
/** Of the machine. Its `io.stat` tells whether any task can have one that says something. */
const MACHINE_FILES = ["/proc/stat", "/sys/fs/cgroup/io.stat"];

/** USER_HZ: the unit of `/proc/stat`, in nanoseconds. */
const TICK_NS = 10_000_000;

/** Reads the counters of all these tasks in one request; a second one where there are block devices in use. */
export async function readStats(guest: Guest, sources: readonly StatsSource[]): Promise<RuntimeStats> {
  const [procStat = "", machineIo = "", ...files] = await readAll(guest, [
    ...MACHINE_FILES,
    ...sources.flatMap(({ cgroup, pid }) => [
      ...CGROUP_FILES.map((name) => `${cgroup}/${name}`),
      `/proc/${pid}/net/dev`,
    ]),
  ]);
  const ioFiles = sources.map(({ cgroup }) => `${cgroup}/io.stat`);
  const io = parseIoStat(machineIo).length === 0 ? [] : await readAll(guest, ioFiles);
  const tasks = sources.flatMap(({ id }, index) => {
    const own = files.slice(index * FILES_OF_A_TASK, (index + 1) * FILES_OF_A_TASK);
    return own[0] === "" ? [] : [[id, { ...parseTaskStats(own), io: parseIoStat(io[index] ?? "") }] as const];
  });
  return { machine: parseMachineStats(procStat), tasks: new Map(tasks) };
}

async function readAll(guest: Guest, paths: readonly string[]): Promise<readonly string[]> {
  const answers = await guest.run(paths.map((path): Op => ({ op: "read", path, optional: true })));
  return answers.map(decodeUtf8);
}

/** Docker counts user, nice, system, idle, iowait, irq and softirq (`daemon/stats_unix.go`). */
export function parseMachineStats(procStat: string): MachineStats {
  const [first = "", ...rest] = procStat.split("\n");
  const ticks = first.split(/\s+/).slice(1, 8).map(Number);
  return {
    cpuNs: ticks.reduce((sum, value) => sum + value, 0) * TICK_NS,
    onlineCpus: rest.filter((line) => /^cpu\d/.test(line)).length,
  };
}

function parseTaskStats([
  cpuStat = "",
  current = "",
  memoryStat = "",
  pids = "",
  devices = "",
]: readonly string[]): Omit<TaskStats, "io"> {
  const cpu = parseKeyed(cpuStat);
  const microseconds = (key: string): number => (cpu[key] ?? 0) * 1000;
  return {
    cpu: {
      usageNs: microseconds("usage_usec"),
      userNs: microseconds("user_usec"),
      systemNs: microseconds("system_usec"),
      periods: cpu["nr_periods"] ?? 0,
      throttledPeriods: cpu["nr_throttled"] ?? 0,
      throttledNs: microseconds("throttled_usec"),
    },
    memory: { usageBytes: Number(current), counters: parseKeyed(memoryStat) },
    pids: { current: Number(pids) },
    networks: parseDevices(devices),
  };
}

/** Lines of `key value`. */
function parseKeyed(text: string): Record<string, number> {
  const entries = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): [string, number] => {
      const space = line.indexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    });
  return Object.fromEntries(entries);
}

/** `254:0 rbytes=1 wbytes=2 rios=1 …` */
export function parseIoStat(text: string): TaskStats["io"] {
  return text.split("\n").flatMap((line) => {
    const match = /^(\d+):(\d+) (.*)$/.exec(line);
    if (match === null) return [];
    const value = (key: string): number =>
      Number(new RegExp(`(?:^| )${key}=(\\d+)`).exec(match[3] as string)?.[1] ?? 0);
    return [
      { major: Number(match[1]), minor: Number(match[2]), readBytes: value("rbytes"), writtenBytes: value("wbytes") },
    ];
  });
}

/** `/proc/net/dev`: eight numbers for what came in, eight for what went out. */
export function parseDevices(text: string): ReadonlyMap<string, DeviceCounters> {
  const devices = text.split("\n").flatMap((line) => {
    const colon = line.lastIndexOf(":");
    const name = line.slice(0, Math.max(0, colon)).trim();
    if (colon < 0 || name === "lo") return [];
    const [rxBytes = 0, rxPackets = 0, rxErrors = 0, rxDropped = 0, , , , , ...tx] = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    const [txBytes = 0, txPackets = 0, txErrors = 0, txDropped = 0] = tx;
    return [[name, { rxBytes, rxPackets, rxErrors, rxDropped, txBytes, txPackets, txErrors, txDropped }] as const];
  });
  return new Map(devices);
}
