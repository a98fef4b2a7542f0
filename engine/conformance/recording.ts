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
export function differences(recorded: readonly Exchange[], ours: readonly Exchange[]): readonly string[] {
  return align(recorded, ours).flatMap(([theirs, own], step) => {
    const request = theirs?.request ?? own?.request ?? "";
    return compare(theirs, own, "")
      .filter(([path, a, b]) => !isExpected({ request, path, theirs: a, ours: b }))
      .map(([path, a, b]) => `${step} ${request.slice(0, 200)}: ${path}: ${show(a)} | ${show(b)}`);
  });
}

/** Pairs of the same request: where one engine refused what the other started, one of them has a step more. */
function align(
  recorded: readonly Exchange[],
  ours: readonly Exchange[],
): readonly (readonly [Exchange | undefined, Exchange | undefined])[] {
  const pairs: [Exchange | undefined, Exchange | undefined][] = [];
  let at = 0;
  for (const theirs of recorded) {
    const found = ours.slice(at, at + 3).findIndex(({ request }) => request === theirs.request);
    if (found < 0) pairs.push([theirs, undefined]);
    else {
      for (; ours[at]?.request !== theirs.request; at += 1) pairs.push([undefined, ours[at]]);
      pairs.push([theirs, ours[at]]);
      at += 1;
    }
  }
  return [...pairs, ...ours.slice(at).map((own) => [undefined, own] as [undefined, Exchange])];
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
