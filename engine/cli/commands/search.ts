import { type Command, exactly, type Invocation } from "../command.ts";
import { filterQuery } from "../filter-query.ts";
import { defineFlags } from "../flags/flag.ts";
import { formatListing, type Listing } from "../format/table.ts";
import { ellipsis } from "../format/text.ts";
import { complain, print } from "../output.ts";
import { registryAuth } from "../registry-auth.ts";

export const searchCommand: Command = {
  name: "search",
  synopsis: "[OPTIONS] TERM",
  short: "Search Docker Hub for images",
  flags: defineFlags(`
-f, --filter filter | Filter output based on conditions provided
    --format string | Pretty-print search using a Go template
    --limit int | Max number of search results
    --no-trunc | Don't truncate output
`),
  takes: exactly(1),
  run: search,
};

interface Found {
  readonly name: string;
  readonly description: string;
  readonly star_count: number;
  readonly is_official: boolean;
}

async function search(invocation: Invocation): Promise<number> {
  const {
    client,
    context,
    flags,
    arguments: [term = ""],
  } = invocation;
  const filters = flags.list("filter");
  if (filters.some((filter) => filter.startsWith("is-automated=")))
    await complain(
      context,
      'WARNING: the "is-automated" filter is deprecated, and searching for "is-automated=true" will not yield any results in future.',
    );
  const limit = flags.number("limit");
  const found = await client.json<readonly Found[]>({
    method: "GET",
    path: "/images/search",
    query: { term, limit: limit > 0 ? limit : undefined, filters: filterQuery(filters) },
    headers: await registryAuth(invocation, { canonical: `${registryOf(term)}/` }),
  });
  const format = flags.string("format");
  const options = { truncate: !flags.boolean("no-trunc"), json: ["json", "{{json .}}"].includes(format.trim()) };
  await print(context.stdout, formatListing(searchListing(options), found, { format }));
  return 0;
}

/** The registry that is searched: what comes before the first slash, when it looks like one. */
function registryOf(term: string): string {
  const [first = "", rest] = term.split(/\/(.*)/s);
  return rest !== undefined && (/[.:]/.test(first) || first === "localhost") ? first : "docker.io";
}

function searchListing({ truncate, json }: { truncate: boolean; json: boolean }): Listing<Found> {
  return {
    table: "{{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}",
    headers: { Name: "NAME", Description: "DESCRIPTION", StarCount: "STARS", IsOfficial: "OFFICIAL" },
    typeName: "*registry.searchContext",
    fields: {
      Name: ({ name }) => name,
      Description: ({ description }) => {
        const line = description.replace(/[\n\r]/g, " ");
        return truncate ? ellipsis(line, 45) : line;
      },
      StarCount: ({ star_count: stars }) => String(stars),
      IsOfficial: ({ is_official: official }) => (json ? String(official) : official ? "[OK]" : ""),
    },
  };
}
