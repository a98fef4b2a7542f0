import { describe, expect, it } from "vitest";
import { completeHostConfig, mergeConfig, parsePortSpec } from "./merge-config.ts";
import { validateConfig } from "./validate-config.ts";
import type { ContainerConfig, HostConfig } from "./container.ts";

const image = {
  Entrypoint: ["/entry"],
  Cmd: ["arg"],
  Env: ["PATH=/bin", "NGINX_VERSION=1"],
  ExposedPorts: { "80/tcp": {} },
  Volumes: { "/cache": {} },
  Labels: { a: "image", b: "image" },
  WorkingDir: "/work",
  User: "www",
  StopSignal: "SIGQUIT",
};

const merge = (user: Partial<ContainerConfig>): ContainerConfig => mergeConfig(user, image, "0123456789ab");

describe("the configuration of a container", () => {
  it("is the image's where the user says nothing", () => {
    expect(merge({})).toMatchObject({
      entrypoint: ["/entry"],
      cmd: ["arg"],
      env: ["PATH=/bin", "NGINX_VERSION=1"],
      exposedPorts: [{ port: 80, protocol: "tcp" }],
      volumes: ["/cache"],
      labels: { a: "image", b: "image" },
      workingDir: "/work",
      user: "www",
      stopSignal: "SIGQUIT",
      hostname: "0123456789ab",
    });
  });

  it("has the user's variables first, and his labels over the image's", () => {
    expect(merge({ env: ["A=1", "PATH=/mine"], labels: { a: "user" } })).toMatchObject({
      env: ["A=1", "PATH=/mine", "NGINX_VERSION=1"],
      labels: { a: "user", b: "image" },
    });
  });

  it("keeps the image's entrypoint with a command, and drops its command with an entrypoint", () => {
    expect(merge({ cmd: ["x"] })).toMatchObject({ entrypoint: ["/entry"], cmd: ["x"] });
    expect(merge({ entrypoint: ["/mine"] })).toMatchObject({ entrypoint: ["/mine"], cmd: [] });
    expect(merge({ entrypoint: [""], cmd: ["x"] })).toMatchObject({ entrypoint: [], cmd: ["x"] });
    expect(merge({ entrypoint: [] })).toMatchObject({ entrypoint: [], cmd: ["arg"] });
    expect(() => merge({ entrypoint: [""] })).toThrow("no command specified");
  });

  it("exposes the ports of both", () => {
    expect(merge({ exposedPorts: [{ port: 53, protocol: "udp" }] }).exposedPorts).toHaveLength(2);
    expect(parsePortSpec("80")).toEqual({ port: 80, protocol: "tcp" });
    expect(() => parsePortSpec("x/tcp")).toThrow("invalid port specification");
    expect(() => parsePortSpec("80/icmp")).toThrow("invalid proto: icmp");
  });
});

