import { describe, expect, it } from "vitest";
import { writeOp } from "../guest/op-codec.ts";
import { FieldWriter } from "../guest/codec.ts";
import type { Op } from "../guest/ops.ts";
import type { RuntimeSpec } from "../oci/runtime-spec.ts";
import { DEFAULT_CAPABILITIES } from "./capabilities.ts";
import { compileExec, compileTask } from "./compile-spec.ts";
import {
  DEFAULT_DEVICE_RULES,
  DEFAULT_DEVICES,
  DEFAULT_MOUNTS,
  DEFAULT_SYSCTLS,
  MASKED_PATHS,
  READONLY_PATHS,
} from "./default-spec.ts";
import { CLONE } from "./linux.ts";
import { parseMountOptions } from "./mount-options.ts";
import type { TaskRequest } from "./runtime.ts";
import { defaultSeccompProfile } from "./seccomp/default-profile.ts";

const capabilities = {
  bounding: DEFAULT_CAPABILITIES,
  effective: DEFAULT_CAPABILITIES,
  permitted: DEFAULT_CAPABILITIES,
  inheritable: [],
  ambient: [],
};

function spec(
  changes: {
    process?: Partial<RuntimeSpec["process"]>;
    linux?: Partial<RuntimeSpec["linux"]>;
    readonly?: boolean;
  } = {},
): RuntimeSpec {
  return {
    ociVersion: "1.2.0",
    process: {
      terminal: false,
      user: { uid: 0, gid: 0, additionalGids: [0, 10] },
      args: ["true"],
      env: ["A=1"],
      cwd: "/",
      capabilities,
      ...changes.process,
    },
    root: { path: "/m", readonly: changes.readonly ?? false },
    hostname: "h",
    mounts: [
      ...DEFAULT_MOUNTS,
      { destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "mode=1777", "size=65536"] },
      { destination: "/data", type: "bind", source: "/home/db", options: ["rbind", "rro", "rprivate"] },
      { destination: "/etc/hosts", type: "bind", source: "/c/hosts", options: ["rbind", "rprivate"] },
    ],
    linux: {
      namespaces: [
        { type: "mount" },
        { type: "network" },
        { type: "uts" },
        { type: "pid" },
        { type: "ipc" },
        { type: "cgroup" },
      ],
      cgroupsPath: "/docker/id",
      resources: { devices: DEFAULT_DEVICE_RULES },
      devices: DEFAULT_DEVICES,
      sysctl: DEFAULT_SYSCTLS,
      seccomp: defaultSeccompProfile(DEFAULT_CAPABILITIES),
      maskedPaths: MASKED_PATHS,
      readonlyPaths: READONLY_PATHS,
      ...changes.linux,
    },
  };
}

function request(
  changes: Parameters<typeof spec>[0] = {},
  stdio: TaskRequest["stdio"] = { mode: "pipes", stdin: false },
): TaskRequest {
  return {
    id: "id",
    spec: spec(changes),
    rootfs: { target: "/m", upper: "/u", data: "lowerdir=/l" },
    files: [{ path: "/c/hosts", content: "127.0.0.1 localhost\n" }],
    networkOps: [{ op: "netlink", protocol: 0, messages: new Uint8Array(4) }],
    stdio,
  };
}

const names = (ops: readonly Op[] = []): string => ops.map(({ op }) => op).join(" ");
const indexOf = (ops: readonly Op[], wanted: Partial<Op>): number =>
  ops.findIndex((op) => Object.entries(wanted).every(([key, value]) => op[key as keyof Op] === value));

