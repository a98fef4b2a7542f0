import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { join } from "node:path";
import { openMemoryStorage } from "./content/browser-storage.ts";
import { createEngine } from "./engine.ts";
import type { Engine } from "./engine-options.ts";
import { createFileAssets } from "./node/file-assets.ts";
import { ApiSession } from "./testing/api-session.ts";

/** Limits, namespaces and the process itself, read from the kernel inside a container. */
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

describe("limits", () => {
  it("are in the container's cgroup", async () => {
    const host = {
      Memory: 64 << 20,
      MemoryReservation: 32 << 20,
      CpuShares: 512,
      CpuPeriod: 5e4,
      CpuQuota: 25e3,
      PidsLimit: 40,
      CpusetCpus: "0",
      CpusetMems: "0",
      BlkioWeight: 300,
      OomScoreAdj: 321,
    };
    const files = [
      "memory.max",
      "memory.low",
      "memory.swap.max",
      "cpu.weight",
      "cpu.max",
      "pids.max",
      "cpuset.cpus",
      "cpuset.mems",
      "io.bfq.weight",
    ];
    expect(await lines(`cd /sys/fs/cgroup; cat ${files.join(" ")} /proc/self/oom_score_adj`, host)).toEqual([
      "67108864",
      "33554432",
      "67108864",
      "20",
      "25000 50000",
      "40",
      "0",
      "0",
      "default 300",
      "321",
    ]);
    expect(
      await lines("cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/memory.swap.max", {
        NanoCpus: 5e8,
        Memory: 16 << 20,
        MemorySwap: -1,
      }),
    ).toEqual(["50000 100000", "max"]);
  });

  it("slow a disk down", async () => {
    const script = "dd if=/dev/zero of=/disk bs=1k count=64 2>/dev/null; losetup -f /disk; losetup -a | cut -d: -f1";
    const [path = ""] = await lines(script, { Privileged: true, Binds: ["/dev:/dev"] });
    expect(path).toMatch(/^\/dev\/loop\d+$/);
    const limits = {
      BlkioDeviceReadBps: [{ Path: path, Rate: 1 << 20 }],
      BlkioDeviceWriteIOps: [{ Path: path, Rate: 50 }],
    };
    const [max = ""] = await lines("cat /sys/fs/cgroup/io.max", limits);
    expect(max).toMatch(/^7:\d+ rbps=1048576 wbps=max riops=max wiops=50$/);
    expect(await refusal({ BlkioDeviceReadBps: [{ Path: "/dev/nope", Rate: 1 }] })).toEqual([
      500,
      "stat /dev/nope: no such file or directory",
    ]);
  });

  it("of processes are what ulimit says", async () => {
    const names = [
      "core",
      "nofile",
      "nproc",
      "stack",
      "memlock",
      "msgqueue",
      "rtprio",
      "nice",
      "sigpending",
      "fsize",
      "cpu",
      "data",
      "as",
      "locks",
      "rss",
      "rttime",
    ];
    const host = {
      Ulimits: names.map((Name) => ({
        Name,
        Soft: Name === "nofile" ? 4096 : 1 << 29,
        Hard: Name === "nofile" ? 4096 : -1,
      })),
    };
    const limits = await lines("sed 1d /proc/self/limits | sed 's/  */ /g'", host);
    expect(limits).toHaveLength(16);
    expect(limits.filter((line) => line.includes(" 536870912 unlimited"))).toHaveLength(15);
    expect(limits).toContain("Max open files 4096 4096 files ");
    expect(await refusal({ Ulimits: [{ Name: "nofile", Soft: 10, Hard: 5 }] })).toEqual([
      500,
      "runc: unable to start container process: error during container init: error setting rlimits for ready process: error setting rlimit type 7: invalid argument",
    ]);
    expect(await refusal({ Ulimits: [{ Name: "foo", Soft: 1, Hard: 1 }] })).toEqual([
      500,
      "runc: wrong rlimit value: RLIMIT_FOO",
    ]);
  });

  it("hang where the container's cgroup parent is", async () => {
    const host = { CgroupParent: "/jobs/../night/shift", CgroupnsMode: "host", PidsLimit: 7 };
    const [path = "", limit] = await lines(
      "cut -d: -f3 /proc/self/cgroup; cat /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/pids.max",
      host,
    );
    expect(path).toMatch(/^\/night\/shift\/[0-9a-f]{64}$/);
    expect(limit).toBe("7");
    expect(await lines("mknod /k c 1 11 && head -c1 /k 2>&1; true", { CgroupParent: "relative" })).toEqual([
      "head: /k: Operation not permitted",
    ]);
  });
});

