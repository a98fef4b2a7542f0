import { expect, it } from "vitest";
import { formatGoDuration, goQuoteRune } from "./go-format.ts";

it.each([
  [0, "0s"],
  [5e9, "5s"],
  [90e9, "1m30s"],
  [3_600e9, "1h0m0s"],
  [1.5e9, "1.5s"],
  [250e6, "250ms"],
  [1_500, "1.5\u00b5s"],
])("%d nanoseconds are %s", (nanoseconds, text) => {
  expect(formatGoDuration(nanoseconds)).toBe(text);
});

it.each([
  [0, String.raw`'\x00'`],
  [3, String.raw`'\x03'`],
  [10, String.raw`'\n'`],
  [39, String.raw`'\''`],
  [65, "'A'"],
])("a retry count of %d is the letter %s", (value, text) => {
  expect(goQuoteRune(value)).toBe(text);
});
