import type { EngineFetch, EngineResponse } from "../api/app.ts";
import { chunksOf, collectText, encodeUtf8, streamOf } from "../base/streams.ts";
import type { WireError } from "../wire/answers.ts";
import { API_VERSION } from "../wire/version.ts";

/** An error that the engine answered with. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** The engine's own words. */
  readonly reason: string;

  constructor(status: number, message: string) {
    super(`Error response from daemon: ${message}`);
    this.status = status;
    this.reason = message;
  }
}

export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 404;
}

export interface ApiCall {
  readonly method: "GET" | "POST" | "DELETE" | "HEAD" | "PUT";
  /** Without the version: `/containers/json`. */
  readonly path: string;
  /** Undefined and empty values, and false, are left out; true is `1`; a list is the name again and again. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  /** Sent as the body, or in front of `body`. */
  readonly json?: unknown;
  readonly body?: ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The Docker Engine API as a command needs it. */
export class Client {
  readonly #fetch: EngineFetch;
  readonly #signal: AbortSignal;

  /** `signal`: for calls that bring none of their own. */
  constructor(fetch: EngineFetch, signal: AbortSignal) {
    this.#fetch = fetch;
    this.#signal = signal;
  }

  /** @throws ApiError for a status of 400 and above */
  async call(call: ApiCall): Promise<EngineResponse> {
    const response = await this.#fetch({
      method: call.method,
      path: `/v${API_VERSION}${call.path}`,
      query: toQuery(call.query ?? {}),
      ...toBody(call),
      signal: call.signal ?? this.#signal,
    });
    // `..` as a name: real clients follow to a path that does not exist.
    if (response.status === 301) throw new ApiError(404, "page not found");
    if (response.status >= 400) throw new ApiError(response.status, await errorText(response));
    return response;
  }

  /** For calls whose answer says nothing. */
  async send(call: ApiCall): Promise<void> {
    const { body } = await this.call(call);
    await body?.cancel();
  }

  async json<T>(call: ApiCall): Promise<T> {
    const { body } = await this.call(call);
    return JSON.parse(body ? await collectText(body) : "null") as T;
  }
}

/** Percent-encodes a name for a path, keeping the slashes of image names. */
export function pathName(name: string): string {
  return encodeURIComponent(name).replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%40", "@");
}

/** `/containers/<name>`. @throws Error for an empty name, which would be another path */
export function containerPath(name: string): string {
  if (name.trim() === "") throw new Error("invalid container name or ID: value is empty");
  return `/containers/${pathName(name.trim())}`;
}

/** JSON documents of a streamed answer, one per line. */
export async function* jsonLinesOf<T>(
  body: ReadableStream<Uint8Array> | undefined,
  parse: (line: string) => T,
): AsyncGenerator<T, void, undefined> {
  if (body === undefined) return;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunksOf(body)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield parse(line);
  }
  if (rest.trim() !== "") yield parse(rest);
}

function toQuery(query: NonNullable<ApiCall["query"]>): URLSearchParams {
  const result = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const item of value as readonly string[]) result.append(name, item);
    else if (value !== undefined && value !== "" && value !== false)
      result.set(name, value === true ? "1" : String(value));
  }
  result.sort();
  return result;
}

function toBody({ json, body, headers = {} }: ApiCall): {
  headers: ReadonlyMap<string, string>;
  body: ReadableStream<Uint8Array> | undefined;
} {
  const all = new Map(Object.entries({ "user-agent": "Docker-Client/28.2.2 (linux)", ...headers }));
  if (json === undefined) return { headers: all, body };
  const bytes = encodeUtf8(JSON.stringify(json));
  all.set("content-type", "application/json").set("content-length", String(bytes.length));
  return { headers: all, body: body ? inFront(bytes, body) : streamOf(bytes) };
}

/** The document, then the stream: nothing of which is read before it is asked for. */
function inFront(first: Uint8Array, rest: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (reader === undefined) {
          reader = rest.getReader();
          return controller.enqueue(first);
        }
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => (reader ? reader.cancel(reason) : rest.cancel(reason)),
    },
    { highWaterMark: 0 },
  );
}

async function errorText(response: EngineResponse): Promise<string> {
  const text = response.body ? await collectText(response.body, 1 << 20) : "";
  try {
    return (JSON.parse(text) as WireError).message;
  } catch {
    return text.trim() || `request returned status ${response.status}`;
  }
}
