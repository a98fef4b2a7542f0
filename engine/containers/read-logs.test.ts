import { describe, expect, it } from "vitest";
import { decodeUtf8 } from "../base/streams.ts";
import { FakeRuntime, type FakeProgram } from "../runtime/fake-runtime.ts";
import type { LogOptions } from "./container-service.ts";
import type { HostConfig } from "./container.ts";
import { ManualClock, request, settle, testEngine, type TestEngine } from "./testing.ts";

/** Says one line at once and one each time the clock's second passes. */
function talker(clock: ManualClock): FakeProgram {
  return async ({ write, signal }) => {
    await write("out 0\n");
    await write("err 0\n", "stderr");
    for (let index = 1; !signal.aborted; index++) {
      await clock.sleep(1000, { signal }).catch(() => undefined);
      if (!signal.aborted) await write(`out ${index}\n`);
    }
    return 0;
  };
}

async function talking(host: Partial<HostConfig> = {}): Promise<{ engine: TestEngine; clock: ManualClock }> {
  const clock = new ManualClock();
  const engine = testEngine({ clock, runtime: new FakeRuntime({ talk: talker(clock) }) });
  await engine.containers.create(request(["talk"], { name: "c1", host, config: { labels: { a: "1" } } }));
  await engine.containers.start("c1");
  await settle();
  return { engine, clock };
}

function read(engine: TestEngine, options: Partial<LogOptions>): { lines: string[]; ended: Promise<void> } {
  const lines: string[] = [];
  const all = engine.containers.logs("c1", { stdout: true, stderr: true, follow: false, ...options });
  const collect = async (): Promise<void> => {
    for await (const entries of all)
      lines.push(...entries.map(({ bytes, details }) => `${details ?? ""}${decodeUtf8(bytes).trim()}`));
  };
  return { lines, ended: collect() };
}

describe("logs", () => {
  it("count lines of both streams from the end, then leave out what was not asked for", async () => {
    const { engine, clock } = await talking();
    await clock.advance(1000);
    const cases: [Partial<LogOptions>, string[]][] = [
      [{}, ["out 0", "err 0", "out 1"]],
      [{ tail: 2 }, ["err 0", "out 1"]],
      [{ tail: 2, stderr: false }, ["out 1"]],
      [{ tail: 0 }, []],
      [{ since: clock.now() - 500 }, ["out 1"]],
      [{ until: clock.now() - 500 }, ["out 0", "err 0"]],
      [{ tail: 1, until: clock.now() - 500 }, []],
    ];
    for (const [options, expected] of cases) {
      const { lines, ended } = read(engine, options);
      await ended;
      expect(lines, JSON.stringify(options)).toEqual(expected);
    }
    await engine.containers.kill("c1", "KILL");
  });

  it("follow until the container stops", async () => {
    const { engine, clock } = await talking();
    const { lines, ended } = read(engine, { follow: true, tail: 0 });
    await settle();
    await clock.advance(1000);
    expect(lines).toEqual(["out 1"]);
    await engine.containers.kill("c1", "KILL");
    await ended;
    expect(clock.sleepers).toBe(0);
  });

  it("follow until a moment, or until the reader has gone", async () => {
    const { engine, clock } = await talking();
    const dated = read(engine, { follow: true, until: clock.now() + 1500, stderr: false });
    const gone = new AbortController();
    const left = read(engine, { follow: true, signal: gone.signal });
    await clock.advance(1000);
    await clock.advance(1000);
    await dated.ended;
    expect(dated.lines).toEqual(["out 0", "out 1"]);
    gone.abort();
    await left.ended;
    expect(left.lines).toEqual(["out 0", "err 0", "out 1", "out 2"]);
    await engine.containers.kill("c1", "KILL");
  });

  it("have details when asked for", async () => {
    const { engine } = await talking({ logConfig: { type: "json-file", options: { labels: "a" } } });
    const { lines, ended } = read(engine, { details: true, tail: 1 });
    await ended;
    expect(lines).toEqual(["a=1err 0"]);
    await engine.containers.kill("c1", "KILL");
  });

  it("of a driver that keeps nothing cannot be read", async () => {
    const { engine } = await talking({ logConfig: { type: "none", options: {} } });
    expect(() => engine.containers.logs("c1", { stdout: true, stderr: true, follow: false })).toThrow(
      "configured logging driver does not support reading",
    );
    await engine.containers.kill("c1", "KILL");
  });
});
