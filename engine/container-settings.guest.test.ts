import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { join } from "node:path";
import { openMemoryStorage } from "./content/browser-storage.ts";
import { createEngine } from "./engine.ts";
import type { Engine } from "./engine-options.ts";
import { createFileAssets } from "./node/file-assets.ts";
import { ApiSession } from "./testing/api-session.ts";

/** What a setting does is read from the kernel, inside a container. */
let engine: Engine;
let api: ApiSession;

beforeAll(async () => {
  const assets = createFileAssets(join(import.meta.dirname, "..", "public"));
  engine = await createEngine({ assets, storage: openMemoryStorage() });
  api = new ApiSession(engine);
  await api.pull("busybox");
});
afterAll(() => engine[Symbol.asyncDispose]());

const lines: ApiSession["lines"] = (...script) => api.lines(...script);
const refusal: ApiSession["refusal"] = (...settings) => api.refusal(...settings);

describe("a plain container", () => {
  it("has the namespaces, identity and environment that Docker gives", async () => {
    const script = `for n in cgroup ipc mnt net pid uts user; do readlink /proc/1/ns/$n; done; id -u; umask; pwd; echo $HOME; echo $TERM
      cat /proc/self/oom_score_adj; hostname; echo $HOSTNAME; grep Groups /proc/self/status; cat /proc/1/cgroup; ls /.dockerenv`;
    const [cgroup, ipc, mnt, net, pid, uts, user, ...rest] = await lines(script);
    const machine = await lines("for n in cgroup ipc mnt net pid uts user; do readlink /proc/1/ns/$n; done", {
      PidMode: "host",
      Privileged: true,
    });
    expect(machine.filter((name) => [cgroup, ipc, mnt, net, pid, uts].includes(name))).toEqual([]);
    expect(machine).toContain(user);
    const [id, umask, cwd, home, term, adjust, hostname, variable, groups, path, dockerenv] = rest;
    expect([id, umask, cwd, home, term, adjust, path, dockerenv]).toEqual([
      "0",
      "0022",
      "/",
      "/root",
      "xterm",
      "0",
      "0::/",
      "/.dockerenv",
    ]);
    expect(hostname).toMatch(/^[0-9a-f]{12}$/);
    expect(variable).toBe(hostname);
    expect(groups).toBe("Groups:\t0 10 ");
  });

  it("has Docker's capabilities, its system-call filter, and devices", async () => {
    const script = `grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | cut -f2; unshare -m true 2>&1; mount -t tmpfs x /tmp 2>&1
      for d in /dev/*; do echo $d; done; for l in fd stdin ptmx; do readlink /dev/$l; done; head -c 1 /dev/zero | od -An -tx1; echo x >/dev/full`;
    const { output } = await api.run(script);
    const all = output.trimEnd().split("\n");
    const caps = "00000000a80425fb";
    expect(all.slice(0, 7)).toEqual(["0000000000000000", caps, caps, caps, "0000000000000000", "0", "2"]);
    expect(output).toContain("unshare(0x20000): Operation not permitted");
    expect(output).toMatch(/mount: .*(?:permission denied|Operation not permitted)/);
    const names = [
      "console",
      "fd",
      "full",
      "mqueue",
      "null",
      "ptmx",
      "pts",
      "random",
      "shm",
      "stderr",
      "stdin",
      "stdout",
    ];
    expect(all.filter((line) => line.startsWith("/dev/"))).toEqual(
      [...names, "tty", "urandom", "zero"].map((name) => `/dev/${name}`),
    );
    expect(output).toContain("/proc/self/fd\n/proc/self/fd/0\npts/ptmx\n 00\n");
    expect(output).toContain("No space left on device");
  });

  it("sees what is masked as nothing and what is read-only as that", async () => {
    const script = `wc -c < /proc/timer_list; wc -c < /proc/keys; ls /sys/firmware | wc -l; (echo x > /proc/sys/kernel/hostname) 2>&1
      (echo x > /proc/sysrq-trigger) 2>&1; mkdir /sys/fs/cgroup/x 2>&1; grep -E ' /(proc|sys|dev|dev/shm) ' /proc/mounts`;
    const all = await lines(script);
    expect(all.slice(0, 3)).toEqual(["0", "0", "0"]);
    expect(all.slice(3, 6).every((line) => line.includes("Read-only file system"))).toBe(true);
    expect(all.slice(6)).toEqual([
      "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0",
      "tmpfs /dev tmpfs rw,nosuid,size=65536k,mode=755 0 0",
      "sysfs /sys sysfs ro,nosuid,nodev,noexec,relatime 0 0",
      "shm /dev/shm tmpfs rw,nosuid,nodev,noexec,relatime,size=65536k 0 0",
    ]);
  });
});

