import { describe, expect, it } from "vitest";
import { settle, testEngine } from "./testing.ts";

describe("warming up", () => {
  it("runs containers that nobody sees and leaves nothing", async () => {
    const { containers, runtime, networks, snapshots, records, actions, trace } = testEngine();
    await containers.warmUp({ runs: 3, pauseMs: 0 });
    await settle();
    expect(runtime.requests).toHaveLength(3);
    expect(runtime.execs).toHaveLength(3);
    expect(runtime.deleted).toHaveLength(3);
    expect(networks.requests.map(({ ipAddress }) => ipAddress)).toEqual(Array(3).fill("172.17.255.254"));
    expect([networks.connected.size, snapshots.keys.size, containers.list({ all: true }), actions]).toEqual([
      0,
      0,
      [],
      [],
    ]);
    expect(await records.entries("")).toEqual([]);
    expect(trace.spans().filter(({ name }) => name.startsWith("error"))).toEqual([]);
  });

  it("stops when the user comes", async () => {
    const { containers, runtime } = testEngine();
    const user = new AbortController();
    runtime.programs.set("true", async () => {
      user.abort();
      return 0;
    });
    await containers.warmUp({ runs: 100, pauseMs: 1000, signal: user.signal });
    expect(runtime.requests).toHaveLength(1);
  });

  it("never fails", async () => {
    const { containers, runtime, networks, trace } = testEngine();
    runtime.programs.delete("sleep");
    await containers.warmUp({ runs: 3, pauseMs: 0 });
    expect(networks.connected.size).toBe(0);
    expect(trace.spans().map(({ name }) => name)).toContain("error.warm-up");
  });
});
