import type { ContainerSummary } from "../../wire/container-summary.ts";
import { type Command, type Invocation, NO_ARGUMENTS } from "../command.ts";
import { filterQuery } from "../filter-query.ts";
import { FILTER, TABLE_FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { containerListing } from "../format/containers.ts";
import { formatListing } from "../format/table.ts";
import { complain, print } from "../output.ts";

const FLAGS = defineFlags(`
-a, --all | Show all containers (default shows just running)
${FILTER}
${TABLE_FORMAT}
-n, --last int | Show n last created containers (includes all states) (default -1)
-l, --latest | Show the latest created container (includes all states)
    --no-trunc | Don't truncate output
-q, --quiet | Only display container IDs
-s, --size | Display total file sizes
`);

export const psCommand: Command = {
  name: "ps",
  synopsis: "[OPTIONS]",
  short: "List containers",
  alsoKnownAs: "docker container ls, docker container list, docker container ps, docker ps",
  flags: FLAGS,
  takes: NO_ARGUMENTS,
  run: ps,
};

const NO_CONTAINER: ContainerSummary = {
  Id: "",
  Names: [],
  Image: "",
  ImageID: "",
  Command: "",
  Created: 0,
  Ports: [],
  Labels: {},
  State: "",
  Status: "",
  HostConfig: { NetworkMode: "" },
  NetworkSettings: { Networks: {} },
  Mounts: [],
};

async function ps({ client, context, flags }: Invocation): Promise<number> {
  const format = flags.string("format");
  const last = flags.number("last");
  const listing = containerListing({
    truncate: !flags.boolean("no-trunc"),
    withSize: flags.boolean("size"),
    nowMs: Date.now(),
  });
  // A wrong template is an error also when there is nothing to list.
  formatListing(listing, [NO_CONTAINER], { format });
  const limit = last > 0 ? last : flags.boolean("latest") ? 1 : undefined;
  const size = flags.boolean("size") || /\.Size\b/.test(format);
  const query = { all: flags.boolean("all"), limit, size, filters: filterQuery(flags.list("filter")) };
  const containers = await client.json<readonly ContainerSummary[]>({ method: "GET", path: "/containers/json", query });
  if (flags.boolean("quiet") && format !== "")
    await complain(context, "WARNING: Ignoring custom format, because both --format and --quiet are set.");
  await print(context.stdout, formatListing(listing, containers, { format, quiet: flags.boolean("quiet") }));
  return 0;
}
