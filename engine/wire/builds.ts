import { parseJson, readFields } from "./json.ts";

/** A build and its steps, as `GET /drydock/builds` tells them. Satisfied by the builder's `BuildRecord`. Times: milliseconds since the epoch. */
export interface BuildModel {
  readonly id: string;
  readonly status: string;
  readonly startedMs: number;
  readonly completedMs?: number;
  readonly error?: { readonly message: string; readonly line?: number };
  readonly dockerfile: { readonly name: string; readonly text: string };
  readonly contextPath?: string;
  readonly target: string;
  readonly tags: readonly string[];
  readonly image?: string;
  readonly steps: readonly BuildStepModel[];
}

export interface BuildStepModel {
  readonly index: number;
  readonly stage: string;
  readonly range: { readonly start: number; readonly end: number };
  readonly text: string;
  readonly status: string;
  readonly startedMs?: number;
  readonly completedMs?: number;
  readonly layer?: string;
  readonly sizeBytes?: number;
  readonly wasteBytes?: number;
  readonly layers?: readonly string[];
}

/** One element of `GET /drydock/builds`, one line of `GET /drydock/builds/events`. */
export interface WireBuild {
  readonly Id: string;
  /** `running`, `completed`, `failed`, `canceled` */
  readonly Status: string;
  readonly StartedMs: number;
  readonly CompletedMs?: number;
  readonly Error?: { readonly Message: string; readonly Line?: number };
  readonly Dockerfile: { readonly Name: string; readonly Text: string };
  /** In the guest. */
  readonly ContextPath?: string;
  readonly Target: string;
  readonly Tags: readonly string[];
  readonly Image?: string;
  readonly Steps: readonly WireBuildStep[];
}

export interface WireBuildStep {
  readonly Index: number;
  readonly Stage: string;
  /** Lines of the Dockerfile, from 1, both inclusive. */
  readonly Range: { readonly Start: number; readonly End: number };
  readonly Text: string;
  /** `pending`, `running`, `cached`, `done`, `failed`, `canceled` */
  readonly Status: string;
  readonly StartedMs?: number;
  readonly CompletedMs?: number;
  /** The layer it made. */
  readonly Layer?: string;
  readonly SizeBytes?: number;
  readonly WasteBytes?: number;
  /** True once there is a state to open a shell in. */
  readonly HasState: boolean;
}

export function toWireBuild(build: BuildModel): WireBuild {
  const { error } = build;
  return {
    Id: build.id,
    Status: build.status,
    StartedMs: build.startedMs,
    ...(build.completedMs !== undefined && { CompletedMs: build.completedMs }),
    ...(error && { Error: { Message: error.message, ...(error.line !== undefined && { Line: error.line }) } }),
    Dockerfile: { Name: build.dockerfile.name, Text: build.dockerfile.text },
    ...(build.contextPath !== undefined && { ContextPath: build.contextPath }),
    Target: build.target,
    Tags: build.tags,
    ...(build.image !== undefined && { Image: build.image }),
    Steps: build.steps.map(toWireStep),
  };
}

function toWireStep(step: BuildStepModel): WireBuildStep {
  return {
    Index: step.index,
    Stage: step.stage,
    Range: { Start: step.range.start, End: step.range.end },
    Text: step.text,
    Status: step.status,
    ...(step.startedMs !== undefined && { StartedMs: step.startedMs }),
    ...(step.completedMs !== undefined && { CompletedMs: step.completedMs }),
    ...(step.layer !== undefined && { Layer: step.layer }),
    ...(step.sizeBytes !== undefined && { SizeBytes: step.sizeBytes }),
    ...(step.wasteBytes !== undefined && { WasteBytes: step.wasteBytes }),
    HasState: step.layers !== undefined,
  };
}

/** One element of `GET /drydock/images/{name}/layers`, bottom first. */
export interface WireLayer {
  readonly Digest: string;
  readonly CreatedBy: string;
  readonly SizeBytes: number;
  /** Bytes that layers above delete or overwrite. */
  readonly WasteBytes: number;
}

/** Files of a layer, of a step's layer, or (`cumulative=1`) of all up to it. */
export interface WireLayerFiles {
  readonly Files: readonly WireLayerFile[];
  /** There are more than are told. */
  readonly Truncated?: true;
}

