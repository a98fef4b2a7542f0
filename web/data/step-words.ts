import { strings } from "../strings.ts";
import type { IconName } from "../styles/icons.ts";
import type { BuildRecord, BuildStep, StepStatus } from "./build-records.ts";
import type { StepLine } from "./build-lines.ts";
import { formatBytes, formatSeconds } from "./format.ts";

/** What changes only the image's settings is done at once, and its time says nothing. */
const AT_ONCE_MS = 5;

/** What stands for a step's state, beside its words. */
export const STEP_ICONS: Readonly<Record<StepStatus, IconName>> = {
  pending: "dot",
  running: "clock",
  cached: "layers",
  done: "check",
  failed: "close",
  canceled: "stop",
};

/** How long a step took, or `cached`; of one that runs, how long it has. */
export function stepTime({ status, startedMs, completedMs }: BuildStep, nowMs: number): string {
  const words = strings.build.steps;
  if (status === "cached") return words.cached;
  if (status === "pending" || startedMs === undefined) return "";
  const milliseconds = Math.max(0, (completedMs ?? nowMs) - startedMs);
  return completedMs !== undefined && milliseconds < AT_ONCE_MS ? "" : formatSeconds(milliseconds);
}

/** The size of its layer; nothing for a step that makes none. */
export function stepSize({ sizeBytes }: BuildStep): string {
  return sizeBytes === undefined ? "" : formatBytes(sizeBytes);
}

/** Everything about a step in one sentence. */
export function stepSentence({ step, startLine, isStale }: StepLine, nowMs: number): string {
  const words = strings.build.steps;
  const time = step.status === "cached" ? "" : stepTime(step, nowMs);
  const parts = [
    words.line(startLine, step.text),
    [words.states[step.status], time].filter(Boolean).join(" "),
    step.sizeBytes === undefined ? "" : words.layer(formatBytes(step.sizeBytes)),
    step.wasteBytes ? words.waste(formatBytes(step.wasteBytes)) : "",
    isStale ? words.stale : "",
  ];
  return parts.filter(Boolean).join(", ");
}

/** A build in a few words. */
export function buildSentence(record: BuildRecord, nowMs: number): string {
  const words = strings.build;
  const time = formatSeconds(Math.max(0, (record.completedMs ?? nowMs) - record.startedMs));
  const cached = record.steps.filter((step) => step.status === "cached").length;
  const sizeBytes = record.steps.reduce((sum, step) => sum + (step.sizeBytes ?? 0), 0);
  if (record.status === "running") {
    const done = record.steps.filter((step) => step.status === "cached" || step.status === "done").length;
    return words.running(time, done, record.steps.length);
  }
  if (record.status === "failed") return words.failed(record.error?.message ?? "", time);
  if (record.status === "canceled") return words.canceled(time);
  return words.completed(time, cached, formatBytes(sizeBytes));
}
