import { describe, expect, it } from "vitest";
import { encodeGoJson } from "./go-json.ts";
import { progressBar, progressMessage } from "./progress.ts";

describe("progress", () => {
  it("draws a bar of fifty places, as the server does", () => {
    expect(progressBar(3678, 345_432)).toBe(`[>${" ".repeat(50)}]  3.678kB/345.4kB`);
    expect(progressBar(32_768, 345_432)).toBe(`[====>${" ".repeat(46)}]  32.77kB/345.4kB`);
    expect(progressBar(345_432, 345_432)).toBe(`[${"=".repeat(50)}>]  345.4kB/345.4kB`);
  });

  it("leaves the bar out of a narrow terminal, and what is unknown out of the numbers", () => {
    expect(progressBar(36_445, 1_141_440, 80)).toBe(" 36.45kB/1.141MB");
    expect(progressBar(5, 0)).toBe("      5B");
    expect(progressBar(0, 0)).toBe("");
    expect(progressBar(20, 10, 80)).toBe("     20B");
  });

  it.each([
    [
      { kind: "status" as const, status: "Pulling from library/alpine", id: "3.20" },
      '{"status":"Pulling from library/alpine","id":"3.20"}',
    ],
    [
      { kind: "status" as const, status: "Pulling fs layer", id: "a4187272160d" },
      '{"status":"Pulling fs layer","progressDetail":{},"id":"a4187272160d"}',
    ],
    [{ kind: "status" as const, status: "Digest: sha256:00" }, '{"status":"Digest: sha256:00"}'],
  ])("writes %o as Docker does", (event, json) => {
    expect(encodeGoJson(progressMessage(event))).toBe(json);
  });

  it("puts the numbers and the bar in front of the id", () => {
    const event = {
      kind: "progress" as const,
      status: "Downloading",
      id: "a4187272160d",
      currentBytes: 36_445,
      totalBytes: 1_141_440,
    };
    expect(encodeGoJson(progressMessage(event))).toBe(
      `{"status":"Downloading","progressDetail":{"current":36445,"total":1141440},"progress":"[=\\u003e${" ".repeat(49)}]  36.45kB/1.141MB","id":"a4187272160d"}`,
    );
  });
});
