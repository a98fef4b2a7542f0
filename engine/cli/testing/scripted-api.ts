import type { EngineFetch, EngineRequest, EngineResponse } from "../../api/app.ts";
import { collect, decodeUtf8, encodeUtf8, streamOf } from "../../base/streams.ts";

/** One answer: JSON, lines of JSON, or bytes. */
export interface ScriptedAnswer {
  /** 200 when it is not given. */
  readonly status?: number;
  readonly json?: unknown;
  readonly lines?: readonly unknown[];
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers by `METHOD /path`, without the version and the query. A list is used up one by one, its last item stays. */
export type ApiScript = Readonly<Record<string, ScriptedAnswer | readonly ScriptedAnswer[]>>;

/** Docker's API as a table of answers, for what a command asks and what it makes of what it is told. */
export class ScriptedApi {
  /** What was asked: `POST /volumes/create {"Name":"data"}`; a registry's credentials are shown decoded. */
  readonly requests: string[] = [];
  readonly fetch: EngineFetch = (request) => this.#answer(request);
  readonly #script: ApiScript;
  readonly #used = new Map<string, number>();

  constructor(script: ApiScript) {
    this.#script = script;
  }

  async #answer(request: EngineRequest): Promise<EngineResponse> {
    const path = request.path.replace(/^\/v\d+\.\d+/, "");
    this.requests.push(
      `${request.method} ${path}${queryText(request.query)}${await bodyText(request)}${authText(request)}`,
    );
    const key = `${request.method} ${path}`;
    const answers = this.#script[key] ?? { status: 404, json: { message: `page not found: ${key}` } };
    const list = Array.isArray(answers) ? (answers as readonly ScriptedAnswer[]) : [answers as ScriptedAnswer];
    const count = this.#used.get(key) ?? 0;
    this.#used.set(key, count + 1);
    return toResponse(list[Math.min(count, list.length - 1)] as ScriptedAnswer);
  }
}

function toResponse({ status = 200, json, lines, body, headers = {} }: ScriptedAnswer): EngineResponse {
  const text = json === undefined ? lines?.map((line) => `${JSON.stringify(line)}\n`).join("") : JSON.stringify(json);
  const bytes = text === undefined ? (typeof body === "string" ? encodeUtf8(body) : body) : encodeUtf8(text);
  const type = text === undefined ? "application/octet-stream" : "application/json";
  return {
    status,
    headers: new Map(Object.entries({ ...(bytes && { "content-type": type }), ...headers })),
    body: bytes && streamOf(bytes),
  };
}

function queryText(query: URLSearchParams): string {
  const sorted = new URLSearchParams(query);
  sorted.sort();
  const text = [...sorted].map(([name, value]) => `${name}=${value}`).join("&");
  return text === "" ? "" : `?${text}`;
}

/** JSON with sorted keys; of other bodies their size, or their text when there is little. */
async function bodyText({ body, headers }: EngineRequest): Promise<string> {
  if (body === undefined) return "";
  const bytes = await collect(body);
  if (bytes.length === 0) return "";
  if (headers.get("content-type") === "application/json") return ` ${sortedJson(JSON.parse(decodeUtf8(bytes)))}`;
  return bytes.length < 100 ? ` <${decodeUtf8(bytes)}>` : ` <${bytes.length} bytes>`;
}

function authText({ headers }: EngineRequest): string {
  const auth = headers.get("x-registry-auth");
  if (auth === undefined) return "";
  const text = atob(auth.replaceAll("-", "+").replaceAll("_", "/"));
  return text === "{}" ? "" : ` auth:${sortedJson(JSON.parse(text))}`;
}

/** Keys in order, without what is empty: what a server cannot tell from what is left out. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (item === null || typeof item !== "object" || Array.isArray(item)) return item;
    const entries = Object.entries(item).filter(([, field]) => !isEmpty(field));
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && Object.values(value).every(isEmpty);
}
