import { humanDuration } from "../../wire/durations.ts";
import type { ContainerSummary } from "../../wire/container-summary.ts";
import type { ImageSummary } from "../../wire/images.ts";
import { humanSize } from "../../wire/sizes.ts";
import { containerListing } from "./containers.ts";
import { imageListing, type ImageRow, imageRows } from "./images.ts";
import { formatListing, type Listing } from "./table.ts";
import { goTime, shortId } from "./text.ts";
import { compileTemplate } from "./template/template.ts";
import { type Volume, VOLUME_LISTING } from "./volumes.ts";

/** What `GET /system/df` answers. */
export interface DiskUsage {
  readonly LayersSize: number;
  readonly Images: readonly ImageSummary[] | null;
  readonly Containers: readonly ContainerSummary[] | null;
  readonly Volumes: readonly Volume[] | null;
  readonly BuildCache: readonly CacheRecord[] | null;
}

interface CacheRecord {
  readonly ID: string;
  readonly Type: string;
  readonly Parents?: readonly string[] | null;
  readonly Description: string;
  readonly InUse: boolean;
  readonly Shared: boolean;
  readonly Size: number;
  /** RFC 3339. */
  readonly CreatedAt: string;
  readonly LastUsedAt?: string | null;
  readonly UsageCount: number;
}

/** One line of `docker system df`. */
interface UsageRow {
  readonly type: string;
  readonly total: number;
  readonly active: number;
  readonly sizeBytes: number;
  readonly reclaimableBytes: number;
  /** Whether what could go is told in percent too. */
  readonly hasPercentage: boolean;
}

const USAGE_LISTING: Listing<UsageRow> = {
  table: "{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}",
  headers: { Type: "TYPE", TotalCount: "TOTAL", Active: "ACTIVE", Size: "SIZE", Reclaimable: "RECLAIMABLE" },
  typeName: "*formatter.diskUsageImagesContext",
  fields: {
    Type: ({ type }) => type,
    TotalCount: ({ total }) => String(total),
    Active: ({ active }) => String(active),
    Size: ({ sizeBytes }) => humanSize(sizeBytes),
    Reclaimable: ({ sizeBytes, reclaimableBytes, hasPercentage }) =>
      hasPercentage && sizeBytes > 0
        ? `${humanSize(reclaimableBytes)} (${Math.trunc((reclaimableBytes * 100) / sizeBytes)}%)`
        : humanSize(reclaimableBytes),
  },
};

