import type { Digest } from "../oci/digest.ts";

/** What is remembered of a build: what the editor draws beside the Dockerfile. Times: milliseconds since the epoch. */
export interface BuildRecord {
  readonly id: string;
  readonly status: "running" | "completed" | "failed" | "canceled";
  readonly startedMs: number;
  readonly completedMs?: number;
  readonly error?: { readonly message: string; readonly line?: number };
  readonly dockerfile: { readonly name: string; readonly text: string };
  /** In the guest, when it is known. */
  readonly contextPath?: string;
  readonly target: string;
  readonly tags: readonly string[];
  readonly image?: Digest;
  /** Of the stages that were needed, in the order of the file. */
  readonly steps: readonly BuildStep[];
}

/** One instruction of one stage, the `FROM` included. */
export interface BuildStep {
  /** Its place in `steps`. */
  readonly index: number;
  /** `stage-0`, or its name. */
  readonly stage: string;
  /** Lines of the Dockerfile. */
  readonly range: { readonly start: number; readonly end: number };
  /** Variables replaced. */
  readonly text: string;
  readonly status: "pending" | "running" | "cached" | "done" | "failed" | "canceled";
  readonly startedMs?: number;
  readonly completedMs?: number;
  /** The layer it made; none for what changes only the config. For `FROM`: none, see `layers`. */
  readonly layer?: Digest;
  /** Of its layer: bytes of file content. */
  readonly sizeBytes?: number;
  /** Bytes of its layer that later steps delete or overwrite. */
  readonly wasteBytes?: number;
  /** All layers of the state right after it, bottom first; unset until it is there. */
  readonly layers?: readonly Digest[];
}
