import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeGoJson } from "./go-json.ts";

describe("encodeGoJson", () => {
  it("escapes what Go escapes", () => {
    expect(encodeGoJson("<a>&\u2028\b\f\n\\b")).toBe('"\\u003ca\\u003e\\u0026\\u2028\\u0008\\u000c\\n\\\\b"');
  });

  it("writes big integers as numbers, and sorts maps only", () => {
    const value = {
      z: 1_795_227_017_778_583_149n,
      a: new Map([
        ["y", 1],
        ["x", 2],
      ]),
      gone: undefined,
    };
    expect(encodeGoJson(value)).toBe('{"z":1795227017778583149,"a":{"x":2,"y":1}}');
  });

  it("indents as MarshalIndent, empty lists and objects on one line", () => {
    expect(encodeGoJson({ a: [1, 2], b: [], c: {} }, "    ")).toBe(
      '{\n    "a": [\n        1,\n        2\n    ],\n    "b": [],\n    "c": {}\n}',
    );
  });

  it("is JSON, whatever the value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(encodeGoJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
