import { describe, expect, it } from "vitest";
import { compareStrings } from "./compare.ts";

describe("names in the order of their bytes", () => {
  it("sorts as Linux does, also beyond what UTF-16 has one unit for", () => {
    expect(["b", "a/b", "a", "\u{10000}", "\uFFFD", "", "a-"].toSorted(compareStrings)).toEqual([
      "",
      "a",
      "a-",
      "a/b",
      "b",
      "\uFFFD",
      "\u{10000}",
    ]);
  });
});
