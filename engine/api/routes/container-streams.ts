import { EngineError, messageOf } from "../../base/errors.ts";
import { concat, encodeUtf8, streamOf } from "../../base/streams.ts";
import type { Attachment, LogEntry, LogOptions, WaitCondition } from "../../containers/container-service.ts";
import { waitResult } from "../../wire/answers.ts";
import { encodeFrame, MULTIPLEXED_TYPE, RAW_TYPE } from "../../wire/stdcopy.ts";
import { formatTimeNs, parseTimestamp } from "../../wire/times.ts";
import { type ApiRequest, isAtLeast, param, queryBoolean } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import { errorResponse } from "../error-response.ts";
import { hijack } from "../hijack.ts";
import { empty } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";
import { clientGone, jsonLines, streamed } from "../streaming.ts";

/** What a container says and hears: attach, logs, wait, resize. */
export function containerStreamRoutes(services: Services): readonly Route[] {
  return [
    route("POST", "/containers/{id}/attach", (request) => attach(services, request)),
    route("GET", "/containers/{id}/attach/ws", (request) => attachWebSocket(services, request)),
    route("GET", "/containers/{id}/logs", (request) => logs(services, request)),
    route("POST", "/containers/{id}/wait", (request) => wait(services, request)),
    route("POST", "/containers/{id}/resize", (request) => resize(services, request)),
  ];
}

/** On a socket, Docker has taken the connection over before it looks for the container: an error is plain text. */
async function attach(services: Services, request: ApiRequest): Promise<EngineResponse> {
  try {
    return hijack(request, await attachmentOf(services, request));
  } catch (error) {
    if (request.input === undefined) throw error;
    const body = streamOf(encodeUtf8(`${messageOf(error)}\r\n`));
    return { status: errorResponse(error).status, headers: new Map([["content-type", RAW_TYPE]]), body, hijack: true };
  }
}

/** Both outputs unframed, in messages of a web socket (text before API 1.28). */
async function attachWebSocket(services: Services, request: ApiRequest): Promise<EngineResponse> {
  const attachment = await attachmentOf(services, request);
  const response = hijack(request, { ...attachment, tty: true });
  return { ...response, webSocket: isAtLeast(request, "1.28") ? "binary" : "text" };
}

function attachmentOf({ containers }: Services, request: ApiRequest): Promise<Attachment> | Attachment {
  const detachKeys = request.query.get("detachKeys") ?? "";
  return containers.attach(param(request, "id"), {
    stdin: queryBoolean(request, "stdin"),
    stdout: queryBoolean(request, "stdout"),
    stderr: queryBoolean(request, "stderr"),
    stream: queryBoolean(request, "stream"),
    logs: queryBoolean(request, "logs"),
    ...(detachKeys !== "" && { detachKeys }),
  });
}

function logs({ containers }: Services, request: ApiRequest): EngineResponse {
  const stdout = queryBoolean(request, "stdout");
  const stderr = queryBoolean(request, "stderr");
  if (!stdout && !stderr)
    throw new EngineError("invalid-argument", "Bad parameters: you must choose at least one stream");
  const container = containers.get(param(request, "id"));
  const gone = clientGone(request.signal);
  const options: LogOptions = {
    stdout,
    stderr,
    follow: queryBoolean(request, "follow"),
    details: queryBoolean(request, "details"),
    ...tailOf(request),
    ...timeOf(request, "since"),
    ...timeOf(request, "until"),
    signal: gone.signal,
  };
  const { tty } = container.config;
  const timestamps = queryBoolean(request, "timestamps");
  const body = streamed(
    containers.logs(container.id, options),
    (entries) => concat(entries.map((entry) => encodeEntry(entry, { tty, timestamps }))),
    gone,
  );
  const type = !tty && isAtLeast(request, "1.42") ? MULTIPLEXED_TYPE : RAW_TYPE;
  return { status: 200, headers: new Map([["content-type", type]]), body };
}

/** `2026-11-21T02:10:13.330130492Z label=value text`: what was asked for, in Docker's order. */
function encodeEntry(entry: LogEntry, { tty, timestamps }: { tty: boolean; timestamps: boolean }): Uint8Array {
  const before =
    (timestamps ? `${formatTimeNs(entry.timeNs)} ` : "") + (entry.details === undefined ? "" : `${entry.details} `);
  const bytes = before === "" ? entry.bytes : concat([encodeUtf8(before), entry.bytes]);
  return tty ? bytes : encodeFrame(entry.stream, bytes);
}

/** `all`, and what is not a number, is everything. */
function tailOf({ query }: ApiRequest): { tail?: number } {
  const text = query.get("tail") ?? "";
  return /^\d+$/.test(text) ? { tail: Number(text) } : {};
}

function timeOf({ query }: ApiRequest, name: "since" | "until"): { since?: number; until?: number } {
  const text = query.get(name) ?? "";
  if (text === "" || text === "0") return {};
  return { [name]: Number(parseTimestamp(text)) / 1e6 };
}

const CONDITIONS: readonly string[] = ["not-running", "next-exit", "removed"];

/** The headers go out before the end is known: the CLI starts the container only when it has seen them. */
function wait({ containers }: Services, request: ApiRequest): EngineResponse {
  const condition = request.query.get("condition") || "not-running";
  if (!CONDITIONS.includes(condition)) throw new EngineError("invalid-argument", `invalid condition: "${condition}"`);
  const container = containers.get(param(request, "id"));
  const gone = clientGone(request.signal);
  const result = containers.wait(container.id, condition as WaitCondition, { signal: gone.signal });
  result.catch(() => undefined);
  async function* answer(): AsyncGenerator<unknown, void, undefined> {
    try {
      const { exitCode, error } = await result;
      yield waitResult(exitCode, error);
    } catch (error) {
      if (!gone.signal.aborted) yield waitResult(-1, messageOf(error));
    }
  }
  return jsonLines(answer(), gone);
}

async function resize({ containers }: Services, request: ApiRequest): Promise<EngineResponse> {
  const { rows, columns } = sizeOf(request);
  await containers.resize(param(request, "id"), rows, columns);
  return empty(200);
}

/** @throws EngineError invalid-argument */
export function sizeOf(request: ApiRequest): { rows: number; columns: number } {
  return { rows: dimension(request, "h", "height"), columns: dimension(request, "w", "width") };
}

function dimension({ query }: ApiRequest, name: string, word: string): number {
  const text = query.get(name) ?? "";
  if (/^\d+$/.test(text) && Number(text) <= 0xff_ff) return Number(text);
  const reason = /^\d+$/.test(text) ? "value out of range" : "invalid syntax";
  throw new EngineError("invalid-argument", `invalid resize ${word} ${JSON.stringify(text)}: ${reason}`);
}
