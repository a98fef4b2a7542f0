import { describe, expect, it } from "vitest";
import {
  checkFilterNames,
  encodeFilters,
  matchesExactly,
  matchesLabels,
  matchesPattern,
  parseFilters,
} from "./filters.ts";

describe("filters", () => {
  it("reads both encodings alike", () => {
    const expected = new Map([["label", ["a=b", "c"]]]);
    expect(parseFilters('{"label":{"a=b":true,"c":true}}')).toEqual(expected);
    expect(parseFilters('{"label":["a=b","c"]}')).toEqual(expected);
    expect(parseFilters(null)).toEqual(new Map());
    expect(parseFilters("")).toEqual(new Map());
  });

  it.each(["x", "[]", "3", '{"a":[1]}', '{"a":"b"}'])("refuses %s", (text) => {
    expect(() => parseFilters(text)).toThrow("invalid filter");
  });

  it("writes the newer encoding, names sorted", () => {
    const filters = new Map([
      ["name", ["x"]],
      ["label", ["a", "b"]],
    ]);
    expect(encodeFilters(filters)).toBe('{"label":{"a":true,"b":true},"name":{"x":true}}');
    expect(encodeFilters(new Map())).toBeUndefined();
  });

  it("refuses names that an endpoint does not know", () => {
    expect(() => checkFilterNames(new Map([["foo", ["x"]]]), ["name"])).toThrow("invalid filter 'foo'");
  });

  it("wants every label, with or without its value", () => {
    const labels = { a: "1", b: "2" };
    expect(matchesLabels(["a", "b=2"], labels)).toBe(true);
    expect(matchesLabels(["a=2"], labels)).toBe(false);
    expect(matchesLabels(["toString"], labels)).toBe(false);
    expect(matchesLabels(undefined, labels)).toBe(true);
  });

  it("matches names as regular expressions, and does not choke on what is none", () => {
    expect(matchesPattern(["^we"], "web")).toBe(true);
    expect(matchesPattern(["eb", "x"], "web")).toBe(true);
    expect(matchesPattern(["("], "web")).toBe(false);
    expect(matchesPattern(["("], "(")).toBe(true);
    expect(matchesPattern([], "web")).toBe(true);
  });

  it("matches exactly where Docker does", () => {
    expect(matchesExactly(["a"], "b", "a")).toBe(true);
    expect(matchesExactly(["a"], "ab")).toBe(false);
  });
});

it("takes null for no filter, and the names of a map whatever their boolean is", () => {
  expect(parseFilters("null").size).toBe(0);
  expect(parseFilters('{"status":{"exited":false,"created":true},"label":null}').get("status")).toEqual([
    "exited",
    "created",
  ]);
  expect(() => parseFilters('{"label":{"a":"x"}}')).toThrow("invalid filter");
});