export interface WireLayerFile {
  readonly Path: string;
  readonly Type: "file" | "directory" | "symlink" | "character-device" | "block-device" | "fifo";
  readonly SizeBytes: number;
  readonly Change: "added" | "changed" | "removed" | "unchanged";
  /** Permission bits. */
  readonly Mode: number;
  readonly Uid: number;
  readonly Gid: number;
  /** Of a symlink. */
  readonly Target?: string;
}

export function toWireLayerFiles(
  files: readonly {
    readonly path: string;
    readonly type: WireLayerFile["Type"];
    readonly change: WireLayerFile["Change"];
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly sizeBytes: number;
    readonly target?: string;
  }[],
  truncated: boolean,
): WireLayerFiles {
  return {
    Files: files.map((file) => ({
      Path: file.path,
      Type: file.type,
      SizeBytes: file.sizeBytes,
      Change: file.change,
      Mode: file.mode,
      Uid: file.uid,
      Gid: file.gid,
      ...(file.target !== undefined && { Target: file.target }),
    })),
    ...(truncated && { Truncated: true as const }),
  };
}

/** The body of `POST /drydock/build-sessions`: what `POST /build` has no parameter for. */
export interface WireBuildSession {
  /** In place of one in the context; the context comes without what its `.dockerignore` excludes. */
  readonly Dockerfile?: { readonly Name: string; readonly Text: string };
  /** Where the context is in the guest. */
  readonly ContextPath?: string;
  /** Stages that are not taken from the cache. */
  readonly NoCacheFilter?: readonly string[];
  /** Only look for mistakes: `docker build --check`. */
  readonly Check?: boolean;
  /** `docker-image://…`, `target:…`, or an URL, by name; those that are sent have a request of their own. */
  readonly NamedContexts?: Readonly<Record<string, string>>;
  /** The files of the result will be asked for (`GET /drydock/builds/{id}/files`), and no image is. */
  readonly KeepFiles?: boolean;
}

/** @throws EngineError invalid-argument */
export function parseBuildSession(text: string): WireBuildSession {
  const fields = readFields(parseJson(text === "" ? "{}" : text));
  const dockerfile = fields.object("Dockerfile", "BuildSession.Dockerfile");
  const contextPath = fields.string("ContextPath");
  return {
    ...(dockerfile && { Dockerfile: { Name: dockerfile.string("Name"), Text: dockerfile.string("Text") } }),
    ...(contextPath !== "" && { ContextPath: contextPath }),
    NoCacheFilter: fields.strings("NoCacheFilter") ?? [],
    Check: fields.boolean("Check"),
    NamedContexts: fields.stringMap("NamedContexts"),
    KeepFiles: fields.boolean("KeepFiles"),
  };
}

/** The aux message with id `drydock.build` that begins a session's build. */
export interface WireBuildStarted {
  readonly ID: string;
}

/** The aux message with id `drydock.build.error` in front of the error of a session's build. */
export interface WireBuildFailure {
  readonly Message: string;
  /** The step's digest. */
  readonly Vertex?: string;
  readonly Source?: {
    readonly FileName: string;
    readonly Data: string;
    readonly Ranges: readonly { readonly Start: number; readonly End: number }[];
  };
}

/** One element of `BuildCache` in `GET /system/df`, in Docker's order of fields; the blank in front of `Parents` is Docker's. */
export interface WireCacheEntry {
  readonly ID: string;
  readonly " Parents"?: readonly string[];
  readonly Type: string;
  readonly Description: string;
  readonly InUse: boolean;
  readonly Shared: boolean;
  readonly Size: number;
  readonly CreatedAt: string;
  readonly LastUsedAt: string | null;
  readonly UsageCount: number;
}

export function toWireCacheEntry(entry: {
  readonly id: string;
  readonly parents: readonly string[];
  readonly type: string;
  readonly description: string;
  readonly inUse: boolean;
  readonly shared: boolean;
  readonly sizeBytes: number;
  readonly createdMs: number;
  readonly lastUsedMs?: number;
  readonly usageCount: number;
}): WireCacheEntry {
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    ID: entry.id,
    ...(entry.parents.length > 0 && { " Parents": entry.parents }),
    Type: entry.type,
    Description: entry.description,
    InUse: entry.inUse,
    Shared: entry.shared,
    Size: entry.sizeBytes,
    CreatedAt: time(entry.createdMs),
    LastUsedAt: entry.lastUsedMs === undefined ? null : time(entry.lastUsedMs),
    UsageCount: entry.usageCount,
  };
}
