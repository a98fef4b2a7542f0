import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { join } from "node:path";
import { openMemoryStorage } from "./content/browser-storage.ts";
import { createEngine } from "./engine.ts";
import type { Engine } from "./engine-options.ts";
import { createFileAssets } from "./node/file-assets.ts";
import { ApiSession } from "./testing/api-session.ts";
import type { StatsResponse } from "./wire/stats.ts";

/** What is told of containers is compared with what the kernel says inside them. */
let engine: Engine;
let api: ApiSession;

beforeAll(async () => {
  const assets = createFileAssets(join(import.meta.dirname, "..", "public"));
  engine = await createEngine({ assets, storage: openMemoryStorage() });
  api = new ApiSession(engine);
  await api.pull("busybox");
});
afterAll(() => engine[Symbol.asyncDispose]());

async function start(script: string, host: object = {}, config: object = {}): Promise<string> {
  const id = await api.create({ Cmd: ["sh", "-c", script], ...config }, host);
  expect((await api.request("POST", `/containers/${id}/start`)).text).toBe("");
  return id;
}

/** Output of a command in a running container. */
async function exec(id: string, script: string): Promise<string> {
  const body = { Cmd: ["sh", "-c", script], AttachStdout: true, AttachStderr: true, Tty: true };
  const created = await api.request("POST", `/containers/${id}/exec`, body);
  const { text } = await api.request("POST", `/exec/${String(created.json["Id"])}/start`, { Tty: true });
  return text.replaceAll("\r", "");
}

async function stats(id: string): Promise<StatsResponse> {
  return (await api.request("GET", `/containers/${id}/stats?stream=0&one-shot=1`)).json as unknown as StatsResponse;
}

const remove = (id: string): Promise<unknown> => api.request("DELETE", `/containers/${id}?force=1`);

/** What happened to a container, without what other containers did. */
async function events(id: string): Promise<readonly string[]> {
  const filters = encodeURIComponent(JSON.stringify({ container: [id], type: ["container"] }));
  const until = Date.now() / 1000;
  const { text } = await api.request("GET", `/events?since=1&until=${until}&filters=${filters}`);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { Action: string }).Action);
}

describe("stats", () => {
  it("are the counters of the container's cgroup and network", async () => {
    const id = await start("sleep 1000", { Memory: 64 << 20, PidsLimit: 20 });
    const before = await stats(id);
    await exec(id, "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; ping -c 3 -i 0.1 172.17.0.1 > /dev/null");
    const usage = Number((await exec(id, "cat /sys/fs/cgroup/cpu.stat")).match(/usage_usec (\d+)/)?.[1]);
    const after = await stats(id);
    expect(after.cpu_stats.cpu_usage["total_usage"]).toBeGreaterThan(before.cpu_stats.cpu_usage["total_usage"] ?? 0);
    expect(after.cpu_stats.cpu_usage["total_usage"]).toBeGreaterThanOrEqual(usage * 1000);
    expect(after.cpu_stats).toMatchObject({ online_cpus: 1 });
    expect(after.memory_stats.limit).toBe(64 << 20);
    expect(after.memory_stats.usage).toBeGreaterThan(4096);
    expect(after.memory_stats.stats?.["anon"]).toBeGreaterThan(0);
    expect(after.pids_stats).toEqual({ current: 1, limit: 20 });
    const device = (await exec(id, "grep eth0 /proc/net/dev")).split(":")[1]?.trim().split(/\s+/).map(Number) ?? [];
    expect(after.networks?.["eth0"]?.["tx_packets"]).toBeGreaterThanOrEqual(3);
    expect(device[9]).toBeGreaterThanOrEqual(after.networks?.["eth0"]?.["tx_packets"] ?? Infinity);
    await remove(id);
  });

  it("of twenty containers are one request to the machine", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 20; index++) ids.push(await start("sleep 1000", { NetworkMode: "none" }));
    const all = await Promise.all(ids.map((id) => stats(id)));
    expect(new Set(all.map(({ read }) => read)).size).toBe(1);
    expect(all.every(({ memory_stats: { usage = 0 } }) => usage > 0)).toBe(true);
    await Promise.all(ids.map((id) => remove(id)));
  }, 60_000);
});

