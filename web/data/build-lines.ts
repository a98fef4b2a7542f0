import type { BuildRecord, BuildStep } from "./build-records.ts";
import { WORKSPACE } from "./workspace-files.ts";

/** A step beside the lines that it came from, as they are now. */
export interface StepLine {
  readonly step: BuildStep;
  readonly startLine: number;
  readonly endLine: number;
  /** It or something above it has been changed since: the next build may do something else here. */
  readonly isStale: boolean;
}

/** The latest build of a file of the workspace (records are newest first). A build that does not say where it was is told by its text. */
export function latestBuild(
  records: readonly BuildRecord[],
  path: string,
  currentText: string,
): BuildRecord | undefined {
  return records.find((record) => {
    const { contextPath, dockerfile } = record;
    if (contextPath === undefined) {
      return lastName(dockerfile.name) === lastName(path) && firstLine(dockerfile.text) === firstLine(currentText);
    }
    return absolute(contextPath, dockerfile.name) === `${WORKSPACE}/${path}`;
  });
}

/**
 * Where the steps of a build stand in a text that may have been edited since. Lines that begin both texts are the same; so are lines
 * that end both, wherever they have moved to; a step that touches anything between has no place any more.
 */
export function stepLines(record: BuildRecord, currentText: string): readonly StepLine[] {
  const before = record.dockerfile.text.split("\n");
  const now = currentText.split("\n");
  const shorter = Math.min(before.length, now.length);
  let head = 0;
  while (head < shorter && before[head] === now[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
  const isEdited = head < before.length || head < now.length;
  const shift = now.length - before.length;
  return record.steps.flatMap((step): StepLine[] => {
    const { startLine, endLine } = step;
    if (startLine < 1) return [];
    if (endLine <= head) return [{ step, startLine, endLine, isStale: false }];
    if (startLine > before.length - tail) {
      return [{ step, startLine: startLine + shift, endLine: endLine + shift, isStale: isEdited }];
    }
    // An edit within the line itself: the step stays beside it, as what it was.
    return shift === 0 ? [{ step, startLine, endLine, isStale: true }] : [];
  });
}

function absolute(directory: string, name: string): string {
  const whole = name.startsWith("/") ? name : `${directory}/${name}`;
  const parts: string[] = [];
  for (const part of whole.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

const lastName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const firstLine = (text: string): string =>
  text.split("\n").find((line) => line.trim() !== "" && !line.startsWith("#")) ?? "";
