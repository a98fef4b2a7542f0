import { describe, expect, it } from "vitest";
import { parseArguments } from "../args.ts";
import { CONTAINER_FLAGS } from "../flags/container-flags.ts";
import { FakeTerminal } from "../testing/fake-terminal.ts";
import { splitWords } from "../testing/transcript.ts";
import { createBody } from "./create-body.ts";

async function bodyOf(line: string): Promise<Record<string, unknown>> {
  const terminal = new FakeTerminal(() => Promise.reject(new Error("no engine")), {
    files: { "/p.json": '{ "a": 1 }' },
  });
  const { flags, rest } = parseArguments(CONTAINER_FLAGS, splitWords(line), { interspersed: false });
  return await createBody(terminal.context(["docker"]), flags, rest);
}

describe("the body of a create request", () => {
  it.each<[string, object]>([
    [
      "busybox",
      {
        Image: "busybox",
        Cmd: null,
        Entrypoint: null,
        Env: null,
        AttachStdin: false,
        AttachStdout: true,
        AttachStderr: true,
        Labels: {},
        Volumes: {},
      },
    ],
    ["busybox sh -c 'exit 3'", { Cmd: ["sh", "-c", "exit 3"] }],
    ["-i busybox", { AttachStdin: true, OpenStdin: true, StdinOnce: true }],
    ["-a stdin -a STDERR busybox", { AttachStdin: true, AttachStdout: false, AttachStderr: true, OpenStdin: false }],
    ["-t busybox", { Tty: true }],
    ["--entrypoint sh busybox -x", { Entrypoint: ["sh"], Cmd: ["-x"] }],
    ["--entrypoint '' busybox", { Entrypoint: [""] }],
    ["-e A=1 -e HOME -e NOPE busybox", { Env: ["A=1", "HOME=/root", "NOPE"] }],
    ["-l a=b -l c busybox", { Labels: { a: "b", c: "" } }],
    [
      "-h web -u 1:2 -w /x --stop-signal USR1 --stop-timeout 3 busybox",
      { Hostname: "web", User: "1:2", WorkingDir: "/x", StopSignal: "USR1", StopTimeout: 3 },
    ],
    [
      "-v /data -v vol:/v:ro -v ./rel/..:/r busybox",
      { Volumes: { "/data": {} }, HostConfig: { Binds: ["vol:/v:ro", "/root:/r"] } },
    ],
    ["--tmpfs /t:size=1m --tmpfs /u busybox", { HostConfig: { Tmpfs: { "/t": "size=1m", "/u": "" } } }],
    [
      "-p 80 -p 8080:81 -p 127.0.0.1:9000-9001:90-91/udp -p '[::1]::82' -p 7000-7009:70 --expose 99 --expose 5-6/udp busybox",
      {
        ExposedPorts: {
          "80/tcp": {},
          "81/tcp": {},
          "90/udp": {},
          "91/udp": {},
          "82/tcp": {},
          "70/tcp": {},
          "99/tcp": {},
          "5/udp": {},
          "6/udp": {},
        },
        HostConfig: {
          PortBindings: {
            "80/tcp": [{ HostIp: "", HostPort: "" }],
            "81/tcp": [{ HostIp: "", HostPort: "8080" }],
            "90/udp": [{ HostIp: "127.0.0.1", HostPort: "9000" }],
            "91/udp": [{ HostIp: "127.0.0.1", HostPort: "9001" }],
            "82/tcp": [{ HostIp: "::1", HostPort: "" }],
            "70/tcp": [{ HostIp: "", HostPort: "7000-7009" }],
          },
        },
      },
    ],
    [
      "-p published=80,target=90,protocol=udp busybox",
      { HostConfig: { PortBindings: { "90/udp": [{ HostIp: "", HostPort: "80" }] } } },
    ],
    ["--restart on-failure:5 busybox", { HostConfig: { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 5 } } }],
    ["--rm busybox", { HostConfig: { AutoRemove: true, RestartPolicy: { Name: "no", MaximumRetryCount: 0 } } }],
    [
      "-m 64m --memory-swap -1 --cpus 0.5 -c 7 --pids-limit 9 busybox",
      { HostConfig: { Memory: 67_108_864, MemorySwap: -1, NanoCpus: 500_000_000, CpuShares: 7, PidsLimit: 9 } },
    ],
    [
      "--ulimit nofile=10 --ulimit core=1:2 busybox",
      {
        HostConfig: {
          Ulimits: [
            { Name: "core", Hard: 2, Soft: 1 },
            { Name: "nofile", Hard: 10, Soft: 10 },
          ],
        },
      },
    ],
    [
      "--device /dev/a --device /dev/b:/dev/c:r --device /dev/d:rw busybox",
      {
        HostConfig: {
          Devices: [
            { PathOnHost: "/dev/a", PathInContainer: "/dev/a", CgroupPermissions: "rwm" },
            { PathOnHost: "/dev/b", PathInContainer: "/dev/c", CgroupPermissions: "r" },
            { PathOnHost: "/dev/d", PathInContainer: "/dev/d", CgroupPermissions: "rw" },
          ],
        },
      },
    ],
    [
      "--device-read-bps /dev/a:1mb busybox",
      { HostConfig: { BlkioDeviceReadBps: [{ Path: "/dev/a", Rate: 1_048_576 }] } },
    ],
    [
      "--add-host a:1.2.3.4 --add-host b=host-gateway busybox",
      { HostConfig: { ExtraHosts: ["a:1.2.3.4", "b:host-gateway"] } },
    ],
    [
      "--sysctl net.a=1 --log-driver none --cap-add ALL --init --shm-size 1m busybox",
      {
        HostConfig: {
          Sysctls: { "net.a": "1" },
          LogConfig: { Type: "none" },
          CapAdd: ["ALL"],
          Init: true,
          ShmSize: 1_048_576,
        },
      },
    ],
    [
      "--security-opt no-new-privileges --security-opt seccomp=/p.json busybox",
      { HostConfig: { SecurityOpt: ["no-new-privileges", 'seccomp={"a":1}'], MaskedPaths: null } },
    ],
    [
      "--security-opt systempaths=unconfined busybox",
      { HostConfig: { SecurityOpt: null, MaskedPaths: [], ReadonlyPaths: [] } },
    ],
    [
      "--mount type=bind,source=/a,target=/b,readonly,bind-propagation=rslave busybox",
      {
        HostConfig: {
          Mounts: [
            { Type: "bind", Source: "/a", Target: "/b", ReadOnly: true, BindOptions: { Propagation: "rslave" } },
          ],
        },
      },
    ],
    [
      "--mount 'type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1777' busybox",
      {
        HostConfig: { Mounts: [{ Type: "tmpfs", Target: "/t", TmpfsOptions: { SizeBytes: 1_048_576, Mode: 0o1777 } }] },
      },
    ],
    [
      "--health-cmd 'curl x' --health-interval 5s --health-retries 2 busybox",
      { Healthcheck: { Test: ["CMD-SHELL", "curl x"], Interval: 5e9, Retries: 2 } },
    ],
    ["--no-healthcheck busybox", { Healthcheck: { Test: ["NONE"] } }],
    [
      "busybox",
      {
        HostConfig: { NetworkMode: "default" },
        NetworkingConfig: { EndpointsConfig: { default: { Aliases: null, IPAMConfig: null } } },
      },
    ],
    [
      "--net net1 --net-alias db --ip 10.0.0.2 busybox",
      {
        HostConfig: { NetworkMode: "net1" },
        NetworkingConfig: { EndpointsConfig: { net1: { Aliases: ["db"], IPAMConfig: { IPv4Address: "10.0.0.2" } } } },
      },
    ],
    [
      "--network name=n1,alias=a,driver-opt=k=v --network n2 busybox",
      {
        NetworkingConfig: {
          EndpointsConfig: { n1: { Aliases: ["a"], DriverOpts: { k: "v" } }, n2: { Aliases: null } },
        },
      },
    ],
    ["--gpus all busybox", { HostConfig: { DeviceRequests: [{ Count: -1, Capabilities: [["gpu"]] }] } }],
    [
      "--use-api-socket busybox",
      { HostConfig: { Mounts: [{ Type: "bind", Source: "/var/run/docker.sock", Target: "/var/run/docker.sock" }] } },
    ],
    [
      "--cap-add net_admin --cap-drop CAP_MKNOD busybox",
      { HostConfig: { CapAdd: ["CAP_NET_ADMIN"], CapDrop: ["CAP_MKNOD"] } },
    ],
    [
      "--mount type=volume,src=v,dst=/v,volume-nocopy,volume-driver=d,volume-opt=a=b,volume-label=l=1,volume-subpath=s busybox",
      {
        HostConfig: {
          Mounts: [
            {
              Type: "volume",
              Source: "v",
              Target: "/v",
              VolumeOptions: {
                NoCopy: true,
                DriverConfig: { Name: "d", Options: { a: "b" } },
                Labels: { l: "1" },
                Subpath: "s",
              },
            },
          ],
        },
      },
    ],
    [
      "--mount type=bind,src=./a,dst=/b,ro,bind-recursive=writable busybox",
      { HostConfig: { Mounts: [{ Source: "/root/a", ReadOnly: true, BindOptions: { ReadOnlyNonRecursive: true } }] } },
    ],
  ])("of %s", async (line, expected) => {
    expect(await bodyOf(line)).toMatchObject(expected);
  });
});
