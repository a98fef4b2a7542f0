/** What all blob stores agree on: how a range is read, and the words of the errors. */
import { EngineError } from "../base/errors.ts";
import type { Digest } from "../oci/digest.ts";

/** A requested range, cut to what there is. */
export function clampRange(
  sizeBytes: number,
  range: { offset: number; length?: number } = { offset: 0 },
): { start: number; end: number } {
  const start = Math.min(Math.max(0, range.offset), sizeBytes);
  return { start, end: Math.min(sizeBytes, start + Math.max(0, range.length ?? Infinity)) };
}

export function notFound(digest: Digest): EngineError {
  return new EngineError("not-found", `content ${digest}: not found`);
}

export function writerConflict(digest: Digest): EngineError {
  return new EngineError("conflict", `content ${digest}: is being written by someone else`);
}

/** containerd's wording, which clients see when a download was corrupted. */
function digestMismatch(expected: Digest, actual: Digest): EngineError {
  return new EngineError(
    "invalid-argument",
    `unexpected commit digest ${actual}, expected ${expected}: failed precondition`,
  );
}

function sizeMismatch(digest: Digest, expected: number, actual: number): EngineError {
  return new EngineError(
    "invalid-argument",
    `content ${digest}: unexpected commit size ${actual}, expected ${expected}: failed precondition`,
  );
}

/**
 * The error of a commit, or undefined when it may happen.
 * @param expected what the caller promised and what the name says
 */
export function commitError(
  expected: { readonly digest: Digest; readonly sizeBytes?: number | undefined },
  actual: { readonly digest: Digest; readonly sizeBytes: number },
): EngineError | undefined {
  if (expected.sizeBytes !== undefined && expected.sizeBytes !== actual.sizeBytes) {
    return sizeMismatch(expected.digest, expected.sizeBytes, actual.sizeBytes);
  }
  return expected.digest === actual.digest ? undefined : digestMismatch(expected.digest, actual.digest);
}
