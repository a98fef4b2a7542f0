import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isExpected } from "./expected-differences.ts";
import type { Exchange } from "./scenario.ts";

export function recordingFile(scenario: string): string {
  return join(import.meta.dirname, "testdata", `${scenario}.json`);
}

/** What a real Docker daemon answered. */
export async function readRecording(scenario: string): Promise<readonly Exchange[]> {
  return JSON.parse(await readFile(recordingFile(scenario), "utf8")) as Exchange[];
}

/** What differs and is not expected to: a line each, `step request: path: Docker's value | this engine's`. */
export function differences(
  scenario: string,
  recorded: readonly Exchange[],
  ours: readonly Exchange[],
): readonly string[] {
  const lines: string[] = [];
  for (let step = 0; step < Math.max(recorded.length, ours.length); step += 1) {
    const theirs = recorded[step];
    const own = ours[step];
    const request = theirs?.request ?? own?.request ?? "";
    for (const [path, a, b] of compare(theirs, own, "")) {
      if (!isExpected(scenario, request, path)) lines.push(`${step} ${request}: ${path}: ${show(a)} | ${show(b)}`);
    }
  }
  return lines;
}

type Difference = readonly [path: string, theirs: unknown, ours: unknown];

function compare(theirs: unknown, ours: unknown, path: string): readonly Difference[] {
  if (isObject(theirs) && isObject(ours)) {
    const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].toSorted();
    return keys.flatMap((key) => compare(theirs[key], ours[key], path === "" ? key : `${path}.${key}`));
  }
  if (Array.isArray(theirs) && Array.isArray(ours) && theirs.length === ours.length)
    return theirs.flatMap((item, index) => compare(item, ours[index], `${path}[${index}]`));
  return JSON.stringify(theirs) === JSON.stringify(ours) ? [] : [[path, theirs, ours]];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return value === undefined ? "(absent)" : JSON.stringify(value);
}
