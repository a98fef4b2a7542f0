import { describe, expect, it } from "vitest";
import { FakeRuntime, type FakeProgram } from "../runtime/fake-runtime.ts";
import type { Healthcheck } from "./container.ts";
import { formatDuration } from "./health-monitor.ts";
import { mergeHealthcheck } from "./healthcheck.ts";
import { ManualClock, request, settle, testEngine, type TestEngine } from "./testing.ts";

const SECOND = 1_000_000_000;
const CHECK: Healthcheck = {
  test: ["CMD", "probe"],
  intervalNs: SECOND,
  timeoutNs: 0,
  startPeriodNs: 0,
  startIntervalNs: 0,
  retries: 2,
};

/** A running container whose probe is `probe`. */
async function watched(
  probe: FakeProgram,
  check: Partial<Healthcheck> = {},
): Promise<{ engine: TestEngine; clock: ManualClock; health: () => unknown; status: () => string | undefined }> {
  const clock = new ManualClock();
  const engine = testEngine({ clock, runtime: new FakeRuntime({ probe }) });
  await engine.containers.create(request(["sleep"], { name: "web", config: { healthcheck: { ...CHECK, ...check } } }));
  await engine.containers.start("web");
  const health = (): unknown => engine.containers.get("web").state.health;
  return { engine, clock, health, status: () => engine.containers.get("web").state.health?.status };
}

const exits =
  (...codes: number[]): FakeProgram =>
  async ({ write }) => {
    const code = codes.length > 1 ? (codes.shift() as number) : (codes[0] as number);
    await write(`code ${code}\n`);
    return code;
  };