describe("update", () => {
  it("writes the limits of a running container", async () => {
    const id = await start("sleep 1000");
    const limits = { Memory: 100 << 20, MemorySwap: 150 << 20, NanoCpus: 500_000_000, PidsLimit: 30, CpuShares: 512 };
    expect((await api.request("POST", `/containers/${id}/update`, limits)).json).toEqual({ Warnings: null });
    const files = "cd /sys/fs/cgroup; cat memory.max memory.swap.max cpu.max pids.max cpu.weight";
    expect((await exec(id, files)).trim().split("\n")).toEqual(["104857600", "52428800", "50000 100000", "30", "20"]);
    await api.request("POST", `/containers/${id}/update`, { PidsLimit: -1 });
    expect((await exec(id, "cat /sys/fs/cgroup/pids.max")).trim()).toBe("max");
    const { json } = await api.request("GET", `/containers/${id}/json`);
    expect(json["HostConfig"]).toMatchObject({ Memory: 100 << 20, NanoCpus: 500_000_000, CpuShares: 512 });
    await remove(id);
  });
});

describe("health", () => {
  it("is what probes in the container say", async () => {
    const check = { Test: ["CMD-SHELL", "cat /state; test -e /well"], Interval: 50_000_000, Retries: 1 };
    const id = await start("echo fine > /state; touch /well; sleep 1000", {}, { Healthcheck: check });
    const status = async (wanted: string): Promise<Record<string, unknown>> => {
      for (;;) {
        const state = (await api.request("GET", `/containers/${id}/json`)).json["State"] as Record<string, unknown>;
        const health = state["Health"] as Record<string, unknown>;
        if (health["Status"] === wanted) return health;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    expect((await status("healthy"))["Log"]).toEqual(
      expect.arrayContaining([expect.objectContaining({ ExitCode: 0, Output: "fine\n" })]),
    );
    await exec(id, "rm /well");
    await status("unhealthy");
    const list = await api.request("GET", `/containers/json?filters={"health":["unhealthy"]}`);
    expect(JSON.parse(list.text)).toMatchObject([
      { Id: id, Status: expect.stringMatching(/\(unhealthy\)$/) as string },
    ]);
    expect(await events(id)).toEqual(
      expect.arrayContaining(["health_status: healthy", "health_status: unhealthy", "exec_die"]),
    );
    await remove(id);
  });
});

describe("logs", () => {
  it("keep what the driver's files would, and long lines in pieces", async () => {
    const log = { Type: "json-file", Config: { "max-size": "2k", "max-file": "2" } };
    const script = "i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); done";
    const id = await start(script, { LogConfig: log }, { Tty: true });
    await api.request("POST", `/containers/${id}/wait`);
    const lines = (await api.request("GET", `/containers/${id}/logs?stdout=1`)).text.trim().split("\r\n");
    expect(lines.at(-1)).toBe("line 199");
    expect(lines.length).toBeGreaterThan(26);
    expect(lines.length).toBeLessThan(54);
    await remove(id);
    const long = await start("head -c 40000 /dev/zero | tr '\\0' x", {}, { Tty: false });
    await api.request("POST", `/containers/${long}/wait`);
    const { text } = await api.request("GET", `/containers/${long}/logs?stdout=1`);
    // Three frames of eight bytes each before their piece, and the end of the line.
    expect(text.length).toBe(40_000 + 1 + 3 * 8);
    await remove(long);
  });
});

describe("what a container has written", () => {
  it("is in lists, inspection and disk usage", async () => {
    const id = await start("dd if=/dev/zero of=/f bs=1k count=100; mkdir /d; echo x > /d/x; sleep 1000");
    while ((await exec(id, "cat /d/x")) !== "x\n") await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await api.request("GET", `/containers/${id}/json?size=1`)).json).toMatchObject({ SizeRw: 102_402 });
    const { json } = await api.request("GET", "/system/df");
    expect(json["Containers"]).toMatchObject([{ Id: id, SizeRw: 102_402 }]);
    expect(json["Images"]).toMatchObject([{ Containers: 1, SharedSize: 0 }]);
    await api.request("POST", `/containers/${id}/kill`);
    await api.request("POST", `/containers/${id}/wait`);
    const pruned = await api.request("POST", "/containers/prune");
    expect(pruned.json).toEqual({ ContainersDeleted: [id], SpaceReclaimed: 102_402 });
  });
});

describe("a container that wants too much memory", () => {
  it("is killed, and said to be", async () => {
    const limits = { Memory: 16 << 20, MemorySwap: 16 << 20 };
    const id = await start("x=x; while :; do x=$x$x; done", limits);
    expect((await api.request("POST", `/containers/${id}/wait`)).json).toEqual({ StatusCode: 137 });
    const { json } = await api.request("GET", `/containers/${id}/json`);
    expect(json["State"]).toMatchObject({ OOMKilled: true, ExitCode: 137, Status: "exited" });
    expect(await events(id)).toEqual(["create", "start", "oom", "die"]);
    await remove(id);
  }, 90_000);
});
