import { Client, jsonLinesOf } from "../client.ts";
import { atLeast, type Command, CommandError, type Invocation } from "../command.ts";
import { filterQuery } from "../filter-query.ts";
import { TABLE_FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { statsListing } from "../format/stats.ts";
import { formatListing } from "../format/table.ts";
import { shortId } from "../format/text.ts";
import { print } from "../output.ts";
import { StatsCollector } from "../stats-collector.ts";

export const statsCommand: Command = {
  name: "stats",
  synopsis: "[OPTIONS] [CONTAINER...]",
  short: "Display a live stream of container(s) resource usage statistics",
  alsoKnownAs: "docker container stats, docker stats",
  flags: defineFlags(`
-a, --all | Show all containers (default shows just running)
${TABLE_FORMAT}
    --no-stream | Disable streaming stats and only pull the first result
    --no-trunc | Do not truncate output
`),
  takes: atLeast(0),
  run: stats,
};

const REDRAW_EVERY_MS = 500;

async function stats({ context, flags, signal, arguments: containers }: Invocation): Promise<number> {
  const streams = !flags.boolean("no-stream");
  // Its listeners end with the command.
  const end = new AbortController();
  const listening = AbortSignal.any([signal, end.signal]);
  const client = new Client(context.fetch, listening);
  const collector = new StatsCollector(client, { streams, signal: listening });
  try {
    const watched = containers.length > 0 ? undefined : await watchAll(client, collector, flags.boolean("all"));
    await Promise.all(containers.map((container) => collector.add(container)));
    if (containers.length > 0 && collector.problems.length > 0) throw new CommandError(collector.problems.join("\n"));
    const listing = statsListing(!flags.boolean("no-trunc"));
    const draw = (): string => formatListing(listing, collector.rows(Date.now()), { format: flags.string("format") });
    if (!streams) {
      await print(context.stdout, draw());
      return 0;
    }
    for (;;) {
      await Promise.race([pause(REDRAW_EVERY_MS, listening), ...(watched ? [watched.failed] : [])]);
      signal.throwIfAborted();
      await print(context.stdout, overwritten(draw()));
    }
  } finally {
    end.abort(new Error("the command has ended"));
  }
}

/** From the screen's top left, with the rest of each line and what is below erased. Docker's client writes it twice. */
function overwritten(text: string): string {
  const home = `\u001b[H${text}`;
  const erased = home.split("\n").map((line) => `${line} \u001b[K\n`);
  return `${home}${erased.join("")}\u001b[J`;
}

/**
 * All running containers (or all there are), now and as they come and go. `failed` rejects when the engine's events cannot be read
 * any longer, and never resolves.
 */
async function watchAll(
  client: Client,
  collector: StatsCollector,
  all: boolean,
): Promise<{ readonly failed: Promise<never> }> {
  const query = { filters: filterQuery(["type=container"]) };
  const events = await client.call({ method: "GET", path: "/events", query }).catch((error: unknown) => error as Error);
  const failed = events instanceof Error ? Promise.reject(events) : follow(events.body, collector, all);
  failed.catch(() => undefined);
  const containers = await client.json<readonly { readonly Id: string }[]>({
    method: "GET",
    path: "/containers/json",
    query: { all },
  });
  await Promise.all(containers.map(({ Id }) => collector.add(shortId(Id))));
  return { failed };
}

async function follow(
  body: ReadableStream<Uint8Array> | undefined,
  collector: StatsCollector,
  all: boolean,
): Promise<never> {
  type ContainerEvent = { readonly Action: string; readonly Actor: { readonly ID: string } };
  for await (const { Action, Actor } of jsonLinesOf(body, (line) => JSON.parse(line) as ContainerEvent)) {
    const id = shortId(Actor.ID);
    if (Action === "start" || (all && Action === "create")) void collector.add(id);
    else if (Action === "die" && !all) collector.remove(id);
  }
  return await new Promise<never>(() => undefined);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
