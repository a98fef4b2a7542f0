/** What a real Docker said of a table of Dockerfiles, and what is said here. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkBuild } from "./check-dockerfile.ts";
import { DockerIgnore } from "./docker-ignore.ts";
import { DockerfileError } from "./dockerfile-error.ts";
import type { CheckWarning, LineRange } from "./dockerfile.ts";
import { parseDockerfile } from "./parse-dockerfile.ts";
import type { DockerAnswer, DockerAnswers } from "./testing/docker-answers.ts";
import { DOCKER_CASES, type DockerCase } from "./testing/docker-cases.ts";

const answers = JSON.parse(
  readFileSync(new URL("testdata/docker-answers.json", import.meta.url), "utf8"),
) as DockerAnswers;

function answerOf({ dockerfile, dockerIgnore, buildArgs = {} }: DockerCase): DockerAnswer {
  try {
    const { warnings, errors } = checkBuild(parseDockerfile(dockerfile), {
      text: dockerfile,
      buildArgs: new Map(Object.entries(buildArgs)),
      baseImage: () => ({ env: ["PATH=/bin"] }),
      platform: { os: "linux", architecture: "amd64" },
      ...(dockerIgnore !== undefined && { dockerIgnore: DockerIgnore.parse(dockerIgnore) }),
    });
    const [error] = errors;
    return {
      ...(error && { error: error.message }),
      lines: error === undefined ? [] : linesOf([error.range]),
      warnings: warnings.map(describeWarning),
    };
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    return { error: error.message, lines: linesOf([error.range]), warnings: [] };
  }
}

function describeWarning({ ranges, ...warning }: CheckWarning): DockerAnswer["warnings"][number] {
  return { ...warning, lines: linesOf(ranges) };
}

function linesOf(ranges: readonly LineRange[]): readonly number[] {
  return ranges.flatMap(({ start, end }) => Array.from({ length: end - start + 1 }, (_, index) => start + index));
}

/** Why an answer is another one here. Docker 28.5 has a frontend older than the one that is followed here. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  "a directive behind a blank line": "a newer frontend takes `# check=` above an instruction for that one",
  "a check skipped for one instruction": "a newer frontend takes `# check=` above an instruction for that one",
  "a secret in ARG": "a newer frontend takes the name of a file for harmless",
  "RUN with an unknown security": "a newer frontend has --security",
  "RUN with a secret from somewhere": "Docker looks for the image first",
  "two stages of one name": "circles are found when the build is planned",
  "an escape character twice": "Docker names the line before",
  "an escape character that is none": "Docker names the line before",
  "a syntax twice": "Docker names the line before",
};

/** What a file that cannot be parsed has been warned of before is not asked here, and where Docker names no line, any will do. */
function comparable(each: DockerAnswer, docker: DockerAnswer, isParsed: boolean): DockerAnswer {
  return {
    ...each,
    lines: docker.lines.length === 0 ? [] : each.lines,
    warnings: isParsed ? each.warnings : [],
  };
}

function isParsed({ dockerfile }: DockerCase): boolean {
  try {
    return parseDockerfile(dockerfile).stages.length > 0;
  } catch {
    return false;
  }
}

describe("Docker and this agree on", () => {
  test.each(DOCKER_CASES.filter(({ title }) => !(title in DIFFERENCES)))("$title", (each) => {
    const docker = answers[each.title] as DockerAnswer;
    const parsed = isParsed(each);
    expect(comparable(answerOf(each), docker, parsed)).toEqual(comparable(docker, docker, parsed));
  });

  test.each(DOCKER_CASES.filter(({ title }) => title in DIFFERENCES))("all but $title, as is known", (each) => {
    const docker = answers[each.title] as DockerAnswer;
    expect(comparable(answerOf(each), docker, true)).not.toEqual(docker);
  });
});
