import { chunksOf } from "../../base/streams.ts";
import type { PrunedContainers, PrunedImages } from "../../wire/answers.ts";
import type { DeletedImage } from "../../wire/images.ts";
import { humanSize } from "../../wire/sizes.ts";
import { type Command, CommandError, type Invocation, NO_ARGUMENTS } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { filterQuery } from "../filter-query.ts";
import { defineFlags } from "../flags/flag.ts";
import { print } from "../output.ts";
import { SIGINT, SIGTERM } from "../terminal/signals.ts";

const FLAGS = `
    --filter filter | Provide filter values (e.g. "until=<timestamp>")
-f, --force | Do not prompt for confirmation
`;

export const containerPruneCommand: Command = {
  name: "prune",
  synopsis: "[OPTIONS]",
  short: "Remove all stopped containers",
  flags: defineFlags(FLAGS),
  takes: NO_ARGUMENTS,
  run: async (invocation) => {
    const { client, context, flags } = invocation;
    await confirm(invocation, "WARNING! This will remove all stopped containers.");
    const query = { filters: filterQuery(flags.list("filter")) };
    const result = await client.json<PrunedContainers>({ method: "POST", path: "/containers/prune", query });
    const deleted = result.ContainersDeleted ?? [];
    const list = deleted.length === 0 ? "" : `Deleted Containers:\n${deleted.map((id) => `${id}\n`).join("")}\n`;
    await print(context.stdout, `${list}Total reclaimed space: ${humanSize(result.SpaceReclaimed)}\n`);
    return 0;
  },
};

export const imagePruneCommand: Command = {
  name: "prune",
  synopsis: "[OPTIONS]",
  short: "Remove unused images",
  flags: defineFlags(`
-a, --all | Remove all unused images, not just dangling ones
${FLAGS}`),
  takes: NO_ARGUMENTS,
  run: async (invocation) => {
    const { client, context, flags } = invocation;
    const all = flags.boolean("all");
    const what = all ? "all images without at least one container associated to them" : "all dangling images";
    await confirm(invocation, `WARNING! This will remove ${what}.`);
    const query = { filters: filterQuery([...flags.list("filter"), `dangling=${!all}`]) };
    const result = await client.json<PrunedImages<DeletedImage>>({ method: "POST", path: "/images/prune", query });
    const lines = (result.ImagesDeleted ?? []).map((item) =>
      "Deleted" in item ? `deleted: ${item.Deleted}\n` : `untagged: ${item.Untagged}\n`,
    );
    const list = lines.length === 0 ? "" : `Deleted Images:\n${lines.join("")}\n`;
    await print(context.stdout, `${list}Total reclaimed space: ${humanSize(result.SpaceReclaimed)}\n`);
    return 0;
  },
};

/** Asks unless `--force`; everything but `y` ends the command quietly, Ctrl-C too. @throws CommandError with exit code 0 */
async function confirm({ context, flags, interrupts }: Invocation, warning: string): Promise<void> {
  if (flags.boolean("force")) return;
  await print(context.stdout, `${warning}\nAre you sure you want to continue? [y/N] `);
  using _interrupts = interrupts.takeOver();
  const answer = await Promise.race([readLine(context), interrupted(context)]);
  if (answer === undefined) await print(context.stdout, "\n");
  if (answer?.trim().toLowerCase() !== "y") throw new CommandError("", 0);
}

function interrupted(context: CommandContext): Promise<undefined> {
  return new Promise((resolve) => {
    const listening = context.onSignal((signal) => {
      if (signal !== SIGINT && signal !== SIGTERM) return;
      listening[Symbol.dispose]();
      resolve(undefined);
    });
  });
}

async function readLine(context: CommandContext): Promise<string> {
  const decoder = new TextDecoder();
  let line = "";
  for await (const chunk of chunksOf(context.stdin.stream())) {
    line += decoder.decode(chunk, { stream: true });
    const newline = line.indexOf("\n");
    if (newline >= 0) return line.slice(0, newline);
  }
  return line;
}
