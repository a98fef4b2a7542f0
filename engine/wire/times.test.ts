import { describe, expect, it } from "vitest";
import { formatGoTime, formatTimeNs, formatUnixNs, parseRfc3339Ns, parseTimeMs, parseUnixNs } from "./times.ts";

describe("times", () => {
  it("keeps nanoseconds from reading to writing", () => {
    const text = "2026-11-21T02:10:13.330130492Z";
    expect(formatTimeNs(parseRfc3339Ns(text) as bigint)).toBe(text);
  });

  it("reads zones and short fractions", () => {
    expect(parseRfc3339Ns("1970-01-01T01:00:00.5+01:00")).toBe(500_000_000n);
    expect(parseRfc3339Ns("yesterday")).toBeUndefined();
  });

  it("knows Go's time that never was", () => {
    expect(parseTimeMs("0001-01-01T00:00:00Z")).toBeUndefined();
    expect(parseTimeMs("")).toBeUndefined();
  });

  it("reads and writes seconds with nanoseconds behind the point", () => {
    expect(parseUnixNs("1700000000.5")).toBe(1_700_000_000_500_000_000n);
    expect(parseUnixNs("1700000000")).toBe(1_700_000_000_000_000_000n);
    expect(parseUnixNs("soon")).toBeUndefined();
    expect(formatUnixNs(1_700_000_000_000_000_005n)).toBe("1700000000.000000005");
    expect(formatUnixNs(-1n)).toBe("-1.999999999");
  });

  it("writes a moment as Go's String does", () => {
    expect(formatGoTime(1_795_227_010)).toBe("2026-11-21 02:10:10 +0000 UTC");
  });
});
