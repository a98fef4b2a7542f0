import { describe, expect, it } from "vitest";
import { RestartPolicy, startsWithEngine } from "./restart-policy.ts";

const ended = { exitCode: 1, ranMs: 5, stoppedByUser: false, restartCount: 0 };
const policy = (name: "no" | "always" | "on-failure" | "unless-stopped", maximumRetryCount = 0) => ({
  name,
  maximumRetryCount,
});

describe("a restart policy", () => {
  it("waits longer each time, up to a minute, and starts over after a run of ten seconds", () => {
    const restarts = new RestartPolicy();
    const delays = Array.from({ length: 12 }, () => restarts.next(policy("always"), ended));
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
    expect(restarts.next(policy("always"), { ...ended, ranMs: 10_000 })).toBe(100);
  });

  it("looks at why the run ended", () => {
    const next = (...args: Parameters<RestartPolicy["next"]>): number | undefined => new RestartPolicy().next(...args);
    expect(next(policy("no"), ended)).toBeUndefined();
    expect(next(policy("always"), { ...ended, stoppedByUser: true })).toBeUndefined();
    expect(next(policy("on-failure"), { ...ended, exitCode: 0 })).toBeUndefined();
    expect(next(policy("on-failure"), ended)).toBe(100);
    expect(next(policy("on-failure", 2), { ...ended, restartCount: 2 })).toBeUndefined();
    expect(next(policy("unless-stopped"), { ...ended, exitCode: 0 })).toBe(100);
  });

  it("decides what starts with the engine", () => {
    expect(startsWithEngine(policy("always"), { ...ended, stoppedByUser: true })).toBe(true);
    expect(startsWithEngine(policy("unless-stopped"), { ...ended, stoppedByUser: true })).toBe(false);
    expect(startsWithEngine(policy("unless-stopped"), ended)).toBe(true);
    expect(startsWithEngine(policy("no"), ended)).toBe(false);
  });
});
