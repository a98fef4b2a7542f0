import { type Command, type Invocation, NO_ARGUMENTS } from "../command.ts";
import { filterQuery } from "../filter-query.ts";
import { TABLE_FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { formatListing } from "../format/table.ts";
import { compareNaturally } from "../format/text.ts";
import { type Volume, VOLUME_LISTING } from "../format/volumes.ts";
import { print } from "../output.ts";

export const volumeLsCommand: Command = {
  name: "ls",
  aliases: ["list"],
  synopsis: "[OPTIONS]",
  short: "List volumes",
  alsoKnownAs: "docker volume ls, docker volume list",
  flags: defineFlags(`
  ! --cluster | Display only cluster volumes, and use cluster volume list formatting
-f, --filter filter | Provide filter values (e.g. "dangling=true")
${TABLE_FORMAT}
-q, --quiet | Only display volume names
`),
  takes: NO_ARGUMENTS,
  run: ls,
};

async function ls({ client, context, flags }: Invocation): Promise<number> {
  const { Volumes: volumes } = await client.json<{ readonly Volumes: readonly Volume[] | null }>({
    method: "GET",
    path: "/volumes",
    query: { filters: filterQuery(flags.list("filter")) },
  });
  const cluster = flags.boolean("cluster");
  const shown = cluster ? [] : (volumes ?? []).toSorted((a, b) => compareNaturally(a.Name, b.Name));
  const table = cluster ? "{{.Name}}\t{{.Group}}\t{{.Driver}}\t{{.Availability}}\t{{.Status}}" : VOLUME_LISTING.table;
  const options = { format: cluster ? "" : flags.string("format"), quiet: flags.boolean("quiet") };
  await print(context.stdout, formatListing({ ...VOLUME_LISTING, table }, shown, options));
  return 0;
}
