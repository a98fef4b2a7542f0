import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildStatusModel } from "../../../wire/build-status.ts";

const TESTDATA = join(import.meta.dirname, "..", "..", "testdata", "build");

/** BuildKit's own `SolveStatus` in JSON. */
interface SolveStatus {
  readonly vertexes?: readonly { digest: string; inputs?: string[]; name: string; started?: string; completed?: string; cached?: boolean; error?: string }[]; // prettier-ignore
  readonly statuses?: readonly { id: string; vertex: string; current: number; total?: number; timestamp: string; started?: string; completed?: string }[]; // prettier-ignore
  readonly logs?: readonly { vertex: string; stream: number; data: string; timestamp: string }[];
}

/** What `docker build --progress rawjson` of buildx 0.29 wrote, with the moment of each line. */
export function recordedStatuses(
  name: string,
): readonly { readonly status: BuildStatusModel; readonly atMs: number }[] {
  const text = readRecording(`${name}.statuses`);
  let atMs = timeOf(/"started":"([^"]*)"/.exec(text)?.[1] ?? "");
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const { vertexes = [], statuses = [], logs = [] } = JSON.parse(line) as SolveStatus;
      const moments = [...vertexes.flatMap((vertex) => [vertex.started, vertex.completed]), ...[...statuses, ...logs].map(({ timestamp }) => timestamp)]; // prettier-ignore
      atMs = Math.max(atMs, ...moments.map((moment) => (moment === undefined ? 0 : timeOf(moment))));
      const status: BuildStatusModel = {
        vertexes: vertexes.map(({ inputs = [], started, completed, ...vertex }) => ({ ...vertex, inputs, ...times(started, completed) })), // prettier-ignore
        statuses: statuses.map(({ total = 0, timestamp, started, completed, ...part }) => ({ ...part, total, timestampMs: timeOf(timestamp), ...times(started, completed) })), // prettier-ignore
        logs: logs.map(({ vertex, stream, data, timestamp }) => ({ vertex, stream: stream === 2 ? "stderr" : "stdout", bytes: Buffer.from(data, "base64"), timestampMs: timeOf(timestamp) })), // prettier-ignore
      };
      return { status, atMs };
    });
}

export function readRecording(file: string): string {
  return readFileSync(join(TESTDATA, file), "utf8");
}

/** With the fraction of a millisecond. */
function timeOf(text: string): number {
  const [, seconds = "", fraction = "0"] = /^(.*?)(?:\.(\d+))?Z$/.exec(text) ?? [];
  return Date.parse(`${seconds}Z`) + Number(`0.${fraction}`) * 1000;
}

function times(started: string | undefined, completed: string | undefined): object {
  return {
    ...(started !== undefined && { startedMs: timeOf(started) }),
    ...(completed !== undefined && { completedMs: timeOf(completed) }),
  };
}
