import { describe, expect, it } from "vitest";
import { FakeRuntime } from "../runtime/fake-runtime.ts";
import type { DeviceNode } from "../runtime/runtime.ts";
import { findDevices } from "./container-devices.ts";
import type { HostConfig } from "./container.ts";
import { completeHostConfig } from "./merge-config.ts";

const node = (path: string, type: DeviceNode["type"], major: number, minor: number): DeviceNode => ({
  path,
  type,
  major,
  minor,
  fileMode: 432,
  uid: 0,
  gid: 6,
});

function find(host: Partial<HostConfig>): ReturnType<typeof findDevices> {
  const runtime = new FakeRuntime();
  for (const device of [
    node("/dev/loop0", "b", 7, 0),
    node("/dev/net/tun", "c", 10, 200),
    node("/dev/net/tap", "c", 10, 201),
    node("/dev/pts/0", "c", 136, 0),
    node("/dev/initctl", "p", 0, 0),
    node("/dev/console", "c", 5, 1),
  ])
    runtime.devices.set(device.path, device);
  return findDevices(runtime, completeHostConfig(host));
}

const mapping = (pathOnHost: string, pathInContainer = pathOnHost): HostConfig["devices"] => [
  { pathOnHost, pathInContainer, cgroupPermissions: "rw" },
];

describe("a container's devices", () => {
  it("are none when it asks for none", async () => {
    expect(await find({})).toEqual({ nodes: [], rules: [], numbers: new Map() });
  });

  it("are those that it names, under the names it wants, with a rule each", async () => {
    expect(await find({ devices: mapping("/dev/loop0", "/dev/disk") })).toMatchObject({
      nodes: [{ path: "/dev/disk", type: "b", major: 7, minor: 0, fileMode: 0o660, gid: 6 }],
      rules: [{ allow: true, type: "b", major: 7, minor: 0, access: "rw" }],
    });
  });

  it("are all those below a directory", async () => {
    const { nodes, rules } = await find({ devices: mapping("/dev/net", "/dev/tunnels") });
    expect(nodes.map(({ path }) => path)).toEqual(["/dev/tunnels/tun", "/dev/tunnels/tap"]);
    expect(rules).toHaveLength(2);
  });

  it("are all of the machine's for a privileged one, but terminals and pipes", async () => {
    const { nodes, rules } = await find({ privileged: true });
    expect(nodes.map(({ path }) => path)).toEqual(["/dev/null", "/dev/loop0", "/dev/net/tun", "/dev/net/tap"]);
    expect(rules).toEqual([]);
  });

  it("can be allowed by rule", async () => {
    expect((await find({ deviceCgroupRules: ["c 10:* rm", "a *:* rwm"] })).rules).toEqual([
      { allow: true, type: "c", major: 10, access: "rm" },
      { allow: true, type: "a", access: "rwm" },
    ]);
  });

  it("have numbers, for limits", async () => {
    const { numbers } = await find({
      resources: { ...completeHostConfig({}).resources, blkioReadBps: [{ path: "/dev/loop0", rate: 1 }] },
    });
    expect([...numbers]).toEqual([["/dev/loop0", { major: 7, minor: 0 }]]);
  });

  it.each<[Partial<HostConfig>, string]>([
    [
      { devices: mapping("/dev/nope") },
      'error gathering device information while adding custom device "/dev/nope": no such file or directory',
    ],
    [{ deviceCgroupRules: ["foo"] }, "invalid device cgroup rule format: 'foo'"],
    [
      { deviceRequests: [{ driver: "", count: -1, deviceIds: null, capabilities: [["gpu"]], options: null }] },
      'could not select device driver "" with capabilities: [[gpu]]',
    ],
    [
      {
        deviceRequests: [
          { driver: "nvidia", count: 1, deviceIds: null, capabilities: [["gpu", "utility"]], options: null },
        ],
      },
      'could not select device driver "nvidia" with capabilities: [[gpu utility]]',
    ],
    [
      { resources: { ...completeHostConfig({}).resources, blkioReadBps: [{ path: "/dev/nope", rate: 1 }] } },
      "stat /dev/nope: no such file or directory",
    ],
  ])("are refused in Docker's words (%#)", async (host, message) => {
    await expect(find(host)).rejects.toThrow(message);
  });
});
