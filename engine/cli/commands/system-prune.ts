import { humanSize } from "../../wire/sizes.ts";
import { type Command, CommandError, type Invocation, NO_ARGUMENTS } from "../command.ts";
import { confirmOrEnd, SURE } from "../confirm.ts";
import { defineFlags } from "../flags/flag.ts";
import { compareNaturally } from "../format/text.ts";
import { print } from "../output.ts";
import { pruneBuildCache, pruneContainers, pruneImages, pruneNetworks, pruneVolumes } from "./prune.ts";

export const systemPruneCommand: Command = {
  name: "prune",
  synopsis: "[OPTIONS]",
  short: "Remove unused data",
  flags: defineFlags(`
-a, --all | Remove all unused images not just dangling ones
    --filter filter | Provide filter values (e.g. "label=<key>=<value>")
-f, --force | Do not prompt for confirmation
    --volumes | Prune anonymous volumes
`),
  takes: NO_ARGUMENTS,
  run: systemPrune,
};

async function systemPrune(invocation: Invocation): Promise<number> {
  const { client, context, flags } = invocation;
  const options = { all: flags.boolean("all"), filters: flags.list("filter") };
  const volumes = flags.boolean("volumes");
  if (volumes && options.filters.some((filter) => filter.startsWith("until=")))
    throw new CommandError('ERROR: The "until" filter is not supported with "--volumes"');
  await confirmOrEnd(invocation, warning(options, volumes));
  // Volumes with a name are not touched, with `--all` neither.
  const steps = [
    () => pruneContainers(client, options),
    () => pruneNetworks(client, options),
    ...(volumes ? [() => pruneVolumes(client, { ...options, all: false })] : []),
    () => pruneImages(client, options),
    () => pruneBuildCache(client, options),
  ];
  let reclaimedBytes = 0;
  for (const step of steps) {
    const pruned = await step();
    reclaimedBytes += pruned.reclaimedBytes;
    await print(context.stdout, pruned.text);
  }
  await print(context.stdout, `Total reclaimed space: ${humanSize(reclaimedBytes)}\n`);
  return 0;
}

const SHOWN_FILTERS = /^(?:label!?|until)=/;

function warning({ all, filters }: { all: boolean; filters: readonly string[] }, volumes: boolean): string {
  const what = [
    "all stopped containers",
    "all networks not used by at least one container",
    ...(volumes ? ["all anonymous volumes not used by at least one container"] : []),
    all ? "all images without at least one container associated to them" : "all dangling images",
    all ? "all build cache" : "unused build cache",
  ];
  const shown = filters.filter((filter) => SHOWN_FILTERS.test(filter)).toSorted(compareNaturally);
  const lines = (items: readonly string[]): string => items.map((item) => `\n  - ${item}`).join("");
  const filtered = shown.length === 0 ? "" : `\n  Items to be pruned will be filtered with:${lines(shown)}\n`;
  return `WARNING! This will remove:${lines(what)}\n${filtered}\n${SURE}`;
}
