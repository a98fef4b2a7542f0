import { messageOf } from "../../base/errors.ts";
import { type Command, CommandError, exactly, type Invocation } from "../command.ts";
import type { CommandOutput } from "../command-context.ts";
import type { Client } from "../client.ts";
import { defineFlags } from "../flags/flag.ts";
import { showProgress } from "../format/pull-progress.ts";
import { formatCanonical, type ImageName, parseImageName, withDefaultTag } from "../image-name.ts";
import { say } from "../output.ts";

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

async function pull({ client, context, flags, arguments: words }: Invocation): Promise<number> {
  const given = parseImageName(words[0] as string);
  if (flags.boolean("all-tags")) {
    if (given.tag !== undefined || given.digest !== undefined)
      throw new CommandError("tag can't be used with --all-tags/-a");
    throw new CommandError("docker pull --all-tags: not supported yet");
  }
  if (!flags.boolean("disable-content-trust"))
    throw new CommandError("docker pull --disable-content-trust=false: content trust is not supported");
  const name = withDefaultTag(given);
  const quiet = flags.boolean("quiet");
  if (given !== name && !quiet) await say(context, `Using default tag: ${name.tag}`);
  await pullImage(client, name, { platform: flags.string("platform"), ...(!quiet && { output: context.stdout }) });
  await say(context, formatCanonical(name));
  return 0;
}

/** Pulls, and draws it on `output` when there is one. @throws Error with the engine's message */
export async function pullImage(
  client: Client,
  name: ImageName,
  options: { platform: string; output?: CommandOutput },
): Promise<void> {
  const response = await client.call({
    method: "POST",
    path: "/images/create",
    query: { fromImage: name.canonical, tag: name.digest ?? name.tag, platform: options.platform },
    headers: { "x-registry-auth": "e30=" },
  });
  try {
    await showProgress(response.body, options.output);
  } catch (cause) {
    throw new CommandError(messageOf(cause), 1, { cause });
  }
}