describe("a start", () => {
  const { before, start } = compileTask(request());

  it("makes the cgroup first, then the process in it with new namespaces", () => {
    expect(before).toEqual([{ op: "mkdir", path: "/sys/fs/cgroup/docker/id" }]);
    expect(start.cgroup).toBe("/sys/fs/cgroup/docker/id");
    expect(start.cloneFlags).toBe(CLONE.NEWNET | CLONE.NEWUTS | CLONE.NEWPID | CLONE.NEWIPC);
  });

  it("mounts the root and writes the files on the machine, then connects the network", () => {
    expect(names(start.parentOps)).toBe("write mount mkdir write netlink");
  });

  it("takes the process's own steps in the order that security asks for", () => {
    const { childOps } = start;
    expect(childOps[0]).toEqual({ op: "unshare", flags: CLONE.NEWNS | CLONE.NEWCGROUP });
    const order = [
      indexOf(childOps, { op: "open-tree", path: "/home/db" }),
      indexOf(childOps, { op: "mount", target: "/" }),
      indexOf(childOps, { op: "pivot-root" }),
      indexOf(childOps, { op: "mount", target: "/proc" }),
      indexOf(childOps, { op: "mount", target: "/dev" }),
      indexOf(childOps, { op: "mknod" }),
      indexOf(childOps, { op: "mount", target: "/dev/pts" }),
      indexOf(childOps, { op: "move-mount", target: "/data" }),
      indexOf(childOps, { op: "hostname" }),
      indexOf(childOps, { op: "chdir" }),
      indexOf(childOps, { op: "write", path: "/proc/sys/net/ipv4/ip_unprivileged_port_start" }),
      indexOf(childOps, { op: "readonly", path: "/proc/sys" }),
      indexOf(childOps, { op: "mask" }),
      indexOf(childOps, { op: "seccomp" }),
      indexOf(childOps, { op: "user" }),
      indexOf(childOps, { op: "caps" }),
      indexOf(childOps, { op: "exec" }),
    ];
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(childOps.at(-1)).toEqual({ op: "exec", argv: ["true"], env: ["A=1"] });
  });

  it("is small: what it costs is counted here", () => {
    const out = new FieldWriter();
    for (const op of [...before, ...(start.parentOps ?? []), ...start.childOps]) writeOp(op, out);
    expect((start.parentOps?.length ?? 0) + start.childOps.length).toBeLessThan(65);
    expect(out.finish().length).toBeLessThan(5500);
  });

  it("makes binds read-only with all that is below them", () => {
    expect(start.childOps[indexOf(start.childOps, { op: "move-mount", target: "/data" })]).toMatchObject({
      slot: 0,
      attributes: 1,
      recursive: true,
    });
    expect(start.childOps[indexOf(start.childOps, { op: "move-mount", target: "/etc/hosts" })]).toMatchObject({
      slot: 1,
      attributes: 0,
    });
  });
});

describe("security options", () => {
  it("load the filter last when no_new_privs allows it", () => {
    const { childOps } = compileTask(request({ process: { noNewPrivileges: true } })).start;
    expect(names(childOps.slice(-5))).toBe("prctl user caps seccomp exec");
  });

  it("make the root read-only at the end", () => {
    const { childOps } = compileTask(request({ readonly: true })).start;
    expect(indexOf(childOps, { op: "mount", target: "/", flags: 0x1021 })).toBeGreaterThan(
      indexOf(childOps, { op: "chdir" }),
    );
  });

  it("leave out the filter of an unconfined container", () => {
    expect(names(compileTask(request({ linux: { seccomp: undefined } })).start.childOps)).not.toContain("seccomp");
  });
});

describe("a terminal", () => {
  it("is opened after /dev/pts is there, with a file for the console to be mounted on", () => {
    const { start } = compileTask(request({ process: { terminal: true } }, { mode: "pty", rows: 24, columns: 80 }));
    const { childOps } = start;
    expect(indexOf(childOps, { op: "write", path: "/dev/console" })).toBeGreaterThan(
      indexOf(childOps, { op: "mount", target: "/dev" }),
    );
    expect(indexOf(childOps, { op: "tty" })).toBeGreaterThan(indexOf(childOps, { op: "mount", target: "/dev/pts" }));
    expect(start.stdio).toEqual({ mode: "pty", rows: 24, columns: 80 });
  });
});

describe("namespaces of others", () => {
  it("are entered through one process; the rest by the process itself", () => {
    const { start } = compileTask(
      request({
        linux: {
          namespaces: [
            { type: "mount" },
            { type: "network", path: "/proc/7/ns/net" },
            { type: "pid", path: "/proc/8/ns/pid" },
            { type: "ipc", path: "/proc/8/ns/ipc" },
          ],
        },
      }),
    );
    expect(start.join).toEqual({ pid: 8, flags: CLONE.NEWPID | CLONE.NEWIPC });
    expect(start.cloneFlags).toBe(0);
    expect(start.childOps.slice(0, 2)).toEqual([
      { op: "setns", path: "/proc/7/ns/net", flags: CLONE.NEWNET },
      { op: "unshare", flags: CLONE.NEWNS },
    ]);
  });
});

describe("an exec", () => {
  it("joins everything, with the container's cgroup, filter and identity, and makes no directory", () => {
    const start = compileExec(
      spec(),
      42,
      { ...spec().process, cwd: "/tmp", user: { uid: 1000, gid: 1000 } },
      { mode: "pipes", stdin: true },
    );
    expect(start.join).toEqual({
      pid: 42,
      flags: CLONE.NEWNS | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWNET | CLONE.NEWPID | CLONE.NEWCGROUP,
    });
    expect(start.cgroup).toBe("/sys/fs/cgroup/docker/id");
    expect(names(start.childOps)).toBe("chdir seccomp user caps exec");
    expect(start.childOps[0]).toEqual({ op: "chdir", path: "/tmp", create: false });
  });
});

describe("mount options", () => {
  it("are flags, attributes, propagation and the file system's own", () => {
    expect(parseMountOptions(["nosuid", "ro", "rw", "size=1m", "rslave", "rbind", "newinstance", "mode=755"])).toEqual({
      flags: 2,
      attributes: 2,
      propagation: 0x8_4000,
      recursive: true,
      recursiveAttributes: false,
      data: "size=1m,mode=755",
    });
  });
});
