import type { ImageSummary } from "../../wire/images.ts";
import { between, type Command, CommandError, type Invocation } from "../command.ts";
import { filterQuery } from "../filter-query.ts";
import { FILTER, TABLE_FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { imageListing, imageRows } from "../format/images.ts";
import { formatListing } from "../format/table.ts";
import { print } from "../output.ts";

const FLAGS = defineFlags(`
-a, --all | Show all images (default hides intermediate images)
    --digests | Show digests
${FILTER}
${TABLE_FORMAT}
    --no-trunc | Don't truncate output
-q, --quiet | Only show image IDs
    --tree | List multi-platform images as a tree (EXPERIMENTAL)
`);

export const imagesCommand: Command = {
  name: "images",
  synopsis: "[OPTIONS] [REPOSITORY[:TAG]]",
  short: "List images",
  alsoKnownAs: "docker image ls, docker image list, docker images",
  flags: FLAGS,
  takes: between(0, 1),
  run: images,
};

async function images({ client, context, flags, arguments: [reference] }: Invocation): Promise<number> {
  if (flags.boolean("tree")) throw new CommandError("docker images --tree: not supported yet");
  const filters = filterQuery([
    ...flags.list("filter"),
    ...(reference === undefined ? [] : [`reference=${reference}`]),
  ]);
  const found = await client.json<readonly ImageSummary[]>({
    method: "GET",
    path: "/images/json",
    query: { all: flags.boolean("all"), filters },
  });
  const format = flags.string("format");
  const digests = flags.boolean("digests") || /\.Digest\b/.test(format);
  const quiet = flags.boolean("quiet");
  const rows = imageRows(found, digests);
  const listing = imageListing({
    truncate: !flags.boolean("no-trunc"),
    digests: flags.boolean("digests"),
    nowMs: Date.now(),
  });
  await print(context.stdout, formatListing(listing, rows, { format, quiet }));
  return 0;
}
