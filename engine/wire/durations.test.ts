import { describe, expect, it } from "vitest";
import { formatStatus, humanDuration, type StatusInput } from "./durations.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("humanDuration", () => {
  it.each([
    [-5 * SECOND, "Less than a second"],
    [0, "Less than a second"],
    [999, "Less than a second"],
    [SECOND, "1 second"],
    [59 * SECOND, "59 seconds"],
    [MINUTE, "About a minute"],
    [119 * SECOND, "About a minute"],
    [2 * MINUTE, "2 minutes"],
    [59 * MINUTE, "59 minutes"],
    [HOUR, "About an hour"],
    [89 * MINUTE, "About an hour"],
    [90 * MINUTE, "2 hours"],
    [47 * HOUR, "47 hours"],
    [2 * DAY, "2 days"],
    [13 * DAY, "13 days"],
    [14 * DAY, "2 weeks"],
    [59 * DAY, "8 weeks"],
    [60 * DAY, "2 months"],
    [729 * DAY, "24 months"],
    [730 * DAY, "2 years"],
  ])("writes %d ms as %s", (milliseconds, text) => {
    expect(humanDuration(milliseconds)).toBe(text);
  });
});

describe("formatStatus", () => {
  const now = Date.UTC(2026, 0, 1, 12);
  const at = (ago: number): string => new Date(now - ago).toISOString();
  const state = (status: StatusInput["status"], exitCode = 0): StatusInput => {
    return { status, exitCode, startedAt: at(5 * MINUTE), finishedAt: at(3 * SECOND) };
  };
  it.each<[StatusInput, string]>([
    [state("running"), "Up 5 minutes"],
    [state("paused"), "Up 5 minutes (Paused)"],
    [state("exited", 137), "Exited (137) 3 seconds ago"],
    [state("restarting", 1), "Restarting (1) 3 seconds ago"],
    [state("created"), "Created"],
    [state("dead"), "Dead"],
    [state("removing"), "Removal In Progress"],
    [{ ...state("exited"), finishedAt: "0001-01-01T00:00:00Z" }, ""],
  ])("writes %o as %s", (input, text) => {
    expect(formatStatus(input, now)).toBe(text);
  });
});
