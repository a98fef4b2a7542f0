import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BadPatternError, matchPattern } from "./match-pattern.ts";

describe("A pattern", () => {
  test.each([
    ["abc", "abc", true],
    ["*", "abc", true],
    ["*", "a/b", false],
    ["*c", "abc", true],
    ["a*", "a/b", false],
    ["a*/b", "abc/b", true],
    ["a*b*c*d*e*/f", "axbxcxdxe/f", true],
    ["a*b*c*d*e*/f", "axbxcxdxexxx/fff", false],
    ["a*b?c*x", "abxbbxdbxebxczzx", true],
    ["a*b?c*x", "abxbbxdbxebxczzy", false],
    ["ab[c]", "abc", true],
    ["ab[b-d]", "abc", true],
    ["ab[^b-d]", "abc", false],
    ["ab[^e-g]", "abc", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "ab", false],
    ["a?b", "a\u{1F433}b", true],
    ["a[^a]b", "a\u{1F433}b", true],
    ["a???b", "a\u{1F433}b", false],
    ["a?b", "a/b", false],
    ["a[^x]b", "a/b", true],
    ["[\\]a]", "]", true],
    ["[\\-x]", "-", true],
    ["*x", "xxx", true],
    ["", "", true],
    ["", "a", false],
  ])("%j and %j: %s", (pattern, name, expected) => {
    expect(matchPattern(pattern, name)).toBe(expected);
  });

  test.each(["[]a]", "[-]", "[x-]", "[-x]", "\\", "[a-b-c]", "[", "[^", "[^bc", "a[", "a[b"])(
    "%j is malformed even where the name never gets that far",
    (pattern) => {
      expect(() => matchPattern(pattern, "x")).toThrow(BadPatternError);
      expect(() => matchPattern(`q*${pattern}`, "x")).toThrow("syntax error in pattern");
    },
  );

  test("agrees with a regular expression where both mean the same", () => {
    const piece = fc.constantFrom("a", "b", "*", "?", "/", "[ab]");
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.array(fc.constantFrom("a", "b", "/"), { maxLength: 8 }),
        (pattern, name) => {
          const source = pattern.map((part) => (part === "*" ? "[^/]*" : part === "?" ? "[^/]" : part)).join("");
          return matchPattern(pattern.join(""), name.join("")) === new RegExp(`^${source}$`).test(name.join(""));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
