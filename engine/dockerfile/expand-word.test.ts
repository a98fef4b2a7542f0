import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EngineError } from "../base/errors.ts";
import { expandHeredoc, expandWord, expandWords } from "./expand-word.ts";

const VALUES: Readonly<Record<string, string>> = { A: "foo.bar.baz", E: "", P: "/a/b/c", W: "x  y", N: "a\nb\nc" };
const lookup = (name: string): string | undefined => (Object.hasOwn(VALUES, name) ? VALUES[name] : undefined);

describe("A word", () => {
  test.each([
    ["$A-${A}x", "foo.bar.baz-foo.bar.bazx"],
    ["$U[${U}]", "[]"],
    ["${E:-d} ${E-d} ${U:-d} ${U-d}", "d  d d"],
    ["${E:+d} ${E+d} ${U:+d} ${U+d} ${A:+d}", " d   d"],
    ["${A:?no} ${E?no}", "foo.bar.baz "],
    ["${A#*.} ${A##*.}", "bar.baz baz"],
    ["${A%.*}", "foo.bar"],
    ["${A%%.*}", "foo"],
    ["${A#nope} ${A%%nope}", "foo.bar.baz foo.bar.baz"],
    ["${A/ba?/X} ${A//ba?/X}", "foo.X.baz foo.X.X"],
    ["${A//./}", "foobarbaz"],
    ["${A//o/\\$A} ${A//o/<\\$0\\$\\$>} ${A/o/\\$A}", "f\\\\.bar.baz f<\\o\\$\\$><\\o\\$\\$>.bar.baz f\\$Ao.bar.baz"],
    ["${A/*/x} ${A//*/x}", "x x"],
    ["${E//*/x}|${A//q/x}", "x|foo.bar.baz"],
    ["${P//\\//_}", "_a_b_c"],
    ["${A#\\*}", "foo.bar.baz"],
    ["${N#*b}", "a\nb\nc"],
    ["${N%c}", "a\nb\n"],
    ["${U:-${P##*/}} ${U:-'a}b'}", "c a}b"],
    ["'$A' \"$A\" \\$A", "$A foo.bar.baz $A"],
    ['"\\$A \\" \\n" \\n', '$A " \\n n'],
    ["a\\", "a"],
    ["$1$@$$$", "$"],
    ["$_ $äö", " "],
    ["<<EOF <", "<<EOF <"],
  ])("%j becomes %j", (word, expected) => {
    expect(expandWord(word, lookup)).toBe(expected);
  });

  test.each([
    ["${", "syntax error: missing '}'"],
    ["${A", "unsupported modifier (\uFFFD) in substitution"],
    ["${}", "syntax error: bad substitution"],
    ["${:x}", "syntax error: bad substitution"],
    ["${A^}", "unsupported modifier (^) in substitution"],
    ["${A:=x}", "unsupported modifier (:=) in substitution"],
    ["${A:#x}", "unsupported modifier (:#) in substitution"],
    ["${A:-x", "syntax error: missing '}'"],
    ["${A/x}", "syntax error: missing '/' in ${}"],
    ["${A/x/y", "syntax error: missing '}'"],
    ["${A#\\x}", "invalid pattern (\\x) in substitution: invalid escape '\\x'"],
    ["${U?}", "U: is not allowed to be unset"],
    ["${E:?}", "E: is not allowed to be empty"],
    ["${E:?because $P}", "E: because /a/b/c"],
    ["'a", "unexpected end of statement while looking for matching single-quote"],
    ['"a', "unexpected end of statement while looking for matching double-quote"],
  ])("%j is refused: %s", (word, message) => {
    expect(() => expandWord(word, lookup)).toThrow(`failed to process ${JSON.stringify(word)}: ${message}`);
  });

  test("is escaped with the Dockerfile's own character", () => {
    expect(expandWord("`$A \\$E C:\\a", lookup, { escape: "`" })).toBe("$A \\ C:\\a");
  });

  test("tells what was looked up and what had no value", () => {
    const seen: unknown[] = [];
    expandWord("$A ${U:-$V} '$X'", lookup, { onVariable: (name, value) => seen.push([name, value !== undefined]) });
    expect(seen).toEqual([
      ["A", true],
      ["V", false],
      ["U", false],
    ]);
  });

  test("keeps what has no value if that is asked for", () => {
    expect(expandWord("$U ${U} ${U:-x} $A", lookup, { keepUnset: true })).toBe("$U ${U} ${U:-x} foo.bar.baz");
  });
});

describe("Words", () => {
  test("are split behind the expansion but not in quotes", () => {
    expect(expandWords("a $W '$W' \"$W\" \\  ''b '' $E", lookup)).toEqual(["a", "x", "y", "$W", "x  y", " ", "b"]);
  });

  test("keep their quotes if that is asked for", () => {
    expect(expandWords(`a 'b c' "d"`, lookup, { rawQuotes: true })).toEqual(["a", "'b c'", '"d"']);
  });

  test("keep the blanks behind the sign of a here-document", () => {
    expect(expandWords("cat <<  EOF > a", lookup)).toEqual(["cat", "<<  EOF", ">", "a"]);
  });
});

test("A here-document's quotes mean nothing, its backslashes do", () => {
  expect(expandHeredoc('it\'s "$A" \\$A\n', lookup)).toBe('it\'s "foo.bar.baz" $A\n');
});

describe("Hostile words", () => {
  test("end, with a text or an EngineError", () => {
    const piece = fc.constantFrom(
      ..."$ ${ } :- :+ # ## % / // * ? \\ ' \" A U P N a .".split(" "),
      " ",
      "\n",
      "\uD800",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        try {
          expandWord(pieces.join(""), lookup);
          expandWords(pieces.join(""), lookup);
        } catch (error) {
          if (!(error instanceof EngineError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  }, 60_000);

  test("do not grow without end", () => {
    let value = "x".repeat(1000);
    expect(() => {
      for (let round = 0; round < 100; round += 1) value = expandWord("$V$V$V$V$V$V$V$V$V$V", () => value);
    }).toThrow("value is too long");
    expect(() => expandWord(`\${V//?/${"y".repeat(60_000)}}`, () => "x".repeat(60_000))).toThrow("value is too long");
  });

  test("are not nested without end", () => {
    expect(() => expandWord("${U:-".repeat(10_000), lookup)).toThrow(EngineError);
  });

  test("with many wildcards are matched soon, or given up", () => {
    const started = performance.now();
    const value = "a".repeat(20_000);
    for (const operator of ["#", "##", "%", "%%", "/", "//"])
      try {
        expandWord(`\${V${operator}${"*a".repeat(2000)}b${operator.startsWith("/") ? "/" : ""}}`, () => value);
      } catch (error) {
        expect(error).toBeInstanceOf(EngineError);
      }
    expect(performance.now() - started).toBeLessThan(30_000);
  }, 60_000);
});
