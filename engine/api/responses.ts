import { encodeUtf8, streamOf } from "../base/streams.ts";
import { encodeGoJson } from "../wire/go-json.ts";
import type { EngineResponse } from "./app.ts";

const JSON_TYPE = "application/json";

/** One JSON document, with Go's newline behind it. */
export function json(value: unknown, status = 200): EngineResponse {
  const body = encodeUtf8(`${encodeGoJson(value)}\n`);
  const headers = new Map([
    ["content-type", JSON_TYPE],
    ["content-length", String(body.length)],
  ]);
  return { status, headers, body: streamOf(body) };
}

/** No body: 204, or 200/201 with length 0. */
export function empty(status = 204): EngineResponse {
  return { status, headers: status === 204 ? new Map() : new Map([["content-length", "0"]]), body: undefined };
}
