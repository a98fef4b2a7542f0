import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import type { RunMount } from "../../dockerfile/dockerfile.ts";
import type { ImageRunConfig } from "../../oci/image-config.ts";
import type { CopyRequest } from "../files/copy-request.ts";
import type { ResolvedImage } from "../base-images.ts";

/** What is to be done: the stages that the target needs, in the order of the file. */
export interface BuildPlan {
  readonly stages: readonly StagePlan[];
  readonly target: StagePlan;
}

/** A stage whose variables are replaced: nothing of the Dockerfile has to be looked at any more. */
export interface StagePlan {
  /** In the file. */
  readonly index: number;
  /** `stage-0`, or its name. */
  readonly name: string;
  readonly base: StageBase;
  readonly from: PlannedFrom;
  readonly steps: readonly PlannedStep[];
  readonly document: ImageDraft;
  /** What a stage that builds on it goes on with. */
  readonly scope: StageScope;
}

/** What later instructions see of earlier ones, beside the config. */
export interface StageScope {
  /** `NAME=value` of `ENV` and `ARG`, in the order they came. */
  readonly env: readonly string[];
  /** Names of the `ARG`s so far: they stand before a `RUN` in the history. */
  readonly args: readonly { readonly name: string; readonly value: string }[];
}

export type StageBase =
  | { readonly type: "scratch" }
  | { readonly type: "image"; readonly image: ResolvedImage }
  | { readonly type: "files"; readonly name: string; readonly files: ReadableLowerFiles }
  | { readonly type: "stage"; readonly stage: StagePlan };

export interface PlannedFrom {
  readonly range: LineRange;
  /** `FROM busybox AS a` */
  readonly text: string;
  /** `[a 1/3] FROM docker.io/library/busybox:latest`; undefined for a stage on another, or on nothing. */
  readonly vertex?: string;
  readonly after: ImageDraft;
}

interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** Where files are taken from. */
export type FileSource =
  | { readonly type: "context" }
  | { readonly type: "files"; readonly name: string; readonly files: ReadableLowerFiles }
  | { readonly type: "image"; readonly image: ResolvedImage }
  | { readonly type: "stage"; readonly stage: StagePlan };

/** One instruction after its `FROM`. */
export type PlannedStep = PlannedRun | PlannedCopy | PlannedWorkdir | PlannedConfig;

interface Planned {
  readonly range: LineRange;
  /** Variables replaced: what the editor shows. */
  readonly text: string;
  /** `created_by` of its entry in the image's history. */
  readonly createdBy: string;
  /** What the image would say if the stage ended here. */
  readonly after: ImageDraft;
}

interface PlannedLayer extends Planned {
  /** `[stage-1 2/3] RUN make` */
  readonly vertex: string;
}

export type PlannedRun = PlannedLayer & {
  readonly type: "run";
  readonly args: readonly string[];
  /** Of `ENV` and `ARG`, in the order they came; the last of a name counts. */
  readonly env: readonly string[];
  /** Proxies of the build's arguments: the process sees them, the cache does not. */
  readonly proxyEnv: readonly string[];
  readonly user: string;
  readonly workingDirectory: string;
  /** `default`, `none`, `host` */
  readonly network: string;
  readonly mounts: readonly PlannedMount[];
  /** A here-document that is a program of its own. */
  readonly script?: { readonly name: string; readonly content: string };
};

/** A `--mount` whose words are replaced and whose source is known. */
export type PlannedMount = Omit<RunMount, "from"> & {
  /** Undefined: the context for a bind, nothing for a cache. */
  readonly from?: FileSource;
};

export type PlannedCopy = PlannedLayer & {
  readonly type: "copy";
  readonly from: FileSource;
  readonly request: Omit<CopyRequest, "from">;
};

export type PlannedWorkdir = PlannedLayer & {
  readonly type: "workdir";
  readonly path: string;
  /** Whose a new directory is. */
  readonly user: string;
};

/** It changes only what the image says. */
export type PlannedConfig = Planned & { readonly type: "config" };

/** What becomes the image's config, but for times and layers. */
export interface ImageDraft {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly author?: string;
  readonly config: DraftConfig;
}

/** With what Docker adds to the specification's. */
export type DraftConfig = ImageRunConfig & { readonly ArgsEscaped?: boolean };