describe("what Docker refuses", () => {
  const validate = (config: Partial<ContainerConfig>, host: Partial<HostConfig> = {}): readonly string[] => {
    const { resources, ...rest } = host;
    return validateConfig(config, completeHostConfig({ ...rest, ...(resources && { resources }) }), {
      cpus: 2,
    });
  };
  const limits = (resources: object): Partial<HostConfig> => ({ resources: resources as HostConfig["resources"] });

  it.each([
    ["the working directory 'relative' is invalid, it needs to be an absolute path", { workingDir: "relative" }, {}],
    ["invalid signal: FOO", { stopSignal: "FOO" }, {}],
    ['invalid CapAdd: unknown capability: "CAP_NOPE"', {}, { capAdd: ["NOPE"] }],
    ["Minimum memory limit allowed is 6MB", {}, limits({ memoryBytes: 1024 })],
    [
      "Minimum memoryswap limit should be larger than memory limit, see usage",
      {},
      limits({ memoryBytes: 8 << 20, memorySwapBytes: 4 << 20 }),
    ],
    ["range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available", {}, limits({ nanoCpus: 3e9 })],
    [
      "Conflicting options: Nano CPUs and CPU Period cannot both be set",
      {},
      limits({ nanoCpus: 1e9, cpuPeriodUs: 1000 }),
    ],
    ["CPU cfs quota can not be less than 1ms (i.e. 1000)", {}, limits({ cpuQuotaUs: 10 })],
    ["Requested CPUs are not available - requested 5, available: 0-1", {}, limits({ cpusetCpus: "5" })],
    [
      "can't create 'AutoRemove' container with restart policy",
      {},
      { autoRemove: true, restartPolicy: { name: "always", maximumRetryCount: 0 } },
    ],
    [
      "conflicting options: port publishing and the container type network mode",
      {},
      { networkMode: "container:x", publishAllPorts: true },
    ],
    ['invalid --security-opt 1: "nope"', {}, { securityOpt: ["nope"] }],
    ['invalid --security-opt 2: "no=pe"', {}, { securityOpt: ["no=pe"] }],
    ['invalid --security-opt 2: "no-new-privileges=maybe"', {}, { securityOpt: ["no-new-privileges=maybe"] }],
    ["--security-opt apparmor=mine (HostConfig.SecurityOpt) is not possible", {}, { securityOpt: ["apparmor=mine"] }],
    ["invalid environment variable: =x", { env: ["=x"] }, {}],
    [
      "You should always set the Memory limit when using Memoryswap limit, see usage",
      {},
      limits({ memorySwapBytes: 1 }),
    ],
    ["Invalid value 0- for cpuset cpus: invalid format: 0-", {}, limits({ cpusetCpus: "0-" })],
    ["Invalid value 1-0 for cpuset cpus: invalid format: 1-0", {}, limits({ cpusetCpus: "1-0" })],
    ["Invalid value 99999 for cpuset cpus: value of out range, maximum is 8192", {}, limits({ cpusetCpus: "99999" })],
    ["Requested memory nodes are not available - requested 9, available: 0", {}, limits({ cpusetMems: "9" })],
    ["kernel does not support CPU real-time scheduler", {}, limits({ cpuRealtimeRuntimeUs: 1000 })],
    ["Range of blkio weight is from 10 to 1000", {}, limits({ blkioWeight: 5 })],
    ["invalid CPU shares (-1): value must be a positive integer", {}, limits({ cpuShares: -1 })],
    ["unknown or invalid runtime name: kata", {}, { runtime: "kata" }],
    ["invalid isolation (hyperv): linux only supports 'default'", {}, { isolation: "hyperv" }],
    ["conflicting options: hostname and the UTS mode", { hostname: "x" }, { utsMode: "host" }],
    ["invalid PID mode: foo", {}, { pidMode: "foo" }],
    ["invalid PID mode: container:", {}, { pidMode: "container:" }],
    ["invalid IPC mode: foo", {}, { ipcMode: "foo" }],
    ["invalid UTS mode: foo", {}, { utsMode: "foo" }],
    ["invalid cgroup namespace mode: foo", {}, { cgroupnsMode: "foo" }],
    ["SHM size can not be less than 0", {}, { shmSizeBytes: -1 }],
    ["Invalid value 2000, range for oom score adj is [-1000, 1000]", {}, { oomScoreAdj: 2000 }],
    ["invalid Annotations: the empty string is not permitted as an annotation key", {}, { annotations: { "": "x" } }],
    [
      "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
      {},
      { storageOpt: { size: "1G" } },
    ],
    ["Unknown option foo", {}, { storageOpt: { foo: "1" } }],
  ] as const)("is told as: %s", (message, config, host) => {
    expect(() => validate(config, host as Partial<HostConfig>)).toThrow(message);
  });

  it("and what it only warns of", () => {
    expect(validate({})).toEqual([]);
    expect(
      validate({}, limits({ oomKillDisable: true, memorySwappiness: 50, kernelMemoryBytes: 1, cpuPercent: 1 })),
    ).toEqual([
      "Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.",
      "Your kernel does not support kernel memory limit capabilities or the cgroup is not mounted. Limitation discarded.",
      "Your kernel does not support OomKillDisable. OomKillDisable discarded.",
      "linux does not support CPU percent. Percent discarded.",
    ]);
  });
});
