/** The build cache: `docker buildx du` and `prune`. */
import type { WireCacheEntry } from "../../../wire/builds.ts";
import { humanDuration } from "../../../wire/durations.ts";
import { humanSize } from "../../../wire/sizes.ts";
import { encodeGoJson } from "../../../wire/go-json.ts";
import { CommandError, type Command, type Invocation, NO_ARGUMENTS } from "../../command.ts";
import { confirmOrEnd } from "../../confirm.ts";
import { filterQuery } from "../../filter-query.ts";
import { defineFlags } from "../../flags/flag.ts";
import { print } from "../../output.ts";

export const buildxDuCommand: Command = {
  name: "du",
  synopsis: "",
  short: "Disk usage",
  flags: defineFlags(`
    --builder string | Override the configured builder instance
-D, --debug | Enable debug logging
    --filter filter | Provide filter values
    --format string | Format the output
    --verbose | Shorthand for "--format=pretty"
`),
  takes: NO_ARGUMENTS,
  run: usage,
};

async function usage({ client, context, flags }: Invocation): Promise<number> {
  const { BuildCache } = await client.json<{ readonly BuildCache: readonly WireCacheEntry[] | null }>({
    method: "GET",
    path: "/system/df",
    query: { type: "build-cache" },
  });
  const entries = (BuildCache ?? []).filter((entry) => flags.list("filter").every((filter) => matches(entry, filter)));
  const format = flags.boolean("verbose") ? "pretty" : flags.string("format");
  if (format === "json") {
    for (const entry of entries) await print(context.stdout, `${encodeGoJson(toJson(entry))}\n`);
    return 0;
  }
  if (format === "pretty") await print(context.stdout, entries.map(pretty).join(""));
  else if (format === "" || format === "table") await print(context.stdout, entries.length === 0 ? "" : table(entries));
  else throw new CommandError(`ERROR: unsupported format ${JSON.stringify(format)}: table, pretty and json are`);
  await print(context.stdout, totals(entries));
  return 0;
}

/** `id`, `type`, `inuse`, `shared`, `private`, `description`. */
function matches(entry: WireCacheEntry, filter: string): boolean {
  const [name = "", value = ""] = filter.split(/=(.*)/s);
  const isWanted = value !== "false";
  switch (name) {
    case "id":
      return entry.ID.startsWith(value);
    case "type":
      return entry.Type === value;
    case "description":
      return entry.Description.includes(value);
    case "inuse":
      return entry.InUse === isWanted;
    case "shared":
      return entry.Shared === isWanted;
    case "private":
      return entry.Shared !== isWanted;
    default:
      throw new CommandError(`ERROR: invalid filter '${name}'`);
  }
}

/** In an image: its room is not the cache's to give. */
const isReclaimable = ({ InUse }: WireCacheEntry): boolean => !InUse;

/** It may be written to by later builds. */
const isMutable = ({ Type }: WireCacheEntry): boolean => Type !== "regular";

