import { messageOf } from "../../base/errors.ts";
import { pathName } from "../client.ts";
import { type Command, CommandError, exactly, type Invocation } from "../command.ts";
import { defineFlags } from "../flags/flag.ts";
import { formatNote } from "../format/note.ts";
import { showProgress } from "../format/pull-progress.ts";
import { formatCanonical, parseImageName, withDefaultTag } from "../image-name.ts";
import { print, say } from "../output.ts";
import { platformQuery } from "../platform.ts";
import { registryAuth } from "../registry-auth.ts";

export const pushCommand: Command = {
  name: "push",
  synopsis: "[OPTIONS] NAME[:TAG]",
  short: "Upload an image to a registry",
  alsoKnownAs: "docker image push, docker push",
  flags: defineFlags(`
-a, --all-tags | Push all tags of an image to the repository
    --disable-content-trust | Skip image signing (default true)
    --platform string | Push a platform-specific manifest as a single-platform image to the registry.
| Image index won't be pushed, meaning that other manifests, including attestations won't be preserved.
| 'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)
-q, --quiet | Suppress verbose output
`),
  takes: exactly(1),
  run: push,
};

const ONE_PLATFORM = `Using --platform pushes only the specified platform manifest of a multi-platform image index.
Other components, like attestations, will not be included.
To push the complete multi-platform image, remove the --platform flag.
`;

async function push(invocation: Invocation): Promise<number> {
  const { client, context, flags, arguments: words } = invocation;
  const [quiet, all] = [flags.boolean("quiet"), flags.boolean("all-tags")];
  const platform = platformQuery(flags.string("platform"));
  if (platform !== undefined) await print(context.stdout, formatNote(ONE_PLATFORM, context.stdout.isTerminal));
  const given = parseImageName(words[0] as string);
  const hasNoTag = given.tag === undefined && given.digest === undefined;
  if (all && !hasNoTag) throw new CommandError("tag can't be used with --all-tags/-a");
  if (!flags.boolean("disable-content-trust"))
    throw new CommandError("docker push --disable-content-trust=false: content trust is not supported");
  const name = all ? given : withDefaultTag(given);
  if (hasNoTag && !all && !quiet) await say(context, `Using default tag: ${name.tag}`);
  if (name.digest !== undefined) throw new CommandError("cannot push a digest reference");
  const response = await client.call({
    method: "POST",
    path: `/images/${pathName(name.canonical)}/push`,
    query: { tag: name.tag, platform },
    headers: await registryAuth(invocation, name),
  });
  try {
    await showProgress(response.body, quiet ? undefined : context.stdout);
  } catch (cause) {
    throw new CommandError(messageOf(cause), 1, { cause });
  }
  if (quiet) await say(context, formatCanonical(name));
  return 0;
}
