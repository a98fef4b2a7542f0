import { messageOf } from "../../base/errors.ts";
import { type Command, CommandError, exactly, type Invocation } from "../command.ts";
import type { CommandOutput } from "../command-context.ts";
import { defineFlags } from "../flags/flag.ts";
import { showProgress } from "../format/pull-progress.ts";
import { formatCanonical, type ImageName, parseImageName, withDefaultTag } from "../image-name.ts";
import { say } from "../output.ts";
import { registryAuth } from "../registry-auth.ts";

const FLAGS = defineFlags(`
-a, --all-tags | Download all tagged images in the repository
    --disable-content-trust | Skip image verification (default true)
    --platform string | Set platform if server is multi-platform capable
-q, --quiet | Suppress verbose output
`);

export const pullCommand: Command = {
  name: "pull",
  synopsis: "[OPTIONS] NAME[:TAG|@DIGEST]",
  short: "Download an image from a registry",
  alsoKnownAs: "docker image pull, docker pull",
  flags: FLAGS,
  takes: exactly(1),
  section: "common",
  run: pull,
};

async function pull(invocation: Invocation): Promise<number> {
  const { context, flags, arguments: words } = invocation;
  const given = parseImageName(words[0] as string);
  const all = flags.boolean("all-tags");
  if (all && (given.tag !== undefined || given.digest !== undefined))
    throw new CommandError("tag can't be used with --all-tags/-a");
  if (!flags.boolean("disable-content-trust"))
    throw new CommandError("docker pull --disable-content-trust=false: content trust is not supported");
  const name = all ? given : withDefaultTag(given);
  const quiet = flags.boolean("quiet");
  if (given !== name && !quiet) await say(context, `Using default tag: ${name.tag}`);
  await pullImage(invocation, name, { platform: flags.string("platform"), ...(!quiet && { output: context.stdout }) });
  await say(context, formatCanonical(name));
  return 0;
}

/** Pulls (all tags, when the name has none), and draws it on `output` when there is one. @throws Error with the engine's message */
export async function pullImage(
  invocation: Invocation,
  name: ImageName,
  options: { platform: string; output?: CommandOutput | undefined },
): Promise<void> {
  const response = await invocation.client.call({
    method: "POST",
    path: "/images/create",
    query: { fromImage: name.canonical, tag: name.digest ?? name.tag, platform: options.platform.toLowerCase() },
    headers: await registryAuth(invocation, name),
  });
  try {
    await showProgress(response.body, options.output);
  } catch (cause) {
    throw new CommandError(messageOf(cause), 1, { cause });
  }
}
