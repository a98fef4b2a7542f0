import { formatTimeNs } from "./times.ts";

/** Counters of a running container, structurally (`runtime/task-stats.ts`). */
export interface SampleModel {
  readonly timeNs: bigint;
  readonly machine: { readonly cpuNs: number; readonly onlineCpus: number };
  readonly task: {
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
      readonly counters: Readonly<Record<string, number>>;
    };
    readonly pids: { readonly current: number };
    readonly io: readonly {
      readonly major: number;
      readonly minor: number;
      readonly readBytes: number;
      readonly writtenBytes: number;
    }[];
    readonly networks: ReadonlyMap<string, DeviceModel>;
  };
  /** 0: none. */
  readonly limits: { readonly memoryBytes: number; readonly pids: number };
}

interface DeviceModel {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

export interface StatsModel {
  readonly id: string;
  readonly name: string;
  readonly sample: SampleModel | undefined;
  readonly previous: SampleModel | undefined;
}

/** What clients read of `GET /containers/{id}/stats`; there is more in it. */
export interface StatsResponse {
  readonly name?: string;
  readonly id?: string;
  readonly read: string;
  readonly preread: string;
  readonly pids_stats: { readonly current?: number; readonly limit?: number | bigint };
  readonly blkio_stats: Readonly<Record<string, readonly WireIo[] | null>>;
  /** These two are Windows' own. */
  readonly num_procs: 0;
  readonly storage_stats: object;
  readonly cpu_stats: WireCpu;
  readonly precpu_stats: WireCpu;
  readonly memory_stats: {
    readonly usage?: number;
    readonly stats?: Readonly<Record<string, number>>;
    readonly limit?: number;
  };
  readonly networks?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

interface WireIo {
  readonly major: number;
  readonly minor: number;
  readonly op: string;
  readonly value: number;
}

interface WireCpu {
  readonly cpu_usage: Readonly<Record<string, number>>;
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
  readonly throttling_data: Readonly<Record<string, number>>;
}

const ZERO_TIME = "0001-01-01T00:00:00Z";
/** How a cgroup without a limit on processes is told: the largest 64-bit number. */
const NO_LIMIT = 0xffff_ffff_ffff_ffffn;

/** Of `memory.stat`, what Docker passes on for cgroup v2 (`daemon/stats_unix.go`), sorted as Go sorts a map. */
const MEMORY_COUNTERS = [
  "active_anon", "active_file", "anon", "anon_thp", "file", "file_dirty", "file_mapped", "file_writeback", "inactive_anon",
  "inactive_file", "kernel_stack", "pgactivate", "pgdeactivate", "pgfault", "pglazyfree", "pglazyfreed", "pgmajfault", "pgrefill",
  "pgscan", "pgsteal", "shmem", "slab", "slab_reclaimable", "slab_unreclaimable", "sock", "thp_collapse_alloc", "thp_fault_alloc",
  "unevictable", "workingset_activate", "workingset_nodereclaim", "workingset_refault",
]; // prettier-ignore

/** `GET /containers/{id}/stats` on cgroup v2, in Docker's order of fields. `machineBytes`: the limit of who has none. */
export function toStats({ id, name, sample, previous }: StatsModel, machineBytes: number): StatsResponse {
  return {
    ...(name !== "" && { name }),
    ...(id !== "" && { id }),
    read: timeOf(sample),
    preread: timeOf(previous),
    pids_stats: sample === undefined ? {} : toPids(sample),
    blkio_stats: toBlockIo(sample),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: toCpu(sample),
    precpu_stats: toCpu(previous),
    memory_stats: sample === undefined ? {} : toMemory(sample, machineBytes),
    ...(sample !== undefined && sample.task.networks.size > 0 && { networks: toNetworks(sample.task.networks) }),
  };
}

function timeOf(sample: SampleModel | undefined): string {
  return sample === undefined ? ZERO_TIME : formatTimeNs(sample.timeNs);
}

function toPids({ task, limits }: SampleModel): StatsResponse["pids_stats"] {
  const { current } = task.pids;
  return { ...(current > 0 && { current }), limit: limits.pids > 0 ? limits.pids : NO_LIMIT };
}

/** The fields but the first are cgroup v1's. */
function toBlockIo(sample: SampleModel | undefined): StatsResponse["blkio_stats"] {
  const bytes = sample?.task.io.flatMap(({ major, minor, readBytes, writtenBytes }) => [
    { major, minor, op: "read", value: readBytes },
    { major, minor, op: "write", value: writtenBytes },
  ]);
  return {
    io_service_bytes_recursive: bytes === undefined || bytes.length === 0 ? null : bytes,
    io_serviced_recursive: null,
    io_queue_recursive: null,
    io_service_time_recursive: null,
    io_wait_time_recursive: null,
    io_merged_recursive: null,
    io_time_recursive: null,
    sectors_recursive: null,
  };
}

function toCpu(sample: SampleModel | undefined): WireCpu {
  const cpu = sample?.task.cpu;
  return {
    cpu_usage: {
      total_usage: cpu?.usageNs ?? 0,
      usage_in_kernelmode: cpu?.systemNs ?? 0,
      usage_in_usermode: cpu?.userNs ?? 0,
    },
    ...(sample && { system_cpu_usage: sample.machine.cpuNs, online_cpus: sample.machine.onlineCpus }),
    throttling_data: {
      periods: cpu?.periods ?? 0,
      throttled_periods: cpu?.throttledPeriods ?? 0,
      throttled_time: cpu?.throttledNs ?? 0,
    },
  };
}

function toMemory({ task, limits }: SampleModel, machineBytes: number): StatsResponse["memory_stats"] {
  const { usageBytes, counters } = task.memory;
  return {
    ...(usageBytes > 0 && { usage: usageBytes }),
    stats: Object.fromEntries(MEMORY_COUNTERS.map((key) => [key, counters[key] ?? 0])),
    limit: limits.memoryBytes > 0 ? Math.min(limits.memoryBytes, machineBytes) : machineBytes,
  };
}

function toNetworks(networks: SampleModel["task"]["networks"]): NonNullable<StatsResponse["networks"]> {
  const sorted = [...networks].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    sorted.map(([name, device]) => [
      name,
      {
        rx_bytes: device.rxBytes,
        rx_packets: device.rxPackets,
        rx_errors: device.rxErrors,
        rx_dropped: device.rxDropped,
        tx_bytes: device.txBytes,
        tx_packets: device.txPackets,
        tx_errors: device.txErrors,
        tx_dropped: device.txDropped,
      },
    ]),
  );
}
