import { type Command, type Invocation, NO_ARGUMENTS } from "../command.ts";
import { filterQuery } from "../filter-query.ts";
import { TABLE_FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { formatListing, type Listing } from "../format/table.ts";
import { ellipsis, shortId } from "../format/text.ts";
import { print } from "../output.ts";

export const pluginLsCommand: Command = {
  name: "ls",
  aliases: ["list"],
  synopsis: "[OPTIONS]",
  short: "List plugins",
  alsoKnownAs: "docker plugin ls, docker plugin list",
  flags: defineFlags(`
-f, --filter filter | Provide filter values (e.g. "enabled=true")
${TABLE_FORMAT}
    --no-trunc | Don't truncate output
-q, --quiet | Only display plugin IDs
`),
  takes: NO_ARGUMENTS,
  run: ls,
};

interface Plugin {
  readonly Id: string;
  readonly Name: string;
  readonly Enabled: boolean;
  readonly PluginReference?: string;
  readonly Config: { readonly Description: string };
}

async function ls({ client, context, flags }: Invocation): Promise<number> {
  const query = { filters: filterQuery(flags.list("filter")) };
  const plugins = await client.json<readonly Plugin[] | null>({ method: "GET", path: "/plugins", query });
  const options = { format: flags.string("format"), quiet: flags.boolean("quiet") };
  await print(context.stdout, formatListing(pluginListing(!flags.boolean("no-trunc")), plugins ?? [], options));
  return 0;
}

function pluginListing(truncate: boolean): Listing<Plugin> {
  return {
    table: "{{.ID}}\t{{.Name}}\t{{.Description}}\t{{.Enabled}}",
    headers: {
      ID: "ID",
      Name: "NAME",
      Description: "DESCRIPTION",
      Enabled: "ENABLED",
      PluginReference: "PLUGIN REFERENCE",
    },
    typeName: "*plugin.pluginContext",
    fields: {
      ID: ({ Id }) => (truncate ? shortId(Id) : Id),
      Name: ({ Name }) => Name,
      Description: ({ Config: { Description } }) => {
        const line = Description.replace(/[\n\r]/g, "");
        return truncate ? ellipsis(line, 45) : line;
      },
      Enabled: ({ Enabled }) => Enabled,
      PluginReference: ({ PluginReference = "" }) => PluginReference,
    },
  };
}
