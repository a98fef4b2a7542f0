import { number, object, objects, optionalNumber, text, texts, type Fields } from "./fields.ts";

/** A build, as `/drydock/builds` tells it (`engine/build/build-record.ts`). Times: milliseconds since the epoch. */
export interface BuildRecord {
  readonly id: string;
  readonly status: "running" | "completed" | "failed" | "canceled";
  readonly startedMs: number;
  readonly completedMs: number | undefined;
  readonly error: { readonly message: string; readonly line: number | undefined } | undefined;
  readonly dockerfile: { readonly name: string; readonly text: string };
  readonly contextPath: string | undefined;
  readonly tags: readonly string[];
  /** Of the image it made. */
  readonly image: string | undefined;
  readonly steps: readonly BuildStep[];
}

export type StepStatus = "pending" | "running" | "cached" | "done" | "failed" | "canceled";

export interface BuildStep {
  readonly index: number;
  readonly stage: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly text: string;
  readonly status: StepStatus;
  readonly startedMs: number | undefined;
  readonly completedMs: number | undefined;
  readonly layer: string | undefined;
  readonly sizeBytes: number | undefined;
  readonly wasteBytes: number | undefined;
  /** The state after it is kept: it can be looked at, and a shell can be had in it. */
  readonly hasState: boolean;
}

const BUILD_STATUSES = ["running", "completed", "failed", "canceled"] as const;
const STEP_STATUSES = ["pending", "running", "cached", "done", "failed", "canceled"] as const;

/** Undefined for what is no record. */
export function buildRecord(value: unknown): BuildRecord | undefined {
  const fields = object(value);
  const id = text(fields["Id"] ?? fields["ID"]);
  if (id === "") return undefined;
  const dockerfile = object(fields["Dockerfile"]);
  const error = object(fields["Error"]);
  return {
    id,
    status: BUILD_STATUSES.find((each) => each === fields["Status"]) ?? "failed",
    startedMs: number(fields["StartedMs"]),
    completedMs: optionalNumber(fields["CompletedMs"]),
    error: text(error["Message"])
      ? { message: text(error["Message"]), line: optionalNumber(error["Line"]) }
      : undefined,
    dockerfile: { name: text(dockerfile["Name"]), text: text(dockerfile["Text"]) },
    contextPath: text(fields["ContextPath"]) || undefined,
    tags: texts(fields["Tags"]),
    image: text(fields["Image"]) || undefined,
    steps: objects(fields["Steps"]).map(buildStep),
  };
}

function buildStep(fields: Fields): BuildStep {
  const range = object(fields["Range"]);
  return {
    index: number(fields["Index"]),
    stage: text(fields["Stage"]),
    startLine: number(range["Start"]),
    endLine: number(range["End"]),
    text: text(fields["Text"]),
    status: STEP_STATUSES.find((each) => each === fields["Status"]) ?? "pending",
    startedMs: optionalNumber(fields["StartedMs"]),
    completedMs: optionalNumber(fields["CompletedMs"]),
    layer: text(fields["Layer"]) || undefined,
    sizeBytes: optionalNumber(fields["SizeBytes"]),
    wasteBytes: optionalNumber(fields["WasteBytes"]),
    hasState: fields["HasState"] === true,
  };
}
