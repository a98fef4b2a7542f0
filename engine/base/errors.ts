/** What a caller can do about an error; one table maps it to an HTTP status, one to an exit code. */
export type ErrorKind =
  | "invalid-argument"
  | "not-found"
  | "conflict"
  | "not-modified"
  | "unauthorized"
  | "forbidden"
  | "not-implemented"
  | "unavailable"
  | "internal";

/**
 * An error that a person or a client is meant to read. `message` is Docker's own wording (`No such container: foo`).
 * Bugs are plain `Error`s.
 */
export class EngineError extends Error {
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EngineError";
    this.kind = kind;
  }
}

/** The error's message, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for an {@link EngineError} of one of these kinds. */
export function isKind(error: unknown, ...kinds: readonly ErrorKind[]): error is EngineError {
  return error instanceof EngineError && kinds.includes(error.kind);
}
