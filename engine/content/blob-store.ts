import type { ByteStream } from "../base/streams.ts";
import type { Digest } from "../oci/digest.ts";

/**
 * Immutable bytes by digest (after containerd's `core/content`). A blob is visible only once it is whole and its digest verified:
 * a crash, a reload or a full disk in the middle of an ingest leaves nothing but a resumable partial ingest.
 */
export interface BlobStore {
  /** Size in bytes, or undefined when the blob is not here. */
  stat(digest: Digest): Promise<{ readonly sizeBytes: number } | undefined>;
  /** Content, or a range of it. @throws EngineError not-found */
  open(digest: Digest, range?: { offset: number; length?: number }): Promise<ByteStream>;
  /**
   * Opens an ingest. One writer per digest at a time: a second caller gets EngineError `conflict` (callers share work above this).
   * What an earlier, broken ingest of the same digest wrote is kept: continue at `offsetBytes`.
   */
  ingest(digest: Digest): Promise<Ingest>;
  /** Missing is fine. */
  delete(digest: Digest): Promise<void>;
  list(): AsyncIterable<{ readonly digest: Digest; readonly sizeBytes: number }>;
}

export interface Ingest extends AsyncDisposable {
  /** Bytes already here. */
  readonly offsetBytes: number;
  /** @throws EngineError `unavailable` when storage is full; what was written stays resumable. */
  write(chunk: Uint8Array): Promise<void>;
  /** Drops what was written and starts over at 0. */
  truncate(): Promise<void>;
  /** Verifies digest (and size when given) and makes the blob visible. On mismatch everything written is dropped. @throws EngineError invalid-argument */
  commit(expected?: { sizeBytes?: number }): Promise<void>;
  // [Symbol.asyncDispose]: releases the writer; partial bytes stay for a later ingest.
}
