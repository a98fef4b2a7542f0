/** `--progress rawjson`: every status as a line of JSON, in the shape of BuildKit's `client.SolveStatus`. */
import { encodeBase64 } from "../../base/base64.ts";
import { encodeUtf8 } from "../../base/streams.ts";
import type { BuildStatusModel, SourceModel } from "../../wire/build-status.ts";
import { encodeGoJson } from "../../wire/go-json.ts";
import type { Display } from "./display.ts";

export class RawJsonDisplay implements Display {
  #out = "";

  update(status: BuildStatusModel): void {
    this.#out += `${encodeGoJson(toSolveStatus(status))}\n`;
  }

  draw(): string {
    const text = this.#out;
    this.#out = "";
    return text;
  }

  finish(): string {
    return this.draw();
  }
}

function toSolveStatus({ vertexes = [], statuses = [], logs = [], warnings = [] }: BuildStatusModel): object {
  const list = (name: string, items: readonly object[]): object => (items.length === 0 ? {} : { [name]: items });
  return {
    ...list(
      "vertexes",
      vertexes.map(({ digest, inputs, name, startedMs, completedMs, cached, error }) => ({
        digest,
        ...(inputs.length > 0 && { inputs }),
        name,
        ...times(startedMs, completedMs),
        ...(cached === true && { cached }),
        ...(error !== undefined && error !== "" && { error }),
      })),
    ),
    ...list(
      "statuses",
      statuses.map(({ id, vertex, current, total, timestampMs, startedMs, completedMs }) => ({
        id,
        vertex,
        ...(total !== 0 && { total }),
        current,
        timestamp: formatTime(timestampMs),
        ...times(startedMs, completedMs),
      })),
    ),
    ...list(
      "logs",
      logs.map(({ vertex, stream, bytes, timestampMs }) => ({
        vertex,
        stream: stream === "stderr" ? 2 : 1,
        data: encodeBase64(bytes),
        timestamp: formatTime(timestampMs),
      })),
    ),
    ...list(
      "warnings",
      warnings.map(({ vertex, level, short, detail, url, source }) => ({
        vertex,
        level,
        short: encodeBase64(encodeUtf8(short)),
        ...(detail.length > 0 && { detail: detail.map((line) => encodeBase64(encodeUtf8(line))) }),
        ...(url !== "" && { url }),
        ...(source && sourceFields(source)),
      })),
    ),
  };
}

function sourceFields({ fileName, data, ranges }: SourceModel): object {
  return {
    sourceInfo: { filename: fileName, data: encodeBase64(encodeUtf8(data)), language: "Dockerfile" },
    range: ranges.map(({ start, end }) => ({ start: { line: start }, end: { line: end } })),
  };
}

function times(startedMs: number | undefined, completedMs: number | undefined): object {
  return {
    ...(startedMs !== undefined && { started: formatTime(startedMs) }),
    ...(completedMs !== undefined && { completed: formatTime(completedMs) }),
  };
}

/** RFC 3339 with as many digits as are needed. */
function formatTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6));
  const fraction = nanoseconds === 0 ? "" : `.${String(nanoseconds).padStart(9, "0").replace(/0+$/, "")}`;
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction}Z`;
}
