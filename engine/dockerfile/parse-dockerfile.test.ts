import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkBuild } from "./check-dockerfile.ts";
import { DockerfileError } from "./dockerfile-error.ts";
import type { Instruction } from "./dockerfile.ts";
import { parseDockerfile } from "./parse-dockerfile.ts";
import { parseInstruction } from "./parse-instruction.ts";
import { dockerfileText } from "./testing/dockerfile-text.ts";

const CORPUS = new URL("testdata/corpus/", import.meta.url);

describe("The corpus", () => {
  const names = readdirSync(CORPUS).filter((name) => name.endsWith(".dockerfile"));

  test.each(names)("%s is parsed to what its golden says", (name) => {
    const parsed = parseDockerfile(readFileSync(new URL(name, CORPUS), "utf8"));
    const golden = new URL(name.replace(/dockerfile$/, "json"), CORPUS);
    if (process.env["UPDATE_GOLDENS"] === "1") writeFileSync(golden, `${JSON.stringify(parsed, undefined, 2)}\n`);
    expect(parsed).toEqual(JSON.parse(readFileSync(golden, "utf8")));
  });
});

function instructionsOf(lines: string): readonly Instruction[] {
  return parseDockerfile(`FROM busybox\n${lines}`).stages[0]?.instructions ?? [];
}

describe("A Dockerfile", () => {
  test("is told apart from the arguments before its first stage", () => {
    const { metaArgs, stages } = parseDockerfile("ARG A=1\nFROM a\nARG B\nFROM b\n");
    expect(metaArgs.map(({ pairs }) => pairs)).toEqual([[{ name: "A", value: "1" }]]);
    expect(stages.map(({ from, instructions }) => [from.image, instructions.length])).toEqual([
      ["a", 1],
      ["b", 0],
    ]);
  });

  test("knows the lines of an instruction with its continuations and here-documents", () => {
    const instructions = instructionsOf("RUN a \\\n  b\n\nRUN <<E\nc\nE\nUSER x");
    expect(instructions.map(({ range }) => [range.start, range.end])).toEqual([
      [2, 3],
      [5, 7],
      [8, 8],
    ]);
  });

  test("fails with what is malformed anywhere before what makes no sense further up", () => {
    expect(() => parseDockerfile("FROM a\nRUNN x\nENV A\n")).toThrow("ENV must have two arguments");
  });

  test("is refused behind a line of more bytes than Go's scanner takes", () => {
    const line = (bytes: number): string => `FROM a\nRUN ${"x".repeat(bytes - 5)}\n`;
    expect(parseDockerfile(line(65_536)).stages).toHaveLength(1);
    expect(() => parseDockerfile(line(65_537))).toThrow("dockerfile line greater than max allowed size of 65535");
    expect(() => parseDockerfile(`FROM a\nRUN ${"é".repeat(40_000)}\n`)).toThrow("greater than max allowed size");
  });

  test("with a NUL in it is as good as any other", () => {
    expect(instructionsOf("ENV A=b\0c")).toMatchObject([{ pairs: [{ name: "A", value: "b\0c" }] }]);
  });

  test("tells the line that a directive is wrong in", () => {
    expect(() => parseDockerfile("# escape=`\n# escape=`\nFROM a")).toThrow(
      expect.objectContaining({ range: { start: 2, end: 2 } }),
    );
  });
});

describe("A trigger", () => {
  test("is parsed with the here-document that ONBUILD kept", () => {
    const [onbuild] = instructionsOf("ONBUILD COPY <<-E /a\n\tb\nE\n");
    const { expression } = onbuild as Extract<Instruction, { name: "ONBUILD" }>;
    expect(parseInstruction(expression)).toMatchObject({
      name: "COPY",
      heredocs: [{ name: "E", content: "b\n", source: "\tb\n" }],
      destination: "/a",
    });
  });

  test("is one instruction", () => {
    expect(() => parseInstruction("RUN a\nRUN b")).toThrow("onbuild trigger should be a single expression");
  });
});

describe("Any text at all", () => {
  test("is a Dockerfile or a DockerfileError, and so are its checks", () => {
    fc.assert(
      fc.property(dockerfileText(), (text) => {
        try {
          const dockerfile = parseDockerfile(text);
          const lines = text.split("\n").length;
          const ranges = dockerfile.stages
            .flatMap(({ from, instructions }) => [from, ...instructions])
            .map(({ range }) => range);
          if (ranges.some(({ start, end }) => start < 1 || end < start || end > lines))
            throw new Error("no such lines");
          checkBuild(dockerfile, { text, baseImage: () => ({ env: [] }) });
        } catch (error) {
          if (!(error instanceof DockerfileError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  }, 60_000);

  test("takes no longer than its length, however its blanks, quotes and brackets are piled up", () => {
    const started = performance.now();
    for (const piece of [
      " ",
      "\t",
      "\\",
      "'",
      '"',
      "[",
      "<",
      "<<",
      "$",
      "${",
      "${A:-",
      "=",
      "#",
      "\r",
      "\\\n",
      "*",
      "--",
      ",",
      "é",
    ])
      for (const head of ["", "RUN ", "ENV A=", "FROM ", "COPY ", "RUN --mount=", "# escape=", "EXPOSE "]) {
        const text = `FROM a\n${head}${piece.repeat(20_000 / piece.length)}x\nCMD y`;
        try {
          checkBuild(parseDockerfile(text), { text, baseImage: () => ({ env: [] }) });
        } catch (error) {
          if (!(error instanceof DockerfileError)) throw error;
        }
      }
    expect(performance.now() - started).toBeLessThan(30_000);
  }, 60_000);
});