function table(entries: readonly WireCacheEntry[]): string {
  const rows = [
    ["ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"],
    ...entries.map((entry) => [
      `${entry.ID}${isMutable(entry) ? "*" : ""}`,
      String(isReclaimable(entry)),
      `${humanSize(entry.Size)}${entry.Shared ? "*" : ""}`,
      entry.LastUsedAt === null ? "" : formatAge(entry.LastUsedAt),
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)) + 3);
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("")}\n`).join("");
}

function pretty(entry: WireCacheEntry): string {
  const parents = entry[" Parents"] ?? [];
  const time = (text: string): string => `${text.replace("T", " ").replace("Z", "")} +0000 UTC`;
  const rows: readonly (readonly [string, string])[] = [
    ["ID", entry.ID],
    ...(parents.length > 0 ? [["Parents", parents.join(", ")] as const] : []),
    ["Created at", time(entry.CreatedAt)],
    ["Mutable", String(isMutable(entry))],
    ["Reclaimable", String(isReclaimable(entry))],
    ["Shared", String(entry.Shared)],
    ["Size", humanSize(entry.Size)],
    ["Description", entry.Description],
    ["Usage count", String(entry.UsageCount)],
    ...(entry.LastUsedAt === null ? [] : [["Last used", formatAge(entry.LastUsedAt)] as const]),
    ["Type", entry.Type],
  ];
  return `${rows.map(([name, value]) => `${`${name}:`.padEnd(14)}${value}\n`).join("")}\n`;
}

const formatAge = (time: string): string => `${humanDuration(Date.now() - Date.parse(time))} ago`;

function totals(entries: readonly WireCacheEntry[]): string {
  const sum = (list: readonly WireCacheEntry[]): number => list.reduce((total, { Size }) => total + Size, 0);
  const shared = sum(entries.filter(({ Shared }) => Shared));
  const parts: readonly (readonly [string, number])[] = [
    ...(shared > 0 ? [["Shared", shared] as const, ["Private", sum(entries) - shared] as const] : []),
    ["Reclaimable", sum(entries.filter(isReclaimable))],
    ["Total", sum(entries)],
  ];
  return parts.map(([name, size]) => `${name}:${name.length < 7 ? "\t" : ""}\t${humanSize(size)}\n`).join("").replace("Reclaimable:\t\t", "Reclaimable:\t"); // prettier-ignore
}

function toJson(entry: WireCacheEntry): object {
  return {
    CreatedAt: entry.CreatedAt,
    Description: entry.Description,
    ID: entry.ID,
    LastUsedAt: entry.LastUsedAt,
    Mutable: isMutable(entry),
    Parents: entry[" Parents"] ?? null,
    Reclaimable: isReclaimable(entry),
    Shared: entry.Shared,
    Size: humanSize(entry.Size),
    Type: entry.Type,
    UsageCount: entry.UsageCount,
  };
}

export const buildxPruneCommand: Command = {
  name: "prune",
  synopsis: "",
  short: "Remove build cache",
  flags: defineFlags(`
-a, --all | Include internal/frontend images
    --builder string | Override the configured builder instance
-D, --debug | Enable debug logging
    --filter filter | Provide filter values
-f, --force | Do not prompt for confirmation
!   --keep-storage bytes | Amount of disk space to keep for cache
    --max-used-space bytes | Maximum amount of disk space allowed to keep for cache
    --min-free-space bytes | Target amount of free disk space after pruning
    --reserved-space bytes | Amount of disk space always allowed to keep for cache
    --verbose | Provide a more verbose output
`),
  takes: NO_ARGUMENTS,
  run: prune,
};

async function prune(invocation: Invocation): Promise<number> {
  const { client, context, flags } = invocation;
  const all = flags.boolean("all");
  const which = all ? "all build cache" : "all dangling build cache";
  await confirmOrEnd(invocation, `WARNING! This will remove ${which}. Are you sure you want to continue?`);
  const size = (name: string): number | undefined => flags.number(name) || undefined;
  // What goes is told with its size: the answer has only names.
  const before = await client.json<{ readonly BuildCache: readonly WireCacheEntry[] | null }>({
    method: "GET",
    path: "/system/df",
    query: { type: "build-cache" },
  });
  const { CachesDeleted, SpaceReclaimed } = await client.json<{
    readonly CachesDeleted: readonly string[] | null;
    readonly SpaceReclaimed: number;
  }>({
    method: "POST",
    path: "/build/prune",
    query: {
      all,
      filters: filterQuery(flags.list("filter")),
      "reserved-space": size("reserved-space") ?? size("keep-storage"),
      "max-used-space": size("max-used-space"),
      "min-free-space": size("min-free-space"),
    },
  });
  const gone = (before.BuildCache ?? []).filter(({ ID }) => CachesDeleted?.includes(ID));
  const shown = flags.boolean("verbose") ? gone.map(pretty).join("") : gone.length === 0 ? "" : table(gone);
  await print(context.stdout, `${shown}Total:\t${humanSize(SpaceReclaimed)}\n`);
  return 0;
}
