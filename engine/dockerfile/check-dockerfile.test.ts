import { describe, expect, test } from "vitest";
import { checkBuild, checkDockerfile, checkFailure, type CheckContext } from "./check-dockerfile.ts";
import { CHECK_RULES } from "./checks/check-rules.ts";
import { parseDockerfile } from "./parse-dockerfile.ts";

function findings(text: string, context: Partial<CheckContext> = {}): readonly string[] {
  return checkDockerfile(parseDockerfile(text), { text, ...context }).map(
    ({ rule, ranges }) => `${rule} ${ranges[0]?.start}`,
  );
}

describe("The checks", () => {
  test("say nothing of variables of an image that nobody knows", () => {
    const text = "FROM a AS b\nENV A=$B\nFROM b\nENV C=$D\n";
    expect(findings(text)).toEqual([]);
    expect(findings(text, { baseImage: () => ({ env: ["B=1"] }) })).toEqual(["UndefinedVar 4"]);
  });

  test("know the triggers of an image, where they trigger", () => {
    const baseImage = (): { env: string[]; onBuild: string[] } => ({ env: [], onBuild: ["ENV A=$B", "WORKDIR c"] });
    expect(findings("FROM a\nWORKDIR d\n", { baseImage })).toEqual(["UndefinedVar 1", "WorkdirRelativePath 1"]);
  });

  test("leave out a stage that the build does not need", () => {
    const text = "FROM scratch AS a\nCMD x\nFROM scratch\nCMD y\n";
    expect(findings(text)).toEqual(["JSONArgsRecommended 2", "JSONArgsRecommended 4"]);
    expect(findings(text, { reaches: (stage) => stage === 1 })).toEqual(["JSONArgsRecommended 4"]);
  });

  test("count for one instruction alone what is skipped right above it", () => {
    expect(findings("FROM scratch\n# check=skip=JSONArgsRecommended\nCMD a\nENTRYPOINT b\n")).toEqual([
      "JSONArgsRecommended 4",
    ]);
  });

  test("go on behind an instruction that the build fails at", () => {
    const text = "FROM scratch\nENV A=${\nEXPOSE x\nCMD a\n";
    const { warnings, errors } = checkBuild(parseDockerfile(text), { text });
    expect(warnings.map(({ rule }) => rule)).toEqual(["JSONArgsRecommended"]);
    expect(errors.map(({ message, range }) => [message, range.start])).toEqual([
      ["failed to process \"${\": syntax error: missing '}'", 2],
      ["invalid containerPort: x", 3],
    ]);
  });

  test("make a failure of a build that asked for it", () => {
    const text = "FROM scratch\nCMD a\nCMD b\n";
    const warnings = checkDockerfile(parseDockerfile(text), { text });
    expect(checkFailure(warnings)?.message).toBe(
      "lint violation found for rules: JSONArgsRecommended, MultipleInstructionsDisallowed",
    );
    expect(checkFailure([])).toBeUndefined();
  });

  test("have an address for every rule", () => {
    expect(CHECK_RULES.JSONArgsRecommended.url).toBe(
      "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/",
    );
    expect(CHECK_RULES.UndefinedArgInFrom.url).toMatch(/\/undefined-arg-in-from\/$/);
  });

  test("are done with 200 lines between two keystrokes", () => {
    const stage =
      "FROM node:${V:-20} AS build\nARG V A=1\nENV A=$A B=${C:-d}\nWORKDIR /app\nCOPY --chown=1:1 package.json $A ./\n" +
      'RUN --mount=type=cache,target=/c \\\n  npm ci && \\\n  npm run build\nRUN <<EOF\necho hi\nEOF\nEXPOSE 80 $PORT\nCMD ["a"]\n';
    const text = stage.repeat(16);
    const times = Array.from({ length: 20 }, () => {
      const started = performance.now();
      checkDockerfile(parseDockerfile(text), { text, baseImage: () => ({ env: ["PATH=/bin"] }) });
      return performance.now() - started;
    });
    expect(Math.min(...times)).toBeLessThan(10);
  });
});
