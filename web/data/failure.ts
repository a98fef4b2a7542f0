import type { Failure } from "../worker-api.ts";
import type { AssetFailure } from "./asset-source.ts";

/** What the worker knows about an error besides the error. */
export interface FailureContext {
  assetFailure(error: unknown): AssetFailure | undefined;
  /** The kernel's console so far. */
  console(): string;
}

/** Tells which screen an error of the boot deserves. */
export function failureOf(error: unknown, context: FailureContext): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const console = context.console();
  const asset = context.assetFailure(error);
  if (asset) {
    const kind = asset.kind === "missing" ? "artifact-missing" : "artifact-unreachable";
    return { kind, message, path: asset.path };
  }
  const chain = causes(error);
  if (chain.some(isStorageFull)) return { kind: "storage-full", message };
  if (chain.some(isStorageError)) return { kind: "storage-broken", message };
  if (typeof WebAssembly !== "object") return { kind: "no-webassembly", message };
  return { kind: "boot-failed", message: chain.map((each) => each.message).join(": "), ...(console && { console }) };
}

/** True when an error, or what caused it, says that the browser's storage quota is used up. */
export function isStorageFull(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === "QuotaExceededError" || /\bquota\b|storage is full/i.test(error.message))
  );
}

const STORAGE_ERRORS = new Set([
  "InvalidStateError",
  "VersionError",
  "SecurityError",
  "UnknownError",
  "NotReadableError",
]);

function isStorageError(error: Error): boolean {
  return STORAGE_ERRORS.has(error.name) || /indexeddb/i.test(error.message);
}

function causes(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let current = error; current instanceof Error && chain.length < 10; current = current.cause) chain.push(current);
  return chain;
}
