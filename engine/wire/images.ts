import type { ImageHistoryModel, ImageModel } from "./model.ts";
import { parseTimeMs } from "./times.ts";

/** One element of `GET /images/json`, in Docker's order of fields. */
export interface ImageSummary {
  readonly Containers: number;
  /** Seconds since 1970. */
  readonly Created: number;
  readonly Id: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly ParentId: string;
  readonly RepoDigests: readonly string[];
  readonly RepoTags: readonly string[];
  readonly SharedSize: number;
  readonly Size: number;
}

export function toImageSummary(image: ImageModel): ImageSummary {
  return {
    Containers: -1,
    Created: createdSeconds(image.config.created),
    Id: image.id,
    Labels: labelsOf(image) ?? null,
    ParentId: "",
    RepoDigests: image.repoDigests,
    RepoTags: image.repoTags,
    SharedSize: -1,
    Size: image.sizeBytes,
  };
}

/** The labels saved in an image, if any. */
export function labelsOf(image: ImageModel): Readonly<Record<string, string>> | undefined {
  const config = image.config.config as { readonly Labels?: Readonly<Record<string, string>> | null } | undefined;
  return config?.Labels ?? undefined;
}

/** What clients read of `GET /images/{name}/json`; there is more in it. */
export interface ImageInspect {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
}

/** `GET /images/{name}/json`, in Docker's order of fields. */
export function toImageInspect(
  image: ImageModel,
  options: { lastTagTime?: string } = {},
): ImageInspect & Record<string, unknown> {
  const { config } = image;
  return {
    Id: image.id,
    RepoTags: image.repoTags,
    RepoDigests: image.repoDigests,
    Parent: "",
    Comment: config.history?.at(-1)?.comment ?? "",
    Created: config.created ?? "0001-01-01T00:00:00Z",
    DockerVersion: "",
    Author: config.author ?? "",
    Architecture: config.architecture,
    ...(config.variant !== undefined && { Variant: config.variant }),
    Os: config.os,
    Size: image.sizeBytes,
    GraphDriver: { Data: null, Name: "overlay2" },
    RootFS: { Type: "layers", ...(image.layers.length > 0 && { Layers: image.layers }) },
    Metadata: { LastTagTime: options.lastTagTime ?? "0001-01-01T00:00:00Z" },
    Config: toRunConfig(config.config),
  };
}

function toRunConfig(config: object | undefined): Record<string, unknown> {
  const given = (config ?? {}) as Readonly<Record<string, unknown>>;
  const defaults = {
    Cmd: null,
    Entrypoint: null,
    Env: null,
    Labels: null,
    OnBuild: null,
    User: "",
    Volumes: null,
    WorkingDir: "",
  };
  return Object.fromEntries(Object.entries({ ...defaults, ...given }).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** One element of `GET /images/{name}/history`, in Docker's order of fields. */
export interface HistoryItem {
  readonly Comment: string;
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Id: string;
  readonly Size: number;
  readonly Tags: readonly string[] | null;
}

/** Newest first. `sizeOf`: bytes of the n-th layer from the bottom. */
export function toHistory(image: ImageModel, sizeOf: (layer: number) => number): readonly HistoryItem[] {
  const history: readonly ImageHistoryModel[] = image.config.history ?? image.layers.map(() => ({}));
  let layer = 0;
  const items = history.map((step) => ({
    Comment: step.comment ?? "",
    Created: createdSeconds(step.created),
    CreatedBy: step.created_by ?? "",
    Id: "<missing>",
    Size: step.empty_layer === true ? 0 : sizeOf(layer++),
    Tags: null as readonly string[] | null,
  }));
  const newest = items.at(-1);
  if (newest) Object.assign(newest, { Id: image.id, Tags: image.repoTags });
  return items.toReversed();
}

function createdSeconds(created: string | undefined): number {
  return Math.floor((parseTimeMs(created ?? "") ?? 0) / 1000);
}

/** One element of the answer to `DELETE /images/{name}`. */
export type DeletedImage = { readonly Untagged: string } | { readonly Deleted: string };

export function toDeletedImages(
  removed: readonly { readonly untagged?: string; readonly deleted?: string }[],
): readonly DeletedImage[] {
  return removed.flatMap(({ untagged, deleted }) => [
    ...(untagged === undefined ? [] : [{ Untagged: untagged }]),
    ...(deleted === undefined ? [] : [{ Deleted: deleted }]),
  ]);
}
