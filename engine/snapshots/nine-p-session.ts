import type { Exports } from "./nine-p-exports.ts";
import type { FidTable } from "./nine-p-fids.ts";
import type { MessageReader, MessageWriter } from "./nine-p-messages.ts";

/** Told of every read of a file's content: X-ray and prefetch live on it. */
export type ReadTrace = (read: {
  readonly tree: string;
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}) => void;

export interface Session {
  readonly exports: Exports;
  readonly fids: FidTable;
  msize: number;
  readTrace: ReadTrace | undefined;
}

/** Reads a request's fields from `input`. */
export type Operation = (session: Session, input: MessageReader, out: MessageWriter) => Promise<Uint8Array> | undefined;
