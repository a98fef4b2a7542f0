/** What a build tells while it runs, in the form of BuildKit's `SolveStatus` (`client/graph.go`). Times: milliseconds since the epoch. */
export interface BuildStatus {
  readonly vertexes?: readonly BuildVertex[];
  readonly statuses?: readonly VertexStatus[];
  readonly logs?: readonly VertexLog[];
  readonly warnings?: readonly VertexWarning[];
}

/** A step, told again whenever something about it changes. */
export interface BuildVertex {
  /** `sha256:…`; names the step within the build. */
  readonly digest: string;
  readonly inputs: readonly string[];
  /** `[stage-1 2/3] RUN make`, `[internal] load build context`, `exporting to image` */
  readonly name: string;
  readonly startedMs?: number;
  readonly completedMs?: number;
  readonly cached?: boolean;
  readonly error?: string;
}

/** Progress of a part of a step: a layer's download, `transferring context`, `exporting layers`, `naming to …`. */
export interface VertexStatus {
  readonly id: string;
  readonly vertex: string;
  readonly current: number;
  readonly total: number;
  readonly timestampMs: number;
  readonly startedMs?: number;
  readonly completedMs?: number;
}

/** What a `RUN` wrote. */
export interface VertexLog {
  readonly vertex: string;
  readonly stream: "stdout" | "stderr";
  readonly bytes: Uint8Array;
  readonly timestampMs: number;
}

/** A finding of the build checks. */
export interface VertexWarning {
  readonly vertex: string;
  /** 1 */
  readonly level: number;
  /** `FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 1)` */
  readonly short: string;
  readonly detail: readonly string[];
  readonly url: string;
  readonly source?: SourceExcerpt;
}

/** A piece of the Dockerfile that something is about. */
export interface SourceExcerpt {
  readonly fileName: string;
  /** The whole file. */
  readonly data: string;
  /** Lines from 1, inclusive. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}
