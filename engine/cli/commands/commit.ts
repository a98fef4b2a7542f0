import { between, type Command, CommandError, type Invocation } from "../command.ts";
import { defineFlags } from "../flags/flag.ts";
import { checkReference, parseImageName, withDefaultTag } from "../image-name.ts";
import { say } from "../output.ts";

export const commitCommand: Command = {
  name: "commit",
  synopsis: "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
  short: "Create a new image from a container's changes",
  alsoKnownAs: "docker container commit, docker commit",
  flags: defineFlags(`
-a, --author string | Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")
-c, --change list | Apply Dockerfile instruction to the created image
-m, --message string | Commit message
-p, --pause | Pause container during commit (default true)
`),
  takes: between(1, 2),
  interspersed: false,
  run: commit,
};

async function commit({
  client,
  context,
  flags,
  arguments: [container = "", reference = ""],
}: Invocation): Promise<number> {
  if (container.trim() === "") throw new CommandError("invalid container name or ID: value is empty");
  const { Id } = await client.json<{ readonly Id: string }>({
    method: "POST",
    path: "/commit",
    query: {
      container,
      ...(reference !== "" && nameOf(reference)),
      comment: flags.string("message"),
      author: flags.string("author"),
      changes: flags.list("change"),
      pause: flags.boolean("pause") ? undefined : "0",
    },
  });
  await say(context, Id);
  return 0;
}

function nameOf(reference: string): { readonly repo: string; readonly tag: string } {
  checkReference(reference);
  const { canonical, tag = "", digest } = withDefaultTag(parseImageName(reference));
  if (digest !== undefined) throw new CommandError("refusing to create a tag with a digest reference");
  return { repo: canonical, tag };
}
