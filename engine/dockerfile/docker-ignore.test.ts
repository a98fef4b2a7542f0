import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EngineError } from "../base/errors.ts";
import { DockerIgnore, readIgnoreFile } from "./docker-ignore.ts";
import { PatternMatcher } from "./pattern-matcher.ts";

describe("A .dockerignore file", () => {
  test("is read without comments, blanks and what is not needed of a path", () => {
    const text = "\uFEFF# comment\n\n  /a/../b/ \n! /c/\n #not a comment\n/\n!\n**/\n\tx\r\n";
    expect(readIgnoreFile(text)).toEqual(["b", "!c", "#not a comment", "/", "!", "**", "x"]);
  });

  test.each([
    ["node_modules", ["node_modules", "node_modules/a/b"], ["a/node_modules", "node_modules2"]],
    ["*/temp*", ["a/temp", "a/temporary.txt", "a/temp/b"], ["temp", "a/b/temp"]],
    ["*/*/temp*", ["a/b/temp"], ["a/temp"]],
    ["temp?", ["tempa", "tempb/c"], ["temp", "tempab"]],
    ["**/*.go", ["a.go", "a/b/c.go"], ["a.gox"]],
    ["*.md\n!README.md", ["a.md"], ["README.md", "a/b.md"]],
    ["*.md\n!README*.md\nREADME-secret.md", ["a.md", "README-secret.md"], ["README.md", "README-x.md"]],
    ["*.md\nREADME-secret.md\n!README*.md", ["a.md"], ["README.md", "README-secret.md"]],
    ["a\n!a/b", ["a", "a/c"], ["a/b", "a/b/c"]],
    ["a/**\n!a/b/**", ["a/c", "a/b"], ["a", "a/b/c"]],
    ["**", ["a", "a/b"], []],
    ["**/tmp/**", ["a/tmp/b", "tmp/b"], ["tmp", "a/tmp"]],
    ["/a", ["a"], ["b/a"]],
    ["a/", ["a", "a/b"], []],
    ["[a-c]x", ["ax", "cx/y"], ["dx"]],
    ["[^a]x", ["bx"], ["ax"]],
    ["a\\*b", ["a*b"], ["acb"]],
    ["obj\\bin", [], ["objbin", "obj/bin"]],
    ["a+b.c(d)|{e}$", ["a+b.c(d)|{e}$"], ["aab.c(d)|{e}$"]],
    ["a+b.c(d)|{e}$*", ["a+b.c(d)|{e}$", "a+b.c(d)|{e}$f"], ["aab.c(d)|{e}$"]],
    ["\u{1F433}?", ["\u{1F433}\u{1F40B}"], ["\u{1F433}"]],
  ])("%j ignores %j and not %j", (text, ignored, kept) => {
    const ignore = DockerIgnore.parse(text);
    expect([...ignored, ...kept].filter((path) => ignore.ignores(path))).toEqual(ignored);
  });

  test("asks for a look into an ignored directory only where an exception may be", () => {
    const ignore = DockerIgnore.parse("a\nb\n!a/c/d\n");
    expect(["a", "a/c", "a/x", "b"].map((path) => ignore.mayContainExceptions(path))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(DockerIgnore.parse("a\n!*/b").mayContainExceptions("a")).toBe(true);
    expect(DockerIgnore.parse("a").mayContainExceptions("a")).toBe(false);
  });

  test("counts an exception for a directory only if something was matched there", () => {
    // A walk asks for `a/b` first, finds nothing to take an exception from, and does not ask again.
    expect(DockerIgnore.parse("a/b/c\n!a/b").ignores("a/b/c")).toBe(true);
    expect(DockerIgnore.parse("a/b\n!a/b").ignores("a/b/c")).toBe(false);
  });

  test.each([
    ["a[", "syntax error in pattern"],
    ["\\", "syntax error in pattern"],
    ["!", 'illegal exclusion pattern: "!"'],
  ])("with %j is refused", (text, message) => {
    expect(() => DockerIgnore.parse(text)).toThrow(message);
  });

  test("with what only Go's regular expressions refuse is refused when it is asked", () => {
    const ignore = DockerIgnore.parse("src\\out");
    expect(() => ignore.ignores("a")).toThrow("syntax error in pattern");
  });
});

/** Recorded with `COPY . /` and `--output type=local`: of these files, those that a real Docker sent. */
const recorded = JSON.parse(readFileSync(new URL("testdata/docker-ignore-answers.json", import.meta.url), "utf8")) as {
  readonly paths: readonly string[];
  readonly kept: Readonly<Record<string, readonly string[]>>;
};

describe("Docker and this keep the same files with", () => {
  test.each(Object.entries(recorded.kept))("%j", (text, kept) => {
    const ignore = DockerIgnore.parse(text);
    const isLost = (path: string): boolean => {
      const directories = path
        .split("/")
        .slice(0, -1)
        .map((_, index, parts) => parts.slice(0, index + 1).join("/"));
      return directories.some((each) => ignore.ignores(each) && !ignore.mayContainExceptions(each));
    };
    expect(recorded.paths.filter((path) => !isLost(path) && !ignore.ignores(path)).toSorted()).toEqual(kept);
  });
});

/** The same by definition: every path is asked from the top, every pattern by a regular expression of its own. */
function slowMatches(patterns: readonly string[], path: string): boolean {
  const parts = path.split("/");
  let above = patterns.map(() => false);
  let result = false;
  for (let length = 1; length <= parts.length; length += 1) {
    const current = parts.slice(0, length).join("/");
    result = false;
    const matched: boolean[] = [];
    for (const [index, pattern] of patterns.entries()) {
      const isException = pattern.startsWith("!");
      const found = above[index] === true || (isException === result && slowMatch(pattern.replace("!", ""), current));
      matched.push(found);
      if (found) result = !isException;
    }
    above = matched;
  }
  return result;
}

function slowMatch(pattern: string, path: string): boolean {
  const source = pattern
    .replace(/\*\*\/?$/, "\u0001")
    .replace(/\*\*\/?/g, "\u0002")
    .replace(/\*/g, "[^/]*")
    .replace(/\?/g, "[^/]")
    .replace("\u0001", ".*")
    .replaceAll("\u0002", "(.*/)?");
  return new RegExp(`^${source}$`, "s").test(path);
}

describe("A matcher", () => {
  // A pattern that begins with `**` and has nothing else to expand is compared as a suffix: see the table above.
  const part = fc.constantFrom("a", "b", "*", "?", "**", "a*", "[ab]");
  const pattern = fc
    .tuple(fc.boolean(), fc.constantFrom("a", "b", "*", "?"), fc.array(part, { maxLength: 3 }))
    .map(([isException, first, rest]) => (isException ? "!" : "") + [first, ...rest].join("/"));
  const path = fc
    .array(fc.constantFrom("a", "b", "ab"), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join("/"));

  test("agrees with a slow one", () => {
    fc.assert(
      fc.property(
        fc.array(pattern, { maxLength: 4 }),
        fc.array(path, { minLength: 1, maxLength: 5 }),
        (patterns, paths) => {
          const matcher = new PatternMatcher(patterns);
          for (const each of paths)
            if (matcher.matches(each) !== slowMatches(patterns, each))
              throw new Error(`${each} and ${patterns.join(" ")}`);
        },
      ),
      { numRuns: 2000 },
    );
  }, 60_000);

  test("takes any pattern, or refuses it", () => {
    const piece = fc.constantFrom(..."* ** ? [ ] ^ - \\ / . + ( ) | { } $ ! a b d Q E p x 1 : [:alpha:]".split(" "));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          new PatternMatcher([pieces.join("")]).matches("a/b.c");
        } catch (error) {
          if (!(error instanceof EngineError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  }, 60_000);

  test("is not slowed down by many wildcards", () => {
    const started = performance.now();
    const matcher = new PatternMatcher([`${"**/a*/".repeat(30)}b`, `${"*a".repeat(100)}b`]);
    expect(matcher.matches(Array.from({ length: 200 }, () => "a".repeat(10)).join("/"))).toBe(false);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
