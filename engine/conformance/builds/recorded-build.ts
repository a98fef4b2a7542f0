import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SavedImage } from "./saved-image.ts";

/** What a build gave, without what is different each time. */
export interface RecordedBuild extends Partial<Omit<SavedImage, "diffIds">> {
  /** Names of steps, sorted; `CACHED ` and `ERROR ` before them. */
  readonly steps: readonly string[];
  /** The same, of a second build, where that found all in the cache or not. */
  readonly again?: readonly string[];
  readonly warnings: readonly string[];
  /** What processes wrote, by step. */
  readonly output: Readonly<Record<string, string>>;
  readonly error?: string;
}

/** By case. */
export type Recording = Readonly<Record<string, RecordedBuild>>;

export function recordingFile(group: string): string {
  return join(import.meta.dirname, "testdata", `${group}.json`);
}

/** What a real Docker made of a group's cases. */
export async function readRecording(group: string): Promise<Recording> {
  return JSON.parse(await readFile(recordingFile(group), "utf8")) as Recording;
}

/** What was told of a build while it went on, of either side. */
export interface Told {
  /** By digest, the last that was told. */
  readonly vertexes: ReadonlyMap<string, { readonly name: string; readonly cached: boolean; readonly error: string }>;
  readonly warnings: readonly string[];
  readonly logs: readonly { readonly vertex: string; readonly stream: number; readonly text: string }[];
  readonly error?: string;
}

export function toRecord(told: Told): Pick<RecordedBuild, "steps" | "warnings" | "output" | "error"> {
  const isFailed = told.error !== undefined;
  const names = [...told.vertexes.values()].map(({ name, cached, error }) => {
    // What else was under way when a step failed is a matter of time.
    const isError = error !== "" && !error.includes("context canceled");
    // BuildKit marks a base only when something had to be made on it, and names it after any of the stages that have it.
    const base = /^(?:\[.+ +\d+\/\d+\] )?(FROM .*)/.exec(name);
    if (base !== null) return `[…] ${base[1]}`;
    if (/^\[ *1\/\d+\] FROM /.test(name)) return name;
    return `${isError ? "ERROR " : cached && !isFailed ? "CACHED " : ""}${name}`;
  });
  const output: Record<string, string> = {};
  for (const stream of [1, 2])
    for (const log of told.logs) {
      if (log.stream !== stream) continue;
      const name = told.vertexes.get(log.vertex)?.name ?? log.vertex;
      output[name] = mask((output[name] ?? "") + log.text);
    }
  return {
    steps: [...new Set(names.map(mask))].toSorted(),
    warnings: told.warnings.toSorted(),
    output,
    ...(told.error !== undefined && { error: mask(told.error) }),
  };
}

/** Marks of a build without the cache: BuildKit takes `WORKDIR` from it all the same, when it has been there. */
export function withoutMarks(steps: readonly string[]): readonly string[] {
  return [...new Set(steps.map((step) => step.replace(/^CACHED /, "")))].toSorted();
}

/** Ids of BuildKit's snapshots are random, times are times. */
function mask(text: string): string {
  return text
    .replace(/\bref [-a-z0-9]+::[a-z0-9]+/g, "ref REF")
    .replace(/\/var\/lib\/docker\/\S+?\/merged\b/g, "")
    .replace(/\b[0-9a-f]{64}\b/g, "HEX");
}

/** Where they differ. */
export function differences(theirs: unknown, ours: unknown, path = ""): readonly Difference[] {
  if (isObject(theirs) && isObject(ours)) {
    const keys = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].toSorted();
    return keys.flatMap((key) => differences(theirs[key], ours[key], path === "" ? key : `${path}.${key}`));
  }
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    const isSet = SETS.test(path);
    if (!isSet && theirs.length === ours.length)
      return theirs.flatMap((item, index) => differences(item, ours[index], `${path}[${index}]`));
    const missing = theirs.filter((item) => !includes(ours, item));
    const extra = ours.filter((item) => !includes(theirs, item));
    if (missing.length + extra.length > 0) return [{ path, theirs: missing, ours: extra }];
  }
  return JSON.stringify(theirs) === JSON.stringify(ours) ? [] : [{ path, theirs, ours }];
}

/** Lists that are sorted: what is in only one of two counts. */
const SETS = /^(?:layers\[\d+\]|steps|again|warnings)$/;

export interface Difference {
  readonly path: string;
  readonly theirs: unknown;
  readonly ours: unknown;
}

/** `path: Docker's | ours` */
export function formatDifference({ path, theirs, ours }: Difference): string {
  return `${path}: ${JSON.stringify(theirs) ?? "(absent)"} | ${JSON.stringify(ours) ?? "(absent)"}`;
}

function includes(list: readonly unknown[], item: unknown): boolean {
  return list.some((other) => JSON.stringify(other) === JSON.stringify(item));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
