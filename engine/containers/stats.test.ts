import { describe, expect, it } from "vitest";
import type { ContainerStats } from "./container-stats.ts";
import { ManualClock, request, settle, testEngine } from "./testing.ts";

async function running(
  names: readonly string[],
): Promise<{ clock: ManualClock; engine: ReturnType<typeof testEngine> }> {
  const clock = new ManualClock();
  const engine = testEngine({ clock });
  for (const name of names) {
    await engine.containers.create(request(["sleep"], { name }));
    await engine.containers.start(name);
  }
  return { clock, engine };
}

/** Reads what comes into a list. */
function collected(stats: AsyncIterable<ContainerStats>): { all: ContainerStats[]; ended: Promise<void> } {
  const all: ContainerStats[] = [];
  const read = async (): Promise<void> => {
    for await (const one of stats) all.push(one);
  };
  return { all, ended: read() };
}

describe("stats", () => {
  it("come each second, with the sample before, until the client has gone", async () => {
    const { clock, engine } = await running(["aa"]);
    const gone = new AbortController();
    const { all, ended } = collected(
      engine.containers.stats("aa", { stream: true, oneShot: false, signal: gone.signal }),
    );
    await settle();
    await clock.advance(1000);
    await clock.advance(1000);
    expect(all.map(({ sample }) => sample?.task.cpu.usageNs)).toEqual([1e6, 2e6, 3e6]);
    expect(all.map(({ previous }) => previous?.task.cpu.usageNs)).toEqual([undefined, 1e6, 2e6]);
    expect(all[0]).toMatchObject({ name: "/aa" });
    gone.abort();
    await ended;
    await settle();
    expect(clock.sleepers).toBe(0);
  });

  it("of many containers are one look at the machine", async () => {
    const { clock, engine } = await running(["aa", "bb", "cc"]);
    const gone = new AbortController();
    const options = { stream: true, oneShot: false, signal: gone.signal };
    const streams = ["aa", "bb", "cc"].map((name) => collected(engine.containers.stats(name, options)));
    await settle();
    await clock.advance(1000);
    await clock.advance(1000);
    // The first look was for the first of them alone, the second for those that came later.
    expect(engine.runtime.looks).toBeLessThanOrEqual(4);
    expect(streams.map(({ all }) => all.length >= 2)).toEqual([true, true, true]);
    gone.abort();
    await Promise.all(streams.map(({ ended }) => ended));
  });

  it("answered once have two samples, or one when told so", async () => {
    const { clock, engine } = await running(["aa"]);
    const twice = collected(engine.containers.stats("aa", { stream: false, oneShot: false }));
    await settle();
    expect(twice.all).toEqual([]);
    await clock.advance(1000);
    await twice.ended;
    expect(twice.all[0]?.previous?.task.cpu.usageNs).toBe(1e6);
    const once = collected(engine.containers.stats("aa", { stream: false, oneShot: true }));
    await once.ended;
    expect(once.all).toMatchObject([{ id: "", name: "", previous: undefined }]);
    expect(clock.sleepers).toBe(0);
  });

  it("that are asked for at the same time are one look", async () => {
    const { engine } = await running(["aa", "bb", "cc"]);
    const once = ["aa", "bb", "cc"].map((name) =>
      collected(engine.containers.stats(name, { stream: false, oneShot: true })),
    );
    await Promise.all(once.map(({ ended }) => ended));
    expect(once.map(({ all }) => all.length)).toEqual([1, 1, 1]);
    expect(engine.runtime.looks).toBe(1);
  });

  it("of a stopped container are zero, and end with its removal", async () => {
    const clock = new ManualClock();
    const { containers } = testEngine({ clock });
    await containers.create(request(["sleep"], { name: "aa" }));
    const once = collected(containers.stats("aa", { stream: false, oneShot: false }));
    await once.ended;
    expect(once.all).toMatchObject([{ name: "/aa", sample: undefined }]);
    const stream = collected(containers.stats("aa", { stream: true, oneShot: false }));
    await settle();
    expect(stream.all).toMatchObject([{ sample: undefined }]);
    await containers.remove("aa", { force: false, volumes: false });
    await stream.ended;
    await settle();
    expect(clock.sleepers).toBe(0);
  });

  it("of an unknown container are an error at once", () => {
    const { containers } = testEngine();
    expect(() => containers.stats("nope", { stream: true, oneShot: false })).toThrow("No such container: nope");
  });
});
