import { describe, expect, it } from "vitest";
import type { EngineError } from "../base/errors.ts";
import { parseCreateBody } from "./container-create.ts";

const parse = (body: object): ReturnType<typeof parseCreateBody> =>
  parseCreateBody(JSON.stringify({ Image: "busybox", ...body }));

function problemOf(body: object): string {
  try {
    parse(body);
    return "none";
  } catch (error) {
    return `${(error as EngineError).kind}: ${(error as EngineError).message}`;
  }
}

describe("parseCreateBody", () => {
  it("keeps only what was set, so that the image's defaults can apply", () => {
    const { image, config, host } = parse({
      Cmd: null,
      Entrypoint: null,
      User: "",
      WorkingDir: "",
      HostConfig: { NetworkMode: "default" },
    });
    expect(image).toBe("busybox");
    for (const name of ["cmd", "entrypoint", "user", "workingDir", "hostname", "stopSignal", "stopTimeoutSeconds"]) {
      expect(config).not.toHaveProperty(name);
    }
    expect(host).not.toHaveProperty("networkMode");
    expect(host).not.toHaveProperty("shmSizeBytes");
  });

  it("tells an entrypoint that is cleared from one that is not set", () => {
    expect(parse({ Entrypoint: [""] }).config.entrypoint).toEqual([""]);
    expect(parse({ Entrypoint: [] }).config.entrypoint).toEqual([]);
    expect(parse({ Entrypoint: "sh" }).config.entrypoint).toEqual(["sh"]);
  });

  it("reads ports, limits, policies and networks", () => {
    const { config, host, networks } = parse({
      ExposedPorts: { "80/tcp": {}, "53/udp": {} },
      StopTimeout: 3,
      HostConfig: {
        PortBindings: {
          "80/tcp": [{ HostPort: "8080" }, { HostIp: "127.0.0.1", HostPort: "" }],
          "443/tcp": null,
          "81/tcp": [{ HostPort: "8000-8010" }],
        },
        RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
        Memory: 67_108_864,
        NanoCpus: 500_000_000,
        Ulimits: [{ Name: "nofile", Soft: 1, Hard: 2 }],
        Init: true,
        ConsoleSize: [24, 80],
      },
      NetworkingConfig: {
        EndpointsConfig: { net1: { Aliases: ["db"], IPAMConfig: { IPv4Address: "10.0.0.2" } }, default: null },
      },
    });
    expect(config.exposedPorts).toEqual([
      { port: 80, protocol: "tcp" },
      { port: 53, protocol: "udp" },
    ]);
    expect(config.stopTimeoutSeconds).toBe(3);
    expect(host.portBindings).toEqual([
      { container: { port: 80, protocol: "tcp" }, hostIp: "", hostPort: 8080 },
      { container: { port: 80, protocol: "tcp" }, hostIp: "127.0.0.1", hostPort: 0 },
      { container: { port: 81, protocol: "tcp" }, hostIp: "", hostPort: 8000, hostPortEnd: 8010 },
    ]);
    expect(host.restartPolicy).toEqual({ name: "on-failure", maximumRetryCount: 3 });
    expect(host.resources).toMatchObject({ memoryBytes: 67_108_864, nanoCpus: 500_000_000 });
    expect(host.ulimits).toEqual([{ name: "nofile", soft: 1, hard: 2 }]);
    expect(host.init).toBe(true);
    expect(host.consoleSize).toEqual([24, 80]);
    expect(networks).toEqual({ net1: { aliases: ["db"], hasIpamConfig: true, ipAddress: "10.0.0.2" }, bridge: {} });
  });

  it("accepts everything that Docker's own client sends for a plain run", () => {
    expect(problemOf(PLAIN_RUN)).toBe("none");
  });

  it.each<[object, string]>([
    [{ Image: "" }, "invalid-argument: config cannot be empty in order to create a container"],
    [{ ExposedPorts: { x: {} } }, 'invalid-argument: invalid port specification: "x"'],
    [{ ExposedPorts: { "80/foo": {} } }, "invalid-argument: invalid proto: foo"],
    [
      { HostConfig: { RestartPolicy: { Name: "foo" } } },
      "invalid-argument: invalid restart policy: unknown policy 'foo'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
    ],
    [
      { HostConfig: { RestartPolicy: { Name: "no", MaximumRetryCount: 3 } } },
      "invalid-argument: invalid restart policy: maximum retry count can only be used with 'on-failure'",
    ],
    [
      { HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "2-1" }] } } },
      'invalid-argument: invalid port specification: "2-1"',
    ],
    [
      { HostConfig: { Memory: "1g" } },
      "invalid-argument: invalid JSON: json: cannot unmarshal string into Go struct field .HostConfig.Memory of type int64",
    ],
    [
      { HostConfig: { ConsoleSize: [1, -1] } },
      "invalid-argument: invalid JSON: json: cannot unmarshal number -1 into .HostConfig.ConsoleSize.1 of type uint",
    ],
    [
      { HostConfig: { DeviceRequests: [{ Capabilities: ["gpu"] }] } },
      "invalid-argument: invalid JSON: json: cannot unmarshal string into .HostConfig.DeviceRequests.0.Capabilities.0 of type []string",
    ],
  ])("answers %o with %s", (body, problem) => {
    expect(problemOf(body)).toBe(problem);
  });
});

/** What a client sends when the user set nothing. */
const PLAIN_RUN = {
  Hostname: "", Domainname: "", User: "", AttachStdin: false, AttachStdout: true, AttachStderr: true, Tty: false, OpenStdin: false,
  StdinOnce: false, Env: null, Cmd: null, Volumes: {}, WorkingDir: "", Entrypoint: null, OnBuild: null, Labels: {},
  HostConfig: {
    Binds: null, ContainerIDFile: "", LogConfig: { Type: "", Config: {} }, NetworkMode: "default", PortBindings: {},
    RestartPolicy: { Name: "no", MaximumRetryCount: 0 }, AutoRemove: false, VolumeDriver: "", VolumesFrom: null, ConsoleSize: [0, 0],
    CapAdd: null, CapDrop: null, CgroupnsMode: "", Dns: [], DnsOptions: [], DnsSearch: [], ExtraHosts: null, GroupAdd: null,
    IpcMode: "", Cgroup: "", Links: null, OomScoreAdj: 0, PidMode: "", Privileged: false, PublishAllPorts: false,
    ReadonlyRootfs: false, SecurityOpt: null, UTSMode: "", UsernsMode: "", ShmSize: 0, Isolation: "", CpuShares: 0, Memory: 0,
    NanoCpus: 0, CgroupParent: "", BlkioWeight: 0, BlkioWeightDevice: [], BlkioDeviceReadBps: [], BlkioDeviceWriteBps: [],
    BlkioDeviceReadIOps: [], BlkioDeviceWriteIOps: [], CpuPeriod: 0, CpuQuota: 0, CpuRealtimePeriod: 0, CpuRealtimeRuntime: 0,
    CpusetCpus: "", CpusetMems: "", Devices: [], DeviceCgroupRules: null, DeviceRequests: null, MemoryReservation: 0, MemorySwap: 0,
    MemorySwappiness: -1, OomKillDisable: false, PidsLimit: 0, Ulimits: [], CpuCount: 0, CpuPercent: 0, IOMaximumIOps: 0,
    IOMaximumBandwidth: 0, MaskedPaths: null, ReadonlyPaths: null,
  },
  NetworkingConfig: { EndpointsConfig: { default: { IPAMConfig: null, Links: null, Aliases: null, MacAddress: "", DriverOpts: null } } },
}; // prettier-ignore
