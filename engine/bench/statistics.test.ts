import { describe, expect, it } from "vitest";
import { formatTable, quantile, summary, type Row } from "./statistics.ts";

const row = (fields: Partial<Row>): Row => ({
  id: "x",
  title: "x",
  unit: "ms",
  samples: [1, 2, 3],
  where: "node",
  ...fields,
});

describe("bench statistics", () => {
  it("interpolates between ranks", () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([5], 0.9)).toBe(5);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it("judges the median against the target, in the row's direction", () => {
    expect(summary(row({ target: 2 })).met).toBe(true);
    expect(summary(row({ target: 1.9 })).met).toBe(false);
    expect(summary(row({ target: 2, direction: "at-least" })).met).toBe(true);
    expect(summary(row({ samples: [1, 10], direction: "at-least" })).p90).toBeLessThan(2);
    expect(summary(row({})).met).toBeUndefined();
  });

  it("prints one line for each row", () => {
    expect(formatTable([row({ target: 1 }), row({ title: "longer name" })]).split("\n")).toHaveLength(3);
  });
});
