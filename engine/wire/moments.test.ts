import { describe, expect, it } from "vitest";
import { parseMomentMs } from "./moments.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

describe("a moment of a filter", () => {
  it.each([
    ["10m", "2026-11-21T11:50:00.000Z"],
    ["1h30m", "2026-11-21T10:30:00.000Z"],
    ["1.5h", "2026-11-21T10:30:00.000Z"],
    ["-5s", "2026-11-21T12:00:05.000Z"],
    ["0", "1970-01-01T00:00:00.000Z"],
    ["1700000000", "2023-11-14T22:13:20.000Z"],
    ["1700000000.5", "2023-11-14T22:13:20.500Z"],
    ["2026-11-20", "2026-11-20T00:00:00.000Z"],
    ["2026-11-20T10", "2026-11-20T10:00:00.000Z"],
    ["2026-11-20T10:15", "2026-11-20T10:15:00.000Z"],
    ["2026-11-20T10:15:30.25", "2026-11-20T10:15:30.250Z"],
    ["2026-11-20T10:15:30+02:00", "2026-11-20T08:15:30.000Z"],
  ])("%s is %s", (text, time) => {
    expect(new Date(parseMomentMs(text, NOW)).toISOString()).toBe(time);
  });

  it.each(["", "x", "5m x", "2026-13-45", "10 m"])("%j is none", (text) => {
    expect(() => parseMomentMs(text, NOW)).toThrow(
      `failed to parse value as time or duration: ${JSON.stringify(text)}`,
    );
  });
});
