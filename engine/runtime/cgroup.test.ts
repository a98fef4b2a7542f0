import { describe, expect, it } from "vitest";
import { ancestorOps, cgroupDirectory, deviceRuleOps, parentCgroupOps, resourceOps, sharesToWeight } from "./cgroup.ts";
import { DEFAULT_DEVICE_RULES } from "./default-spec.ts";

const files = (...args: Parameters<typeof resourceOps>): unknown =>
  Object.fromEntries(
    resourceOps(...args).map((op) => (op.op === "write" ? [op.path.replace("/c/", ""), op.data] : ["", op.op])),
  );

describe("limits", () => {
  it("are written as cgroup v2 wants them", () => {
    expect(
      files("/c", {
        memory: { limit: 64 << 20, swap: 128 << 20, reservation: 32 << 20 },
        cpu: { quota: 50_000, period: 100_000 },
        pids: { limit: 5 },
      }),
    ).toEqual({
      "memory.max": "67108864",
      "memory.swap.max": "67108864",
      "memory.low": "33554432",
      "cpu.max": "50000 100000",
      "pids.max": "5",
    });
  });

  it("can be none", () => {
    expect(files("/c", { memory: { limit: -1, swap: -1 }, cpu: { quota: -1 }, pids: { limit: -1 } })).toEqual({
      "memory.max": "max",
      "memory.swap.max": "max",
      "cpu.max": "max 100000",
      "pids.max": "max",
    });
    expect(resourceOps("/c", {})).toEqual([]);
  });

  it("convert shares as runc does", () => {
    expect([2, 512, 1024, 2048, 262_144, 1].map(sharesToWeight)).toEqual([1, 20, 39, 79, 10_000, 1]);
    expect(files("/c", { cpu: { shares: 512 } })).toEqual({ "cpu.weight": "20" });
  });

  it("give processors, memory nodes and shares of the disk", () => {
    expect(files("/c", { cpu: { cpus: "0", mems: "0" }, blockIO: { weight: 300 } })).toEqual({
      "cpuset.cpus": "0",
      "cpuset.mems": "0",
      "io.bfq.weight": "300",
    });
    expect(files("/c", { blockIO: { weightDevice: [{ major: 7, minor: 1, weight: 200 }] } })).toEqual({
      "io.bfq.weight": "7:1 200",
    });
  });

  it("throttle devices", () => {
    expect(files("/c", { blockIO: { throttleWriteBpsDevice: [{ major: 3, minor: 0, rate: 1 << 20 }] } })).toEqual({
      "io.max": "3:0 wbps=1048576",
    });
  });
});

describe("a container's cgroup", () => {
  it("hangs below the one that has the program for Docker's device rules", () => {
    const resources = { devices: [...DEFAULT_DEVICE_RULES] };
    expect(cgroupDirectory({ cgroupsPath: "/docker/abc", resources })).toBe("/sys/fs/cgroup/docker/abc");
    expect(deviceRuleOps("/sys/fs/cgroup/docker/abc", resources)).toEqual([]);
  });

  it("stands elsewhere with other rules, and has a program only when they forbid something", () => {
    const all = { devices: [{ allow: true, type: "a", access: "rwm" } as const] };
    expect(cgroupDirectory({ cgroupsPath: "/docker/abc", resources: all })).toBe("/sys/fs/cgroup/docker-devices/abc");
    expect(deviceRuleOps("/c", all)).toEqual([]);
    expect(deviceRuleOps("/c", { devices: DEFAULT_DEVICE_RULES.slice(0, 3) })).toMatchObject([
      { op: "device-program", cgroup: "/c" },
    ]);
  });

  it("has parents of its own choice, with their controllers, and its device rules itself", () => {
    const resources = { devices: DEFAULT_DEVICE_RULES };
    const directory = cgroupDirectory({ cgroupsPath: "/jobs/night/abc", resources });
    expect(directory).toBe("/sys/fs/cgroup/jobs/night/abc");
    expect(deviceRuleOps(directory, resources)).toMatchObject([{ op: "device-program", cgroup: directory }]);
    expect(ancestorOps(directory, "cpu pids rdma")).toMatchObject([
      { op: "mkdir", path: "/sys/fs/cgroup/jobs" },
      { path: "/sys/fs/cgroup/jobs/cgroup.subtree_control", data: "+cpu +pids" },
      { op: "mkdir", path: "/sys/fs/cgroup/jobs/night" },
      { path: "/sys/fs/cgroup/jobs/night/cgroup.subtree_control" },
    ]);
    expect(ancestorOps("/sys/fs/cgroup/docker/abc", "cpu")).toEqual([]);
  });

  it("gets the controllers that the kernel has", () => {
    expect(parentCgroupOps("cpu memory hugetlb pids\n")).toMatchObject([
      { path: "/sys/fs/cgroup/cgroup.subtree_control", data: "+cpu +memory +pids" },
      { op: "mkdir", path: "/sys/fs/cgroup/docker" },
      { path: "/sys/fs/cgroup/docker/cgroup.subtree_control" },
      { op: "mkdir", path: "/sys/fs/cgroup/docker-devices" },
      { path: "/sys/fs/cgroup/docker-devices/cgroup.subtree_control" },
      { op: "device-program", cgroup: "/sys/fs/cgroup/docker" },
    ]);
  });
});
