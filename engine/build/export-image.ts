import { encodeUtf8 } from "../base/streams.ts";
import type { Digest } from "../oci/digest.ts";
import type { ImageConfig, ImageHistory } from "../oci/image-config.ts";
import type { DraftConfig, ImageDraft, StagePlan } from "./plan/build-plan.ts";
import { sortedLabels, withLabels } from "./plan/edit-config.ts";

/** The state of a stage after some of its steps. */
export interface StageState {
  /** Bottom first. */
  readonly layers: readonly Digest[];
  readonly history: readonly ImageHistory[];
  /** The cache's record of the last layer. */
  readonly cacheId?: string;
}

/** BuildKit's mark on every entry of a history. */
export const COMMENT = "buildkit.dockerfile.v0";

export interface DocumentRequest {
  readonly stage: StagePlan;
  readonly state: StageState;
  /** `--label` */
  readonly labels: ReadonlyMap<string, string>;
  /** When it was made, for an image of nothing. */
  readonly nowMs: number;
  /** `SOURCE_DATE_EPOCH`, seconds. */
  readonly epoch?: number;
}

/** The image's config as BuildKit writes it: keys sorted, the run config in the order of its fields. Equal builds give equal bytes. */
export function imageDocument(request: DocumentRequest): { readonly config: ImageConfig; readonly bytes: Uint8Array } {
  const { stage, state, labels, nowMs, epoch } = request;
  const { architecture, os, variant, author, config } = stage.document;
  const labelled = labels.size === 0 ? config : { ...config, Labels: withLabels(config.Labels, labels) };
  const created =
    epoch === undefined
      ? (state.history.findLast((entry) => entry.created)?.created ?? timeOf(nowMs))
      : timeOf(epoch * 1000);
  const document: ImageConfig = {
    architecture,
    ...(author !== undefined && { author }),
    config: orderedConfig(labelled),
    created,
    history: state.history,
    os,
    rootfs: { type: "layers", diff_ids: state.layers },
    ...(variant !== undefined && { variant }),
  };
  return { config: document, bytes: encodeUtf8(JSON.stringify(document)) };
}

/** An image of a state in the middle of a build, for a look at it. */
export function draftDocument(draft: ImageDraft, layers: readonly Digest[], nowMs: number): Uint8Array {
  const { architecture, os, config } = draft;
  return encodeUtf8(
    JSON.stringify({
      architecture,
      config: orderedConfig(config),
      created: timeOf(nowMs),
      os,
      rootfs: { type: "layers", diff_ids: layers },
    }),
  );
}

/** The history after one more step. A step without a layer is as old as what it stands on. */
export function withHistory(
  history: readonly ImageHistory[],
  createdBy: string,
  options: { readonly layerMs?: number; readonly epoch?: number },
): readonly ImageHistory[] {
  if (createdBy === "") return history;
  const { layerMs, epoch } = options;
  const created =
    epoch !== undefined ? timeOf(epoch * 1000) : layerMs === undefined ? history.at(-1)?.created : timeOf(layerMs);
  return [
    ...history,
    {
      ...(created !== undefined && { created }),
      created_by: createdBy,
      comment: COMMENT,
      ...(layerMs === undefined && { empty_layer: true }),
    },
  ];
}

export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.000Z$/, "Z");
}

/** The fields of the specification's struct, then Docker's own. */
const ORDER = [
  "User",
  "ExposedPorts",
  "Env",
  "Entrypoint",
  "Cmd",
  "Volumes",
  "WorkingDir",
  "Labels",
  "StopSignal",
  "ArgsEscaped",
  "Healthcheck",
  "OnBuild",
  "Shell",
] as const satisfies readonly (keyof DraftConfig)[];

function orderedConfig(draft: DraftConfig): DraftConfig {
  const config = draft.Labels ? { ...draft, Labels: sortedLabels(draft.Labels) } : draft;
  const known = new Set<string>(ORDER);
  const rest = Object.keys(config).filter((key) => !known.has(key));
  const entries = [...ORDER, ...rest].map((key) => [key, config[key as keyof DraftConfig]] as const);
  return Object.fromEntries(entries.filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
