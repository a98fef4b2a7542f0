import { EngineError } from "../base/errors.ts";
import type { ReadableLowerFiles } from "../archive/lower-files.ts";
import type { Image } from "../images/image-service.ts";
import type { Digest } from "../oci/digest.ts";
import type { ImageConfig } from "../oci/image-config.ts";
import type { BuildRecord } from "./build-record.ts";
import type { BuildRequest } from "./build-request.ts";
import type { BuildStatus, SourceExcerpt } from "./build-status.ts";

/** The builder, as the API sees it. */
export interface BuildService {
  /** Starts a build. It goes on until its end or until `signal` is aborted, also when nobody reads. */
  build(request: BuildRequest, options?: { readonly signal?: AbortSignal }): BuildRun;
  /** Newest first: those of this session, and the last ones of earlier sessions. */
  records(): readonly BuildRecord[];
  /** Told of every change of a record, at most every 50 ms each. */
  subscribe(listener: (record: BuildRecord) => void): Disposable;
  /** The state right after a step as an image without a name: what a shell is opened in. @throws EngineError not-found */
  stepImage(buildId: string, step: number): Promise<Image>;
  /** What is kept for later builds, for `docker system df` and `docker builder prune`. */
  cacheUsage(): Promise<readonly CacheEntry[]>;
  prune(options: PruneCache): Promise<{ readonly entries: readonly string[]; readonly freedBytes: number }>;
}

export interface BuildRun {
  readonly id: string;
  /** One reader. Ends with the build, never throws. */
  readonly status: AsyncIterable<BuildStatus>;
  /** @throws BuildFailure, EngineError */
  readonly result: Promise<BuildResult>;
}

export interface BuildResult {
  /** Undefined for `--check`. */
  readonly image: Image | undefined;
  readonly config: ImageConfig;
  /** Bottom first. */
  readonly layers: readonly Digest[];
  /** The files of the result, for `--output type=local` and `type=tar`. */
  files(): Promise<ReadableLowerFiles>;
}

/** A build that went wrong at a place in the Dockerfile. The message is BuildKit's, without `failed to solve: `. */
export class BuildFailure extends EngineError {
  readonly source: SourceExcerpt | undefined;
  /** The step that failed, by its digest; its last lines of output are in the status. */
  readonly vertex: string | undefined;

  constructor(
    message: string,
    details: { readonly source?: SourceExcerpt; readonly vertex?: string; readonly cause?: unknown } = {},
  ) {
    super("internal", message, { cause: details.cause });
    this.name = "BuildFailure";
    this.source = details.source;
    this.vertex = details.vertex;
  }
}

/** One record of the build cache (Docker's `BuildCache`). Times: milliseconds since the epoch. */
export interface CacheEntry {
  readonly id: string;
  readonly parents: readonly string[];
  readonly type: "regular" | "source.local" | "exec.cachemount" | "frontend" | "internal";
  readonly description: string;
  readonly inUse: boolean;
  /** An image uses its layer too. */
  readonly shared: boolean;
  readonly sizeBytes: number;
  readonly createdMs: number;
  readonly lastUsedMs?: number;
  readonly usageCount: number;
}

export interface PruneCache {
  readonly all: boolean;
  /** Keep what was used within this time. */
  readonly unusedForMs?: number;
  readonly keepBytes?: number;
}
