import { EngineError, isKind } from "../base/errors.ts";
import { collectText } from "../base/streams.ts";
import { compareVersions } from "../wire/version.ts";
import type { EngineRequest } from "./app.ts";

/** A request whose path has been matched. */
export interface ApiRequest extends EngineRequest {
  /** Values of `{name}` in the route's path, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The API version the client speaks. */
  readonly version: string;
}

/** Docker's booleans: everything but empty, `0`, `no`, `false` and `none` is true. */
export function queryBoolean({ query }: ApiRequest, name: string): boolean {
  const text = (query.get(name) ?? "").trim().toLowerCase();
  return !["", "0", "no", "false", "none"].includes(text);
}

/** Undefined when it is not there. @throws EngineError internal, as in Docker, for what is no number */
export function queryInteger({ query }: ApiRequest, name: string): number | undefined {
  const text = query.get(name) ?? "";
  if (text === "") return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw new EngineError("internal", `strconv.Atoi: parsing "${text}": invalid syntax`);
  const value = BigInt(text.replace("+", ""));
  if (value !== BigInt.asIntN(64, value))
    throw new EngineError("internal", `strconv.Atoi: parsing "${text}": value out of range`);
  return Number(value);
}

/** The value of a `{name}` of the route. */
export function param({ params }: ApiRequest, name: string): string {
  return params[name] ?? "";
}

/** moby's `api/server/httputils`, CheckForJSON. */
function checkForJson(contentType: string): void {
  if (/^\s*application\/json\s*(?:;|$)/i.test(contentType)) return;
  const problem =
    contentType === ""
      ? "malformed Content-Type header (): mime: no media type"
      : `unsupported Content-Type header (${contentType}): must be 'application/json'`;
  throw new EngineError("invalid-argument", problem);
}

export function isAtLeast(request: ApiRequest, version: string): boolean {
  return compareVersions(request.version, version) >= 0;
}

/**
 * The whole body as text, of a request that has JSON if anything (at most 8 MiB).
 * @throws EngineError invalid-argument when it is said to be something else
 */
export async function bodyText({ body, headers }: EngineRequest): Promise<string> {
  if (body === undefined) return "";
  const text = await collectText(body, 8 << 20).catch((cause: unknown) => {
    if (cause instanceof RangeError) throw new EngineError("invalid-argument", "request body too large", { cause });
    // Cut off or badly chunked.
    if (isKind(cause, "invalid-argument"))
      throw new EngineError("invalid-argument", `invalid JSON: ${cause.message}`, { cause });
    throw cause;
  });
  if (text !== "") checkForJson(headers.get("content-type") ?? "");
  return text;
}
