import { EngineError, messageOf, type ErrorKind } from "../base/errors.ts";
import type { EngineResponse } from "./app.ts";
import { json } from "./responses.ts";

const STATUS: Readonly<Record<ErrorKind, number>> = {
  "invalid-argument": 400,
  unauthorized: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  "not-modified": 304,
  internal: 500,
  "not-implemented": 501,
  unavailable: 503,
};

/** The HTTP status of anything that was thrown; bugs are 500. */
function statusOf(error: unknown): number {
  return error instanceof EngineError ? STATUS[error.kind] : 500;
}

/** `{"message": "…"}`, or an empty 304. */
export function errorResponse(error: unknown): EngineResponse {
  const status = statusOf(error);
  if (status === 304) return { status, headers: new Map(), body: undefined };
  return json({ message: messageOf(error) }, status);
}