describe("namespaces", () => {
  it("can be the machine's", async () => {
    expect(await lines("cat /proc/1/comm", { PidMode: "host" })).not.toEqual(["sh"]);
    expect(await lines("hostname", { UTSMode: "host" })).toEqual(["drydock"]);
    expect(await lines("grep -c . /proc/net/dev", { NetworkMode: "none" })).toEqual(["3"]);
    expect(await lines("grep -c . /proc/net/dev", {}, { NetworkDisabled: true })).toEqual(["3"]);
    expect(await lines("ls -d /dev/shm 2>&1; true", { IpcMode: "none" })).toEqual([
      "ls: /dev/shm: No such file or directory",
    ]);
  });

  it("can be another container's, when it shares", async () => {
    const donor = await api.create(
      { Cmd: ["sh", "-c", "echo shared > /dev/shm/x; sleep 1000"] },
      { IpcMode: "shareable", ShmSize: 1 << 20 },
      "donor",
    );
    const selfish = await api.create({ Cmd: ["sleep", "1000"] }, {}, "selfish");
    for (const id of [donor, selfish]) await api.request("POST", `/containers/${id}/start`);
    const script =
      "until [ -e /dev/shm/x ]; do :; done; cat /dev/shm/x; readlink /proc/self/ns/ipc; df -k /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2";
    const [text, ipc, size] = await lines(script, { IpcMode: "container:donor" });
    expect([text, size]).toEqual(["shared", "1024"]);
    expect(
      await lines("readlink /proc/1/ns/ipc; cat /proc/1/cmdline | tr '\\0' ' '", {
        PidMode: "container:donor",
        CapAdd: ["SYS_PTRACE"],
      }),
    ).toEqual([ipc, "sleep 1000"]);
    expect(await refusal({ IpcMode: "container:selfish" })).toEqual([
      400,
      `failed to join IPC namespace: container ${selfish}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
    ]);
    for (const id of [donor, selfish]) await api.request("DELETE", `/containers/${id}?force=1`);
    expect(await refusal({ PidMode: "container:donor" })).toEqual([400, "No such container: donor"]);
  });

  it("have settings of their own, and only those", async () => {
    const host = { Sysctls: { "net.ipv4.ip_forward": "0", "kernel.shmmax": "12345", "fs.mqueue.msg_max": "11" } };
    expect(
      await lines(
        "cd /proc/sys; cat net/ipv4/ip_forward kernel/shmmax fs/mqueue/msg_max net/ipv4/ip_unprivileged_port_start",
        host,
      ),
    ).toEqual(["0", "12345", "11", "0"]);
    expect(await refusal({ Sysctls: { "vm.swappiness": "1" } })).toEqual([
      500,
      'runc: sysctl "vm.swappiness" is not in a separate kernel namespace',
    ]);
    expect(await refusal({ Sysctls: { "net.ipv4.ip_forward": "1" }, NetworkMode: "host" })).toEqual([
      500,
      'runc: sysctl "net.ipv4.ip_forward" not allowed in host network namespace',
    ]);
  });
});

describe("the process", () => {
  it("is who it is told to be", async () => {
    const who = async (User: string, host: object = {}): Promise<string | undefined> =>
      (await lines("id", host, { User }))[0];
    expect(await who("1234", { GroupAdd: ["5", "wheel"] })).toBe(
      "uid=1234 gid=0(root) groups=0(root),5(tty),10(wheel)",
    );
    expect(await who("nobody:mail")).toBe("uid=65534(nobody) gid=8(mail) groups=8(mail)");
    expect(await lines("grep -E '^Cap(Eff|Bnd)' /proc/self/status | cut -f2", {}, { User: "1000" })).toEqual([
      "0000000000000000",
      "00000000a80425fb",
    ]);
    expect(await refusal({}, { User: "nosuch" })).toEqual([
      500,
      "unable to find user nosuch: no matching entries in passwd file",
    ]);
    expect(await refusal({}, { User: "root:nosuch" })).toEqual([
      500,
      "unable to find group nosuch: no matching entries in group file",
    ]);
  });

  it("starts where it is told, with the names and variables it is told", async () => {
    const config = {
      WorkingDir: "/new/../made/here",
      Hostname: "box",
      Domainname: "dom",
      Env: ["A=1", "TERM=dumb", "PATH"],
    };
    expect(
      await lines(
        "pwd; hostname; cat /proc/sys/kernel/domainname; echo $A $TERM",
        {},
        { ...config, Cmd: ["/bin/sh", "-c", "pwd; hostname; cat /proc/sys/kernel/domainname; echo $A $TERM"] },
      ),
    ).toEqual(["/made/here", "box", "dom", "1 dumb"]);
    expect(await lines("", {}, { Entrypoint: "/bin/echo", Cmd: "one two" })).toEqual(["one two"]);
  });

  it("has an init that buries orphans and hands signals on", async () => {
    const script =
      "cat /proc/1/cmdline | tr '\\0' ' '; echo; (sleep 0 & exec sleep 1) & sleep 2; ps -o stat | grep -c Z; grep -c docker-init /proc/mounts";
    const all = await lines(`${script}; true`, { Init: true });
    expect(all[0]).toMatch(/^\/sbin\/docker-init -- sh -c /);
    expect(all.slice(1)).toEqual(["0", "1"]);
    const id = await api.create(
      { Cmd: ["sh", "-c", "trap 'exit 7' TERM; echo up; while :; do sleep 1; done"] },
      { Init: true },
    );
    await api.request("POST", `/containers/${id}/start`);
    while (!(await api.request("GET", `/containers/${id}/logs?stdout=1`)).text.includes("up"))
      await new Promise((resolve) => setTimeout(resolve, 50));
    await api.request("POST", `/containers/${id}/kill?signal=TERM`);
    expect((await api.request("POST", `/containers/${id}/wait`)).json["StatusCode"]).toBe(7);
    await api.request("DELETE", `/containers/${id}`);
  });
});
