import { type Command, type Invocation, NO_ARGUMENTS } from "../command.ts";
import { filterQuery } from "../filter-query.ts";
import { TABLE_FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { type Network, networkListing } from "../format/networks.ts";
import { formatListing } from "../format/table.ts";
import { compareNaturally } from "../format/text.ts";
import { print } from "../output.ts";

export const networkLsCommand: Command = {
  name: "ls",
  aliases: ["list"],
  synopsis: "[OPTIONS]",
  short: "List networks",
  alsoKnownAs: "docker network ls, docker network list",
  flags: defineFlags(`
-f, --filter filter | Provide filter values (e.g. "driver=bridge")
${TABLE_FORMAT}
    --no-trunc | Do not truncate the output
-q, --quiet | Only display network IDs
`),
  takes: NO_ARGUMENTS,
  run: ls,
};

async function ls({ client, context, flags }: Invocation): Promise<number> {
  const query = { filters: filterQuery(flags.list("filter")) };
  const networks = await client.json<readonly Network[]>({ method: "GET", path: "/networks", query });
  const sorted = networks.toSorted((a, b) => compareNaturally(a.Name, b.Name));
  const options = { format: flags.string("format"), quiet: flags.boolean("quiet") };
  await print(context.stdout, formatListing(networkListing(!flags.boolean("no-trunc")), sorted, options));
  return 0;
}
