import { describe, expect, it } from "vitest";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import type { HostConfig } from "./container.ts";
import { ManualClock, request, settle, testEngine } from "./testing.ts";

async function leave(
  records: MemoryRecordStore,
  containers: readonly { name: string; cmd: readonly string[]; host?: Partial<HostConfig>; stop?: boolean }[],
): Promise<void> {
  const engine = testEngine({ records });
  for (const { name, cmd, host, stop } of containers) {
    await engine.containers.create(request(cmd, { name, ...(host && { host }) }));
    await engine.containers.start(name);
    if (stop) await engine.containers.stop(name);
  }
  await settle();
  await engine.containers[Symbol.asyncDispose]();
}

const always = { restartPolicy: { name: "always", maximumRetryCount: 0 } } as const;
const unlessStopped = { restartPolicy: { name: "unless-stopped", maximumRetryCount: 0 } } as const;

describe("after a reload", () => {
  it("containers are there; those that ran have ended with Docker's code for it", async () => {
    const records = new MemoryRecordStore();
    await leave(records, [
      { name: "ran", cmd: ["sleep"] },
      { name: "done", cmd: ["exit", "4"] },
    ]);
    const { containers, snapshots } = testEngine({ records });
    await containers.restore();
    expect(containers.list({ all: true }).map(({ name, state }) => [name, state.status, state.exitCode])).toEqual([
      ["done", "exited", 4],
      ["ran", "exited", 255],
    ]);
    expect(snapshots.keys.size).toBe(2);
    await containers.start("done");
  });

  it("those with --rm are gone, logs are kept", async () => {
    const records = new MemoryRecordStore();
    await leave(records, [
      { name: "once", cmd: ["sleep"], host: { autoRemove: true } },
      { name: "talked", cmd: ["echo", "hello"] },
    ]);
    const { containers } = testEngine({ records });
    await containers.restore();
    expect(containers.list({ all: true }).map(({ name }) => name)).toEqual(["talked"]);
    const lines: string[] = [];
    for await (const entries of containers.logs("talked", { stdout: true, stderr: true, follow: false }))
      lines.push(...entries.map(({ bytes }) => new TextDecoder().decode(bytes)));
    expect(lines).toEqual(["hello\n"]);
  });

  it("restart policies start what they should", async () => {
    const records = new MemoryRecordStore();
    await leave(records, [
      { name: "ca", cmd: ["sleep"], host: always },
      { name: "cb", cmd: ["sleep"], host: always, stop: true },
      { name: "cc", cmd: ["sleep"], host: unlessStopped, stop: true },
      { name: "cd", cmd: ["sleep"], host: unlessStopped },
      { name: "ce", cmd: ["sleep"] },
    ]);
    const { containers } = testEngine({ records, clock: new ManualClock() });
    await containers.restore();
    await settle();
    expect(
      containers
        .list({ all: true })
        .map(({ name, state }) => `${name} ${state.status}`)
        .toSorted(),
    ).toEqual(["ca running", "cb running", "cc exited", "cd running", "ce exited"]);
  });

  it("a container that came and went has left no record", async () => {
    const records = new MemoryRecordStore();
    const { containers } = testEngine({ records });
    await containers.create(request(["true"], { name: "c1", host: { autoRemove: true } }));
    const gone = containers.wait("c1", "removed");
    await containers.start("c1");
    await gone;
    await containers[Symbol.asyncDispose]();
    await settle();
    expect(await records.entries("")).toEqual([]);
  });
});
