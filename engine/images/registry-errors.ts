/**
 * A registry's refusals in Docker's words.
 * The texts and what is tried again: moby `daemon/internal/distribution/errors.go`, distribution `registry/client/errors.go`, and dockerd 28.5
 * asked with a registry that fails in each of these ways.
 */
import { EngineError, type ErrorKind } from "../base/errors.ts";
import { collectText } from "../base/streams.ts";
import { familiarName, formatFamiliar, type Reference } from "../oci/reference.ts";

/** An error of a transfer, with what the caller needs to decide what to do next. */
export class RegistryError extends EngineError {
  /** Another endpoint of the same registry may do better. */
  readonly tryNext: boolean;
  /** The same request may work later. */
  readonly retryable: boolean;
  /** No answer came: the network, a firewall, or CORS. */
  readonly unreachable: boolean;
  /** What the registry itself said, without what Docker puts around it: `denied: requested access to the resource is denied`. */
  readonly detail: string;

  constructor(kind: ErrorKind, message: string, options: ErrorOptions & RegistryErrorTraits = {}) {
    super(kind, message, options);
    this.name = "EngineError";
    this.tryNext = options.tryNext ?? false;
    this.retryable = options.retryable ?? false;
    this.unreachable = options.unreachable ?? false;
    this.detail = options.detail ?? message;
  }
}

interface RegistryErrorTraits {
  readonly tryNext?: boolean;
  readonly retryable?: boolean;
  readonly unreachable?: boolean;
  readonly detail?: string;
}

interface CodedError {
  readonly code: string;
  readonly message: string;
}

/** distribution `registry/api/errcode` and `api/v2`: what a code says when the server adds nothing. */
const MESSAGES: Readonly<Record<string, string>> = {
  UNAUTHORIZED: "authentication required",
  DENIED: "requested access to the resource is denied",
  MANIFEST_UNKNOWN: "manifest unknown",
  NAME_UNKNOWN: "repository name not known to registry",
  BLOB_UNKNOWN: "blob unknown to registry",
  TOOMANYREQUESTS: "too many requests",
  UNSUPPORTED: "The operation is unsupported.",
  UNAVAILABLE: "service unavailable",
  UNKNOWN: "unknown error",
};

const BODY_LIMIT = 64 << 10;

/** Reads a failed response. @param isMirror plain files answer 404 with a page of their own */
export async function errorOfResponse(
  response: Response,
  reference: Reference,
  isMirror: boolean,
): Promise<RegistryError> {
  const { status } = response;
  if (status < 400 || status >= 500) {
    await response.body?.cancel();
    const text =
      `received unexpected HTTP status: ${status} ${response.statusText || STATUS_TEXTS[status] || ""}`.trim();
    return new RegistryError("internal", text, { retryable: true, tryNext: true });
  }
  const body = response.body ? await collectText(response.body, BODY_LIMIT).catch(() => "") : "";
  const challenged = challengeError(response.headers.get("www-authenticate"));
  return errorOfCode(challenged ?? codedError(body) ?? guess(status, body, isMirror), reference);
}

/** @param reference what was asked for, for the message */
export function errorOfCode({ code, message }: CodedError, reference: Reference): RegistryError {
  const detail = `${code.toLowerCase().replaceAll("_", " ")}: ${message || MESSAGES[code] || ""}`;
  const tryNext = true;
  switch (code) {
    case "MANIFEST_UNKNOWN":
      return new RegistryError("not-found", `manifest for ${formatFamiliar(reference)} not found: ${detail}`, {
        tryNext,
        detail,
      });
    case "NAME_UNKNOWN":
      return new RegistryError("not-found", `repository ${familiarName(reference)} not found: ${detail}`, {
        tryNext,
        detail,
      });
    case "DENIED": {
      const text = `pull access denied for ${familiarName(reference)}, repository does not exist or may require 'docker login': ${detail}`;
      return new RegistryError("not-found", text, { tryNext, detail });
    }
    case "BLOB_UNKNOWN":
      return new RegistryError("not-found", "unknown blob");
    case "UNAUTHORIZED":
      return new RegistryError("unauthorized", detail, { tryNext });
    case "TOOMANYREQUESTS":
      return new RegistryError("unavailable", detail, { retryable: true });
    default:
      return new RegistryError("internal", detail, { tryNext });
  }
}

/** The network's failure as Go's HTTP client puts it: `Get "https://…/v2/": dial tcp: …`. */
export function networkError(url: string, cause: unknown, reason: string): RegistryError {
  return new RegistryError("internal", `Get "${url}": ${reason}`, {
    cause,
    retryable: true,
    tryNext: true,
    unreachable: true,
  });
}

/** Node tells why; a browser deliberately does not (then undefined). */
export function nodeNetworkReason(error: unknown): string | undefined {
  const given = error instanceof Error ? error.cause : undefined;
  // A name with several addresses: the last one that was tried.
  const cause: unknown = given instanceof AggregateError ? given.errors.at(-1) : given;
  const { code, address, port, hostname } = (cause ?? {}) as {
    code?: string;
    address?: string;
    port?: number;
    hostname?: string;
  };
  const place = address === undefined ? "" : ` ${address}:${port}`;
  switch (code) {
    case undefined:
      return undefined;
    case "ECONNREFUSED":
      return `dial tcp${place}: connect: connection refused`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `dial tcp: lookup ${hostname ?? "host"}: no such host`;
    case "ENETUNREACH":
      return `dial tcp${place}: connect: network is unreachable`;
    case "ECONNRESET":
    case "UND_ERR_SOCKET":
      return "EOF";
    default:
      return cause instanceof Error ? cause.message : code;
  }
}

/** RFC 6750 §3: an error inside the challenge wins over the body. */
function challengeError(header: string | null): CodedError | undefined {
  const parameter = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(header ?? "")?.[1] ?? "";
  if (!header || !/^bearer /i.test(header)) return undefined;
  const message = parameter("error_description");
  if (parameter("error") === "insufficient_scope") return { code: "DENIED", message };
  return parameter("error") === "invalid_token" ? { code: "UNAUTHORIZED", message } : undefined;
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
function codedError(body: string): CodedError | undefined {
  try {
    const { errors } = JSON.parse(body) as { errors?: readonly { code?: unknown; message?: unknown }[] };
    const first = Array.isArray(errors) ? errors[0] : undefined;
    if (typeof first?.code !== "string") return undefined;
    return { code: first.code, message: typeof first.message === "string" ? first.message : "" };
  } catch {
    return undefined;
  }
}

function guess(status: number, body: string, isMirror: boolean): CodedError {
  const message = body.trim().slice(0, 200);
  if (status === 401) return { code: "UNAUTHORIZED", message };
  if (status === 403) return { code: "DENIED", message };
  if (status === 429) return { code: "TOOMANYREQUESTS", message };
  if (status === 404) return { code: "MANIFEST_UNKNOWN", message: "" };
  return { code: isMirror ? "MANIFEST_UNKNOWN" : "UNKNOWN", message: isMirror ? "" : message };
}

/** HTTP/2 has no status text. */
const STATUS_TEXTS: Readonly<Record<number, string>> = {
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};
