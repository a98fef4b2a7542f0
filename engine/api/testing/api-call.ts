import { collectText, encodeUtf8, streamOf } from "../../base/streams.ts";
import type { EngineFetch, EngineRequest, EngineResponse } from "../app.ts";

export interface CallOptions {
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly text?: string;
  readonly body?: ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface CallResult {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  /** The text as JSON, undefined when it is none. */
  readonly json: unknown;
}

/** One request, written as in an access log: `POST /v1.50/containers/create?name=web`. The answer's body is not read. */
export function open(app: EngineFetch, request: string, options: CallOptions = {}): Promise<EngineResponse> {
  const [method = "", target = ""] = request.split(" ");
  const [path = "", query = ""] = target.split("?");
  const text = options.json === undefined ? options.text : JSON.stringify(options.json);
  const body = options.body ?? (text === undefined ? undefined : streamOf(encodeUtf8(text)));
  const length: readonly [string, string][] =
    text === undefined ? [] : [["content-length", String(encodeUtf8(text).length)]];
  const type: readonly [string, string][] = options.json === undefined ? [] : [["content-type", "application/json"]];
  const engineRequest: EngineRequest = {
    method,
    path,
    query: new URLSearchParams(query),
    headers: new Map([...length, ...type, ...Object.entries(options.headers ?? {})]),
    body,
    ...(options.signal && { signal: options.signal }),
  };
  return app(engineRequest);
}

/** The same, with the whole answer. */
export async function call(app: EngineFetch, request: string, options: CallOptions = {}): Promise<CallResult> {
  const response = await open(app, request, options);
  const text = response.body ? await collectText(response.body) : "";
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