describe("health", () => {
  it("is open until the first probe, then what probes say", async () => {
    const { engine, clock, health, status } = await watched(exits(0, 1, 1, 0));
    expect(health()).toEqual({ status: "starting", failingStreak: 0, log: [] });
    await clock.advance(1000);
    expect(health()).toMatchObject({ status: "healthy", log: [{ exitCode: 0, output: "code 0\n" }] });
    await clock.advance(1000);
    expect(health()).toMatchObject({ status: "healthy", failingStreak: 1 });
    await clock.advance(1000);
    expect(health()).toMatchObject({ status: "unhealthy", failingStreak: 2 });
    await clock.advance(1000);
    expect(status()).toBe("healthy");
    const told = engine.actions.filter((action) => /health|exec/.test(action));
    expect(told.slice(0, 4)).toEqual([
      "container exec_create: probe ",
      "container exec_start: probe ",
      "container exec_die",
      "container health_status: healthy",
    ]);
    expect(told.filter((action) => action.includes("health_status"))).toEqual([
      "container health_status: healthy",
      "container health_status: unhealthy",
      "container health_status: healthy",
    ]);
  });

  it("keeps five results", async () => {
    const { clock, health } = await watched(exits(0));
    for (let index = 0; index < 7; index++) await clock.advance(1000);
    expect((health() as { log: unknown[] }).log).toHaveLength(5);
  });

  it("forgives failures of the start period until a probe has succeeded", async () => {
    const { clock, health } = await watched(exits(1, 1, 0, 1), {
      startPeriodNs: 60 * SECOND,
      startIntervalNs: SECOND / 2,
      retries: 1,
    });
    await clock.advance(500);
    await clock.advance(500);
    expect(health()).toMatchObject({ status: "starting", failingStreak: 0 });
    await clock.advance(500);
    expect(health()).toMatchObject({ status: "healthy" });
    // Now the usual interval holds, and failures count.
    await clock.advance(500);
    expect(health()).toMatchObject({ status: "healthy", failingStreak: 0 });
    await clock.advance(500);
    expect(health()).toMatchObject({ status: "unhealthy", failingStreak: 1 });
  });

  it("ends a probe that takes too long, and says so", async () => {
    const slow: FakeProgram = async ({ write, signal }) => {
      await write("part\n");
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(137), { once: true }));
    };
    const { clock, health, engine } = await watched(slow, { timeoutNs: SECOND / 5, retries: 1 });
    await clock.advance(1000);
    await clock.advance(200);
    expect(health()).toMatchObject({
      status: "unhealthy",
      log: [{ exitCode: -1, output: "Health check exceeded timeout (200ms): part\n" }],
    });
    expect(engine.runtime.processes.filter(({ name }) => name === "probe")[0]?.signals).toEqual([9]);
  });

  it("of a probe that cannot start tells why", async () => {
    const { clock, health } = await watched(exits(0), { test: ["CMD-SHELL", "true"] });
    await clock.advance(1000);
    expect(health()).toMatchObject({ failingStreak: 1, log: [{ exitCode: -1 }] });
    expect((health() as { log: { output: string }[] }).log[0]?.output).toContain('exec: "/bin/sh"');
  });

  it("cuts long output", async () => {
    const { clock, health } = await watched(async ({ write }) => {
      await write("x".repeat(5000));
      return 0;
    });
    await clock.advance(1000);
    expect((health() as { log: { output: string }[] }).log[0]?.output).toBe(`${"x".repeat(4096)}...`);
  });

  it("is not looked after while the container is paused or stopped, and opens again with the next start", async () => {
    const { engine, clock, health, status } = await watched(exits(0));
    await clock.advance(1000);
    await engine.containers.pause("web");
    expect(status()).toBe("unhealthy");
    expect(clock.sleepers).toBe(0);
    await engine.containers.unpause("web");
    await clock.advance(1000);
    expect(status()).toBe("healthy");
    await engine.containers.kill("web", "KILL");
    await settle();
    expect(status()).toBe("unhealthy");
    expect(clock.sleepers).toBe(0);
    await engine.containers.start("web");
    expect(health()).toMatchObject({ status: "starting", failingStreak: 0, log: [{}, {}] });
  });

  it.each([[["NONE"]], [[]], [["FOO", "x"]], [["CMD"]]])("is nothing with the test %j", async (test) => {
    const { clock, health } = await watched(exits(0), { test });
    await clock.advance(1000);
    expect(health()).toBeUndefined();
  });

  it.each<[Partial<Healthcheck>, string]>([
    [{ intervalNs: 1000 }, "Interval in Healthcheck cannot be less than 1ms"],
    [{ timeoutNs: -1 }, "Timeout in Healthcheck cannot be less than 1ms"],
    [{ startPeriodNs: 1 }, "StartPeriod in Healthcheck cannot be less than 1ms"],
    [{ startIntervalNs: 1 }, "StartInterval in Healthcheck cannot be less than 1ms"],
    [{ retries: -1 }, "Retries in Healthcheck cannot be negative"],
  ])("refuses %j", async (wrong, message) => {
    const { containers } = testEngine();
    const config = { healthcheck: { ...CHECK, ...wrong } };
    await expect(containers.create(request(["sleep"], { config }))).rejects.toThrow(message);
  });

  it("takes from the image what the user does not say", () => {
    const image = { Test: ["CMD", "image"], Interval: 5, Retries: 7 };
    expect(mergeHealthcheck(undefined, image)).toMatchObject({ test: ["CMD", "image"], intervalNs: 5, retries: 7 });
    const user = { ...CHECK, test: [], retries: 0 };
    expect(mergeHealthcheck(user, image)).toMatchObject({ test: ["CMD", "image"], intervalNs: SECOND, retries: 7 });
    expect(mergeHealthcheck({ ...user, test: ["NONE"] }, image)?.test).toEqual(["NONE"]);
  });
});

it.each([
  [200, "200ms"],
  [1500, "1.5s"],
  [30_000, "30s"],
  [90_000, "1m30s"],
  [3_600_000, "1h0m0s"],
])("%d ms are %s in Go", (ms, text) => expect(formatDuration(ms)).toBe(text));