describe("privileges", () => {
  it("are added and dropped by name, and all taken with no-new-privileges kept", async () => {
    const bounding = async (host: object): Promise<string | undefined> =>
      (await lines("grep CapBnd /proc/self/status | cut -f2", host))[0];
    expect(await bounding({ CapDrop: ["ALL"], CapAdd: ["net_admin", "CAP_CHOWN"] })).toBe("0000000000001001");
    expect(await bounding({ CapAdd: ["ALL"], CapDrop: ["SYS_ADMIN"] })).toBe("000001ffffdfffff");
    expect(await lines("grep NoNewPrivs /proc/self/status", { SecurityOpt: ["no-new-privileges"] })).toEqual([
      "NoNewPrivs:\t1",
    ]);
    expect(await lines("grep NoNewPrivs /proc/self/status", { SecurityOpt: ["no-new-privileges:false"] })).toEqual([
      "NoNewPrivs:\t0",
    ]);
  });

  it("open the machine to a privileged container", async () => {
    const script = `grep -E '^(CapEff|Seccomp:)' /proc/self/status | cut -f2; ls -l /dev/net/tun /dev/kmsg /dev/loop-control | cut -c1; mkdir /sys/fs/cgroup/x && echo made
      mount -t tmpfs x /tmp && echo mounted; echo 1 > /proc/sys/vm/overcommit_memory && echo written; head -c 10 /dev/kmsg >/dev/null && echo read`;
    expect(await lines(script, { Privileged: true })).toEqual([
      "000001ffffffffff",
      "0",
      "c",
      "c",
      "c",
      "made",
      "mounted",
      "written",
      "read",
    ]);
  });

  it("leave masks and read-only paths to those who ask", async () => {
    const script = "head -c 5 /proc/timer_list; grep -c ' /proc/' /proc/mounts";
    expect(await lines(`${script}; true`, { MaskedPaths: [], ReadonlyPaths: [] })).toEqual(["Timer0"]);
    expect(
      await lines("wc -c < /etc/passwd; (echo x > /tmp/x) 2>&1 || true", {
        MaskedPaths: ["/etc/passwd"],
        ReadonlyPaths: ["/tmp"],
      }),
    ).toEqual(["0", "sh: can't create /tmp/x: Read-only file system"]);
    expect(await lines("mkdir /sys/fs/cgroup/x && echo made", { SecurityOpt: ["writable-cgroups"] })).toEqual(["made"]);
  });

  it("are filtered by a profile of one's own", async () => {
    const rule = { names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 13, includes: { arches: ["x86"] } };
    const profile = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [rule, { ...rule, names: ["rmdir"], excludes: { minKernel: "4.8" } }],
    };
    const host = { SecurityOpt: [`seccomp=${JSON.stringify(profile)}`] };
    expect(await lines("mkdir /x 2>&1; rmdir /home; echo $?; grep Seccomp: /proc/self/status", host)).toEqual([
      "mkdir: can't create directory '/x': Permission denied",
      "0",
      "Seccomp:\t2",
    ]);
    expect(await lines("grep Seccomp: /proc/self/status", { SecurityOpt: ["seccomp=unconfined"] })).toEqual([
      "Seccomp:\t0",
    ]);
    const killed = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_KILL_PROCESS" }],
    };
    expect((await api.run("exec mkdir /x", { SecurityOpt: [`seccomp=${JSON.stringify(killed)}`] })).code).toBe(159);
  });
});

describe("devices", () => {
  it("are made and allowed as asked", async () => {
    const device = { PathOnHost: "/dev/net/tun", PathInContainer: "/dev/mytun", CgroupPermissions: "rw" };
    const script =
      "ls -l /dev/mytun | tr -s ' ' | cut -d' ' -f1,5,6; (exec 3<>/dev/mytun) && echo open; mknod /k c 1 11 && head -c1 /k 2>&1";
    expect(await lines(`${script}; true`, { Devices: [device] })).toEqual([
      "crw------- 10, 200",
      "open",
      "head: /k: Operation not permitted",
    ]);
    const rules = { DeviceCgroupRules: ["c 1:11 rwm"] };
    expect(await lines("mknod /k c 1 11 && head -c1 /k >/dev/null && echo read", rules)).toEqual(["read"]);
    const directory = { PathOnHost: "/dev/net", PathInContainer: "/dev/tunnels", CgroupPermissions: "r" };
    expect(await lines("ls /dev/tunnels; (exec 3>/dev/tunnels/tun) 2>&1 || true", { Devices: [directory] })).toEqual([
      "tun",
      "sh: can't create /dev/tunnels/tun: Operation not permitted",
    ]);
  });

  it("that are not there stop the start", async () => {
    const device = { PathOnHost: "/dev/nope", PathInContainer: "/dev/nope", CgroupPermissions: "rwm" };
    expect(await refusal({ Devices: [device] })).toEqual([
      500,
      'error gathering device information while adding custom device "/dev/nope": no such file or directory',
    ]);
    expect(await refusal({ DeviceRequests: [{ Count: -1, Capabilities: [["gpu"]] }] })).toEqual([
      500,
      'could not select device driver "" with capabilities: [[gpu]]',
    ]);
  });
});
