import { describe, expect, it } from "vitest";
import { type SampleModel, toStats } from "./stats.ts";

const SAMPLE: SampleModel = {
  timeNs: 1_700_000_000_000_000_005n,
  machine: { cpuNs: 5_000_000_000, onlineCpus: 1 },
  task: {
    cpu: { usageNs: 30, userNs: 10, systemNs: 20, periods: 1, throttledPeriods: 2, throttledNs: 3 },
    memory: { usageBytes: 4096, counters: { anon: 1, pgfault: 2, nonsense: 3 } },
    pids: { current: 2 },
    io: [{ major: 7, minor: 1, readBytes: 5, writtenBytes: 6 }],
    networks: new Map(
      ["eth1", "eth0"].map((name) => [
        name,
        { rxBytes: 1, rxPackets: 2, rxErrors: 3, rxDropped: 4, txBytes: 5, txPackets: 6, txErrors: 7, txDropped: 8 },
      ]),
    ),
  },
  limits: { memoryBytes: 0, pids: 0 },
};

describe("stats as Docker sends them", () => {
  it("have the shape of cgroup v2", () => {
    const stats = toStats({ id: "i", name: "/n", sample: SAMPLE, previous: undefined }, 1 << 28);
    expect(Object.keys(stats).join(" ")).toBe(
      "name id read preread pids_stats blkio_stats num_procs storage_stats cpu_stats precpu_stats memory_stats networks",
    );
    expect(stats.read).toBe("2023-11-14T22:13:20.000000005Z");
    expect(stats.preread).toBe("0001-01-01T00:00:00Z");
    expect(stats.pids_stats).toEqual({ current: 2, limit: 18_446_744_073_709_551_615n });
    expect(stats.cpu_stats).toEqual({
      cpu_usage: { total_usage: 30, usage_in_kernelmode: 20, usage_in_usermode: 10 },
      system_cpu_usage: 5_000_000_000,
      online_cpus: 1,
      throttling_data: { periods: 1, throttled_periods: 2, throttled_time: 3 },
    });
    expect(stats.precpu_stats).not.toHaveProperty("system_cpu_usage");
    expect(stats.memory_stats).toMatchObject({ usage: 4096, limit: 1 << 28, stats: { anon: 1, pgfault: 2, file: 0 } });
    expect(stats.memory_stats.stats).not.toHaveProperty("nonsense");
    expect(stats.blkio_stats["io_service_bytes_recursive"]).toEqual([
      { major: 7, minor: 1, op: "read", value: 5 },
      { major: 7, minor: 1, op: "write", value: 6 },
    ]);
    expect(Object.keys(stats.networks ?? {})).toEqual(["eth0", "eth1"]);
  });

  it("have the container's own limits", () => {
    const sample = { ...SAMPLE, limits: { memoryBytes: 1 << 20, pids: 9 } };
    const stats = toStats({ id: "i", name: "/n", sample, previous: SAMPLE }, 1 << 28);
    expect(stats.memory_stats.limit).toBe(1 << 20);
    expect(stats.pids_stats.limit).toBe(9);
    expect(stats.preread).toBe("2023-11-14T22:13:20.000000005Z");
  });

  it("of what does not run are zero", () => {
    const stats = toStats({ id: "i", name: "/n", sample: undefined, previous: undefined }, 1);
    expect(stats).toMatchObject({ read: "0001-01-01T00:00:00Z", pids_stats: {}, memory_stats: {} });
    expect(stats.memory_stats).toEqual({});
    expect(stats).not.toHaveProperty("networks");
    expect(stats.cpu_stats.cpu_usage).toEqual({ total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 });
  });
});