/** `docker system df`. @throws CommandError for a wrong template */
export function formatDiskUsage(usage: DiskUsage, format: string): string {
  return formatListing(USAGE_LISTING, [imagesRow(usage), containersRow(usage), volumesRow(usage), cacheRow(usage)], {
    format,
  });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const known = ({ UsageData }: Volume): number => Math.max(UsageData?.Size ?? 0, 0);

function imagesRow({ Images, LayersSize }: DiskUsage): UsageRow {
  const images = Images ?? [];
  const kept = images.filter(
    ({ Containers, Size, SharedSize }) => Containers !== 0 && Size !== -1 && SharedSize !== -1,
  );
  return {
    type: "Images",
    total: images.length,
    active: images.filter(({ Containers }) => Containers > 0).length,
    sizeBytes: LayersSize,
    reclaimableBytes: LayersSize - sum(kept.map(({ Size, SharedSize }) => Size - SharedSize)),
    hasPercentage: true,
  };
}

function containersRow({ Containers }: DiskUsage): UsageRow {
  const containers = Containers ?? [];
  const active = containers.filter(({ State }) => ["running", "paused", "restarting"].includes(State));
  const size = sum(containers.map(({ SizeRw = 0 }) => SizeRw));
  return {
    type: "Containers",
    total: containers.length,
    active: active.length,
    sizeBytes: size,
    reclaimableBytes: size - sum(active.map(({ SizeRw = 0 }) => SizeRw)),
    hasPercentage: true,
  };
}

function volumesRow({ Volumes }: DiskUsage): UsageRow {
  const volumes = Volumes ?? [];
  const isUsed = ({ UsageData }: Volume): boolean => (UsageData?.RefCount ?? 0) > 0;
  const unused = volumes.filter(({ UsageData }) => UsageData?.RefCount === 0);
  return {
    type: "Local Volumes",
    total: volumes.length,
    active: volumes.filter(isUsed).length,
    sizeBytes: sum(volumes.map(known)),
    reclaimableBytes: sum(unused.map(known)),
    hasPercentage: true,
  };
}

function cacheRow({ BuildCache }: DiskUsage): UsageRow {
  const records = BuildCache ?? [];
  const own = records.filter(({ Shared }) => !Shared);
  const sizeBytes = sum(own.map(({ Size }) => Size));
  return {
    type: "Build Cache",
    total: records.length,
    active: records.filter(({ InUse }) => InUse).length,
    sizeBytes,
    reclaimableBytes: sizeBytes - sum(own.filter(({ InUse }) => InUse).map(({ Size }) => Size)),
    hasPercentage: false,
  };
}

const cacheListing = (truncate: boolean, nowMs: number): Listing<CacheRecord> => {
  const since = (text: string | null | undefined): string =>
    text ? `${humanDuration(nowMs - Date.parse(text))} ago` : "";
  return {
    table: "{{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}",
    headers: {
      ID: "CACHE ID",
      Parent: "PARENT",
      CacheType: "CACHE TYPE",
      Size: "SIZE",
      CreatedSince: "CREATED",
      LastUsedSince: "LAST USED",
      UsageCount: "USAGE",
      InUse: "IN USE",
      Shared: "SHARED",
      Description: "DESCRIPTION",
    },
    typeName: "*formatter.buildCacheContext",
    fields: {
      ID: ({ ID, InUse }) => `${truncate ? shortId(ID) : ID}${InUse ? "*" : ""}`,
      Parent: ({ Parents }) => (Parents ?? []).join(", "),
      CacheType: ({ Type }) => Type,
      Description: ({ Description }) => Description,
      Size: ({ Size }) => humanSize(Size, 3),
      CreatedAt: ({ CreatedAt }) => goTime(CreatedAt),
      CreatedSince: ({ CreatedAt }) => since(CreatedAt),
      LastUsedAt: ({ LastUsedAt }) => (LastUsedAt ? goTime(LastUsedAt) : ""),
      LastUsedSince: ({ LastUsedAt }) => since(LastUsedAt),
      UsageCount: ({ UsageCount }) => String(UsageCount),
      InUse: ({ InUse }) => String(InUse),
      Shared: ({ Shared }) => String(Shared),
    },
  };
};

const IMAGE_TABLE =
  "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}";
const CONTAINER_TABLE =
  "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}";

/** `docker system df -v`: a table for each kind, or a template over all of it. @throws CommandError, Error for a wrong template */
export function formatDiskUsageInDetail(usage: DiskUsage, format: string, nowMs: number): string {
  const truncate = format === "" || format.startsWith("table");
  const images = { ...imageListing({ truncate, digests: false, nowMs }), table: IMAGE_TABLE };
  const containers = { ...containerListing({ truncate, withSize: true, nowMs }), table: CONTAINER_TABLE };
  const caches = cacheListing(truncate, nowMs);
  const items = {
    // Only an image's first name is shown.
    images: (usage.Images ?? []).flatMap((image) =>
      imageRows([image], false)
        .slice(0, 1)
        .map((row): ImageRow => ({ ...row, digest: "" })),
    ),
    containers: (usage.Containers ?? []).map((container) => ({ ...container, SizeRootFs: 0 })),
    volumes: usage.Volumes ?? [],
    caches: (usage.BuildCache ?? []).toSorted(compareRecords),
  };
  if (format !== "" && format !== "table") {
    const all = {
      Images: contextsOf(images, items.images),
      Containers: contextsOf(containers, items.containers),
      Volumes: contextsOf(VOLUME_LISTING, items.volumes),
      BuildCache: contextsOf(caches, items.caches),
    };
    return format === "json" ? compileTemplate("{{json .}}").execute(all) : compileTemplate(format).execute(all);
  }
  const table = { format: "" };
  return [
    `Images space usage:\n\n${formatListing(images, items.images, table)}`,
    `Containers space usage:\n\n${formatListing(containers, items.containers, table)}`,
    `Local Volumes space usage:\n\n${formatListing({ ...VOLUME_LISTING, table: "{{.Name}}\t{{.Links}}\t{{.Size}}" }, items.volumes, table)}`,
    `Build cache usage: ${humanSize(cacheRow(usage).sizeBytes)}\n\n${formatListing(caches, items.caches, table)}`,
  ].join("\n");
}

/** What a template over all kinds sees of each item. */
function contextsOf<Item>({ fields }: Listing<Item>, items: readonly Item[]): readonly Record<string, unknown>[] {
  const names = Object.keys(fields).toSorted();
  return items.map((item) => Object.fromEntries(names.map((name) => [name, fields[name]?.(item)])));
}

/** What was not used for the longest time first. */
function compareRecords(a: CacheRecord, b: CacheRecord): number {
  const [left, right] = [Date.parse(a.LastUsedAt ?? "1970-01-01"), Date.parse(b.LastUsedAt ?? "1970-01-01")];
  return left === right ? (a.ID < b.ID ? -1 : 1) : left - right;
}
