import { EngineError, messageOf } from "../base/errors.ts";

/** A platform as the API's `platform` parameters carry it: JSON of the OCI specification's shape. */
export interface QueryPlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** @throws EngineError invalid-argument, in Docker's words */
export function parseQueryPlatform(text: string): QueryPlatform {
  const { os, architecture, variant } = parseObject(text);
  const hasVariant = typeof variant === "string" && variant !== "";
  if (typeof os !== "string" || typeof architecture !== "string" || os === "" || architecture === "") {
    const isLone = hasVariant && !os && !architecture;
    const lone = "optional platform fields provided, but OS and Architecture are missing";
    throw new EngineError("invalid-argument", isLone ? lone : "both OS and Architecture must be provided");
  }
  return { os, architecture, ...(hasVariant && { variant }) };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  const fail = (reason: string, cause?: unknown): never => {
    throw new EngineError("invalid-argument", `failed to parse platform: ${reason}`, { cause });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const isCut = /end of JSON|Expected property name|Unterminated/.test(messageOf(cause));
    const character = `invalid character '${text.trim()[0]}' looking for beginning of value`;
    return fail(isCut ? "unexpected end of JSON input" : character, cause);
  }
  if (value === null) return {};
  const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  if (kind !== "object") return fail(`json: cannot unmarshal ${kind} into Go value of type v1.Platform`);
  return value as Readonly<Record<string, unknown>>;
}
