/**
 * Asks a real Docker for its opinion of every case and keeps it. `docker buildx` and the image `busybox` have to be there:
 * `node --import tsx engine/dockerfile/testing/record-answers.ts`
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DOCKER_CASES, type DockerCase } from "./docker-cases.ts";
import type { DockerAnswer, DockerAnswers } from "./docker-answers.ts";

const OUTPUT = new URL("../testdata/docker-answers.json", import.meta.url);
/** The images here are not those of the machine that Docker runs on. */
const FOREIGN = "InvalidBaseImagePlatform";

interface Lint {
  readonly warnings?:
    | readonly {
        readonly ruleName: string;
        readonly description: string;
        readonly url: string;
        readonly detail: string;
        readonly location?: Location;
      }[]
    | null;
  readonly buildError?: { readonly message: string; readonly location?: Location };
}

interface Location {
  readonly ranges?: readonly { readonly start: { readonly line?: number } }[];
}

const answers: Record<string, DockerAnswer> = {};
for (const each of DOCKER_CASES) answers[each.title] = await answerOf(each);
await writeFile(OUTPUT, `${JSON.stringify({ ...answers } satisfies DockerAnswers, undefined, 2)}\n`);

async function answerOf({ dockerfile, dockerIgnore, buildArgs = {} }: DockerCase): Promise<DockerAnswer> {
  const context = await mkdtemp(join(tmpdir(), "dockerfile-case-"));
  try {
    await writeFile(join(context, "Dockerfile"), dockerfile);
    if (dockerIgnore !== undefined) await writeFile(join(context, ".dockerignore"), dockerIgnore);
    const args = Object.entries(buildArgs).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
    return await lint([...args, context]);
  } finally {
    await rm(context, { recursive: true });
  }
}

async function lint(args: readonly string[]): Promise<DockerAnswer> {
  const { stdout, stderr } = await promisify(execFile)("docker", [
    "buildx",
    "build",
    "--progress=quiet",
    "--call=check,format=json",
    ...args,
  ]).catch((error: unknown) => error as { stdout: string; stderr: string });
  if (!stdout.includes("{")) return { error: errorOf(stderr), lines: [], warnings: [] };
  const { warnings, buildError } = JSON.parse(stdout) as Lint;
  return {
    ...(buildError && { error: buildError.message }),
    lines: linesOf(buildError?.location),
    warnings: (warnings ?? [])
      .filter(({ ruleName }) => ruleName !== FOREIGN)
      .map(({ ruleName, description, url, detail, location }) => ({
        rule: ruleName,
        description,
        url,
        message: detail,
        lines: linesOf(location),
      })),
  };
}

function errorOf(text: string): string {
  return /^ERROR: (?:failed to build: )?(?:failed to solve: )?(.*)$/m.exec(text)?.[1] ?? text;
}

function linesOf(location: Location | undefined): readonly number[] {
  return location?.ranges?.map(({ start }) => start.line ?? 0) ?? [];
}
