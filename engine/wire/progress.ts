import { humanSize } from "./sizes.ts";

/** One message of the stream that pull, push and load answer with. */
export interface ProgressMessage {
  readonly status?: string;
  readonly id?: string;
  readonly stream?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  /** Rendered by the server for clients that do not draw themselves. */
  readonly progress?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly code?: number; readonly message: string };
  readonly aux?: unknown;
}

/** What the engine reports; satisfied by the image service's pull events. */
export type ProgressEvent =
  | { readonly kind: "status"; readonly status: string; readonly id?: string }
  | {
      readonly kind: "progress";
      readonly status: string;
      readonly id: string;
      readonly currentBytes: number;
      readonly totalBytes: number;
    }
  | { readonly kind: "pushed"; readonly tag: string; readonly digest: string; readonly sizeBytes: number };

/** A layer's id: `a2b60a42c729`. Its messages carry `progressDetail`, those of the tag do not. */
const LAYER_ID = /^[0-9a-f]{12}$/;

/** The event as Docker's JSON, fields in Docker's order. */
export function progressMessage(event: ProgressEvent): ProgressMessage {
  if (event.kind === "progress") {
    const progressDetail = { current: event.currentBytes, total: event.totalBytes };
    return {
      status: event.status,
      progressDetail,
      progress: progressBar(event.currentBytes, event.totalBytes),
      id: event.id,
    };
  }
  if (event.kind === "pushed") {
    const { tag, digest, sizeBytes } = event;
    return { progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: sizeBytes } };
  }
  const { status, id } = event;
  if (id === undefined) return { status };
  const isLayer = LAYER_ID.test(id) && !status.startsWith("Pulling from ");
  return isLayer ? { status, progressDetail: {}, id } : { status, id };
}

/** An error after the stream has begun. */
export function errorMessage(message: string): ProgressMessage {
  return { errorDetail: { message }, error: message };
}

/**
 * `[====>      ]  32.77kB/345.4kB`: the bar is left out where a terminal has 110 columns or fewer.
 * Sizes that exceed the total hide it.
 */
export function progressBar(current: number, total: number, columns = 200): string {
  if (current <= 0 && total <= 0) return "";
  const currentText = humanSize(current).padStart(8);
  if (total <= 0) return currentText;
  const filled = Math.min(50, Math.trunc(Math.trunc((current / total) * 100) / 2));
  const bar = columns > 110 ? `[${"=".repeat(filled)}>${" ".repeat(50 - filled)}] ` : "";
  return `${bar}${currentText}${current > total ? "" : `/${humanSize(total)}`}`;
}
