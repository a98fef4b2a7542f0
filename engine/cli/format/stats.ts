import { binarySize, humanSize } from "../../wire/sizes.ts";
import type { Listing } from "./table.ts";
import { shortId } from "./text.ts";

/** What of `GET /containers/{id}/stats` is shown. */
export interface StatsSample {
  readonly id: string;
  /** With the slash in front. */
  readonly name: string;
  readonly cpu_stats: CpuStats;
  readonly precpu_stats: CpuStats;
  readonly memory_stats: {
    readonly usage?: number;
    readonly limit?: number;
    readonly stats?: Readonly<Record<string, number>>;
  };
  readonly networks?: Readonly<Record<string, { readonly rx_bytes: number; readonly tx_bytes: number }>> | null;
  readonly blkio_stats: {
    readonly io_service_bytes_recursive?: readonly { readonly op: string; readonly value: number }[] | null;
  };
  readonly pids_stats: { readonly current?: number };
}

interface CpuStats {
  readonly cpu_usage: { readonly total_usage: number; readonly percpu_usage?: readonly number[] | null };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
}

/** A line of `docker stats`: a container as the user named it, and the last that was heard of it. */
export interface StatsRow {
  readonly container: string;
  readonly sample: StatsSample | undefined;
  /** The sample is too old, or there was none. */
  readonly isInvalid: boolean;
}

const NOTHING = "--";

/** `docker stats` */
export function statsListing(truncate: boolean): Listing<StatsRow> {
  const valid = (show: (sample: StatsSample) => string, otherwise = NOTHING) => {
    return ({ sample, isInvalid }: StatsRow): string => (isInvalid || sample === undefined ? otherwise : show(sample));
  };
  return {
    table: "{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}",
    headers: {
      Container: "CONTAINER",
      Name: "NAME",
      ID: "CONTAINER ID",
      CPUPerc: "CPU %",
      MemUsage: "MEM USAGE / LIMIT",
      MemPerc: "MEM %",
      NetIO: "NET I/O",
      BlockIO: "BLOCK I/O",
      PIDs: "PIDS",
    },
    typeName: "*container.statsContext",
    fields: {
      Container: ({ container }) => container,
      Name: ({ sample }) => (sample !== undefined && sample.name.length > 1 ? sample.name.slice(1) : NOTHING),
      ID: ({ sample }) => (truncate ? shortId(sample?.id ?? "") : (sample?.id ?? "")),
      CPUPerc: valid((sample) => percent(cpuPercentage(sample))),
      MemUsage: valid(
        (sample) => `${binarySize(memoryUsed(sample))} / ${binarySize(sample.memory_stats.limit ?? 0)}`,
        "-- / --",
      ),
      MemPerc: valid((sample) => percent(memoryPercentage(sample))),
      NetIO: valid(({ networks }) => pair(Object.values(networks ?? {}).map((n) => [n.rx_bytes, n.tx_bytes]))),
      BlockIO: valid((sample) => pair(blockBytes(sample))),
      PIDs: valid((sample) => String(sample.pids_stats.current ?? 0)),
    },
  };
}

const percent = (value: number): string => `${value.toFixed(2)}%`;

/** Of one processor: two that are busy are 200. */
function cpuPercentage({ cpu_stats: now, precpu_stats: before }: StatsSample): number {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const all = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  const cpus = now.online_cpus || (now.cpu_usage.percpu_usage?.length ?? 0);
  return all > 0 && used > 0 ? (used / all) * cpus * 100 : 0;
}

/** Without the part of the page cache that the kernel can take back at once. */
function memoryUsed({ memory_stats: { usage = 0, stats = {} } }: StatsSample): number {
  const cache = stats["total_inactive_file"] ?? stats["inactive_file"] ?? 0;
  return cache < usage ? usage - cache : usage;
}

function memoryPercentage(sample: StatsSample): number {
  const { limit = 0 } = sample.memory_stats;
  return limit === 0 ? 0 : (memoryUsed(sample) / limit) * 100;
}

function blockBytes({
  blkio_stats: { io_service_bytes_recursive: entries },
}: StatsSample): readonly [number, number][] {
  return (entries ?? []).map(({ op, value }) => [/^r/i.test(op) ? value : 0, /^w/i.test(op) ? value : 0]);
}

/** `890B / 126B`: in and out, summed. */
function pair(amounts: readonly (readonly [number, number])[]): string {
  const [read, written] = amounts.reduce<readonly [number, number]>(
    (sum, item) => [sum[0] + item[0], sum[1] + item[1]],
    [0, 0],
  );
  return `${humanSize(read, 3)} / ${humanSize(written, 3)}`;
}
