/** The `prune` of containers, images, networks, volumes and build cache; `docker system prune` does them one after the other. */
import type { PrunedContainers, PrunedImages } from "../../wire/answers.ts";
import type { DeletedImage } from "../../wire/images.ts";
import { humanSize } from "../../wire/sizes.ts";
import type { Client } from "../client.ts";
import { type Command, CommandError, type Invocation, NO_ARGUMENTS } from "../command.ts";
import { confirmOrEnd, SURE } from "../confirm.ts";
import { filterQuery } from "../filter-query.ts";
import { defineFlags } from "../flags/flag.ts";
import { print } from "../output.ts";

const FILTER_AND_FORCE = `
    --filter filter | Provide filter values (e.g. "until=<timestamp>")
-f, --force | Do not prompt for confirmation
`;

/** What was removed, as it is printed ("": nothing), and how much room that made. */
interface Pruned {
  readonly text: string;
  readonly reclaimedBytes: number;
}

interface PruneOptions {
  readonly all: boolean;
  readonly filters: readonly string[];
}

/** @throws ApiError */
export type Prune = (client: Client, options: PruneOptions) => Promise<Pruned>;

export const pruneContainers: Prune = async (client, { filters }) => {
  const query = { filters: filterQuery(filters) };
  const result = await client.json<PrunedContainers>({ method: "POST", path: "/containers/prune", query });
  return { text: listed("Deleted Containers:", result.ContainersDeleted), reclaimedBytes: result.SpaceReclaimed };
};

export const pruneImages: Prune = async (client, { all, filters }) => {
  const query = { filters: filterQuery([...filters, `dangling=${!all}`]) };
  const result = await client.json<PrunedImages<DeletedImage>>({ method: "POST", path: "/images/prune", query });
  const lines = (result.ImagesDeleted ?? []).map((item) =>
    "Deleted" in item ? `deleted: ${item.Deleted}` : `untagged: ${item.Untagged}`,
  );
  return { text: listed("Deleted Images:", lines), reclaimedBytes: result.SpaceReclaimed };
};

export const pruneNetworks: Prune = async (client, { filters }) => {
  const query = { filters: filterQuery(filters) };
  const { NetworksDeleted: deleted } = await client.json<{ readonly NetworksDeleted: readonly string[] | null }>({
    method: "POST",
    path: "/networks/prune",
    query,
  });
  return { text: listed("Deleted Networks:", deleted), reclaimedBytes: 0 };
};

export const pruneVolumes: Prune = async (client, { all, filters }) => {
  const query = { filters: filterQuery([...filters, ...(all ? ["all=true"] : [])]) };
  const { VolumesDeleted: deleted, SpaceReclaimed } = await client.json<{
    readonly VolumesDeleted: readonly string[] | null;
    readonly SpaceReclaimed: number;
  }>({ method: "POST", path: "/volumes/prune", query });
  return { text: listed("Deleted Volumes:", deleted), reclaimedBytes: (deleted ?? []).length > 0 ? SpaceReclaimed : 0 };
};

/** `keepBytes`: as much of the cache stays. */
export async function pruneBuildCache(
  client: Client,
  { all, filters, keepBytes }: PruneOptions & { readonly keepBytes?: number },
): Promise<Pruned> {
  const query = { all, filters: filterQuery(filters), "keep-storage": keepBytes || undefined };
  const result = await client.json<{
    readonly CachesDeleted: readonly string[] | null;
    readonly SpaceReclaimed: number;
  }>({
    method: "POST",
    path: "/build/prune",
    query,
  });
  return { text: listed("Deleted build cache objects:", result.CachesDeleted), reclaimedBytes: result.SpaceReclaimed };
}

function listed(title: string, items: readonly string[] | null | undefined): string {
  return (items ?? []).length === 0 ? "" : `${title}\n${(items ?? []).map((item) => `${item}\n`).join("")}\n`;
}

export const containerPruneCommand: Command = {
  name: "prune",
  synopsis: "[OPTIONS]",
  short: "Remove all stopped containers",
  flags: defineFlags(FILTER_AND_FORCE),
  takes: NO_ARGUMENTS,
  run: async (invocation) => {
    await confirmOrEnd(invocation, `WARNING! This will remove all stopped containers.\n${SURE}`);
    return await report(invocation, pruneContainers(invocation.client, optionsOf(invocation)));
  },
};

export const imagePruneCommand: Command = {
  name: "prune",
  synopsis: "[OPTIONS]",
  short: "Remove unused images",
  flags: defineFlags(`
-a, --all | Remove all unused images, not just dangling ones
${FILTER_AND_FORCE}`),
  takes: NO_ARGUMENTS,
  run: async (invocation) => {
    const all = invocation.flags.boolean("all");
    const what = all ? "all images without at least one container associated to them" : "all dangling images";
    await confirmOrEnd(invocation, `WARNING! This will remove ${what}.\n${SURE}`);
    return await report(invocation, pruneImages(invocation.client, optionsOf(invocation)));
  },
};

export const networkPruneCommand: Command = {
  name: "prune",
  synopsis: "[OPTIONS]",
  short: "Remove all unused networks",
  flags: defineFlags(FILTER_AND_FORCE),
  takes: NO_ARGUMENTS,
  run: async (invocation) => {
    const warning = "WARNING! This will remove all custom networks not used by at least one container.";
    await confirmOrEnd(invocation, `${warning}\n${SURE}`);
    const { text } = await pruneNetworks(invocation.client, optionsOf(invocation));
    await print(invocation.context.stdout, text);
    return 0;
  },
};

export const volumePruneCommand: Command = {
  name: "prune",
  synopsis: "[OPTIONS]",
  short: "Remove unused local volumes",
  flags: defineFlags(`
-a, --all | Remove all unused volumes, not just anonymous ones
    --filter filter | Provide filter values (e.g. "label=<label>")
-f, --force | Do not prompt for confirmation
`),
  takes: NO_ARGUMENTS,
  run: async (invocation) => {
    const options = optionsOf(invocation);
    if (options.all && options.filters.some((filter) => filter.startsWith("all=")))
      throw new CommandError("conflicting options: cannot specify both --all and --filter all=1");
    const which = options.all ? "all local volumes" : "anonymous local volumes";
    await confirmOrEnd(invocation, `WARNING! This will remove ${which} not used by at least one container.\n${SURE}`);
    return await report(invocation, pruneVolumes(invocation.client, options));
  },
};

export const builderPruneCommand: Command = {
  name: "prune",
  synopsis: "",
  short: "Remove build cache",
  flags: defineFlags(`
-a, --all | Remove all unused build cache, not just dangling ones
    --filter filter | Provide filter values (e.g. "until=24h")
-f, --force | Do not prompt for confirmation
    --keep-storage bytes | Amount of disk space to keep for cache
`),
  takes: NO_ARGUMENTS,
  run: async (invocation) => {
    const options = optionsOf(invocation);
    const which = options.all ? "all build cache" : "all dangling build cache";
    await confirmOrEnd(invocation, `WARNING! This will remove ${which}. ${SURE}`);
    const keepBytes = invocation.flags.number("keep-storage");
    return await report(invocation, pruneBuildCache(invocation.client, { ...options, keepBytes }));
  },
};

function optionsOf({ flags }: Invocation): PruneOptions {
  return { all: flags.boolean("all"), filters: flags.list("filter") };
}

async function report({ context }: Invocation, pruning: Promise<Pruned>): Promise<number> {
  const { text, reclaimedBytes } = await pruning;
  await print(context.stdout, `${text}Total reclaimed space: ${humanSize(reclaimedBytes)}\n`);
  return 0;
}
