import { humanDuration } from "../../wire/durations.ts";
import type { HistoryItem } from "../../wire/images.ts";
import { humanSize } from "../../wire/sizes.ts";
import { pathName } from "../client.ts";
import { type Command, exactly, type Invocation } from "../command.ts";
import { TABLE_FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { formatListing, type Listing } from "../format/table.ts";
import { ellipsis, shortId } from "../format/text.ts";
import { print } from "../output.ts";
import { platformQuery } from "../platform.ts";

export const historyCommand: Command = {
  name: "history",
  synopsis: "[OPTIONS] IMAGE",
  short: "Show the history of an image",
  alsoKnownAs: "docker image history, docker history",
  flags: defineFlags(`
${TABLE_FORMAT}
-H, --human | Print sizes and dates in human readable format (default true)
    --no-trunc | Don't truncate output
    --platform string | Show history for the given platform. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")
-q, --quiet | Only show image IDs
`),
  takes: exactly(1),
  run: history,
};

async function history({ client, context, flags, arguments: [name = ""] }: Invocation): Promise<number> {
  const items = await client.json<readonly HistoryItem[]>({
    method: "GET",
    path: `/images/${pathName(name)}/history`,
    query: { platform: platformQuery(flags.string("platform")) },
  });
  const listing = historyListing({
    truncate: !flags.boolean("no-trunc"),
    human: flags.boolean("human"),
    nowMs: Date.now(),
  });
  await print(
    context.stdout,
    formatListing(listing, items, { format: flags.string("format"), quiet: flags.boolean("quiet") }),
  );
  return 0;
}

function historyListing({
  truncate,
  human,
  nowMs,
}: {
  truncate: boolean;
  human: boolean;
  nowMs: number;
}): Listing<HistoryItem> {
  const createdAt = ({ Created }: HistoryItem): string => new Date(Created * 1000).toISOString().replace(".000Z", "Z");
  return {
    table: `{{.ID}}\t{{.${human ? "CreatedSince" : "CreatedAt"}}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}`,
    headers: {
      ID: "IMAGE",
      CreatedSince: "CREATED",
      CreatedAt: "CREATED AT",
      CreatedBy: "CREATED BY",
      Size: "SIZE",
      Comment: "COMMENT",
    },
    typeName: "*formatter.historyContext",
    fields: {
      ID: ({ Id }) => (truncate ? shortId(Id) : Id),
      CreatedAt: createdAt,
      CreatedSince: (item) => (human ? `${humanDuration(nowMs - item.Created * 1000)} ago` : createdAt(item)),
      CreatedBy: ({ CreatedBy }) =>
        truncate ? ellipsis(CreatedBy.replaceAll("\t", " "), 45) : CreatedBy.replaceAll("\t", " "),
      Size: ({ Size }) => (human ? humanSize(Size, 3) : String(Size)),
      Comment: ({ Comment }) => Comment,
    },
  };
}
