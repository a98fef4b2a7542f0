import type { ImageHistoryModel, ImageModel } from "./model.ts";
import { parseTimeMs } from "./times.ts";
import { API_VERSION, compareVersions } from "./version.ts";

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
  /** Before API 1.44. */
  readonly VirtualSize?: number;
}

/** @param options.sharedSize bytes of the layers that other images have too; -1 when nobody asked */
export function toImageSummary(
  image: ImageModel,
  { sharedSize = -1, version = API_VERSION }: { sharedSize?: number; version?: string } = {},
): ImageSummary {
  const isNameless = image.repoTags.length + image.repoDigests.length === 0;
  const placeholders = isNameless && compareVersions(version, "1.43") < 0;
  return {
    Containers: -1,
    Created: createdSeconds(image.config.created),
    Id: image.id,
    Labels: labelsOf(image) ?? null,
    ParentId: image.parent ?? "",
    RepoDigests: placeholders ? ["<none>@<none>"] : image.repoDigests,
    RepoTags: placeholders ? ["<none>:<none>"] : image.repoTags,
    SharedSize: sharedSize,
    Size: image.sizeBytes,
    ...(compareVersions(version, "1.44") < 0 && { VirtualSize: image.sizeBytes }),
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
  options: {
    lastTagTime?: string;
    /** Guest directories of the layers, the lower ones top first. */
    graph?: { readonly top: string; readonly lower: readonly string[] };
    /** The client's; older ones get fields that Docker has dropped since. */
    version?: string;
  } = {},
): ImageInspect & Record<string, unknown> {
  const { config } = image;
  const isBefore = (version: string): boolean => compareVersions(options.version ?? API_VERSION, version) < 0;
  return {
    Id: image.id,
    RepoTags: image.repoTags,
    RepoDigests: image.repoDigests,
    Parent: image.parent ?? "",
    Comment: config.history?.at(-1)?.comment ?? "",
    Created: config.created ?? "0001-01-01T00:00:00Z",
    ...(isBefore("1.45") && { ContainerConfig: EMPTY_CONTAINER_CONFIG }),
    DockerVersion: "",
    Author: config.author ?? "",
    Architecture: config.architecture,
    ...(config.variant !== undefined && { Variant: config.variant }),
    Os: config.os,
    Size: image.sizeBytes,
    ...(isBefore("1.44") && { VirtualSize: image.sizeBytes }),
    GraphDriver: { Data: options.graph ? graphData(options.graph) : null, Name: "overlay2" },
    RootFS: { Type: "layers", ...(image.layers.length > 0 && { Layers: image.layers }) },
    Metadata: { LastTagTime: options.lastTagTime ?? "0001-01-01T00:00:00Z" },
    Config: toRunConfig(config.config, { isLegacy: isBefore("1.50") }),
  };
}

/** An image is nowhere mounted as a whole: there is no `MergedDir` and no `WorkDir` as in Docker. */
function graphData({ top, lower }: { top: string; lower: readonly string[] }): Readonly<Record<string, string>> {
  return { ...(lower.length > 0 && { LowerDir: lower.join(":") }), UpperDir: top };
}

/** What an image's configuration never says, but Docker said of images until API 1.50. */
const CONTAINER_FIELDS = {
  Hostname: "",
  Domainname: "",
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Image: "",
} as const;

/** Of images that no old builder made. */
const EMPTY_CONTAINER_CONFIG = {
  Hostname: "",
  Domainname: "",
  User: "",
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: null,
  Cmd: null,
  Image: "",
  Volumes: null,
  WorkingDir: "",
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
};

function toRunConfig(config: object | undefined, { isLegacy }: { isLegacy: boolean }): Record<string, unknown> {
  const all = (config ?? {}) as Readonly<Record<string, unknown>>;
  const given = Object.fromEntries(Object.entries(all).filter(([name]) => isLegacy || !(name in CONTAINER_FIELDS)));
  const defaults = {
    ...(isLegacy && CONTAINER_FIELDS),
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

/**
 * Newest first.
 * @param sizeOf bytes of the n-th layer from the bottom
 * @param ancestors the images it was made of here, one for each of the last steps, newest first
 */
export function toHistory(
  image: ImageModel,
  sizeOf: (layer: number) => number,
  ancestors: readonly ImageModel[] = [],
): readonly HistoryItem[] {
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
  const named = [image, ...ancestors];
  return items.toReversed().map((item, step) => {
    const { id, repoTags } = named[step] ?? { id: item.Id, repoTags: [] };
    return { ...item, Id: id, Tags: repoTags.length > 0 ? repoTags : null };
  });
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
