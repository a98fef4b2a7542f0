import { messageOf } from "../../base/errors.ts";
import type { DeletedImage } from "../../wire/images.ts";
import { isNotFound, pathName } from "../client.ts";
import { atLeast, type Command, CommandError, type Invocation } from "../command.ts";
import { defineFlags } from "../flags/flag.ts";
import { complain, say } from "../output.ts";
import { platformQuery } from "../platform.ts";

export const rmiCommand: Command = {
  name: "rmi",
  synopsis: "[OPTIONS] IMAGE [IMAGE...]",
  short: "Remove one or more images",
  alsoKnownAs: "docker image rm, docker image remove, docker rmi",
  flags: defineFlags(`
-f, --force | Force removal of the image
    --no-prune | Do not delete untagged parents
    --platform strings | Remove only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")
`),
  takes: atLeast(1),
  run: rmi,
};

async function rmi({ client, context, flags, arguments: images }: Invocation): Promise<number> {
  const platforms = flags.list("platform").map((platform) => platformQuery(platform) ?? "");
  const force = flags.boolean("force");
  const query = { force, noprune: flags.boolean("no-prune"), platforms };
  const problems: string[] = [];
  let isFatal = false;
  for (const image of images) {
    try {
      const removed = await client.json<readonly DeletedImage[]>({
        method: "DELETE",
        path: `/images/${pathName(image)}`,
        query,
      });
      for (const item of removed) await say(context, deletedLine(item));
    } catch (error) {
      if (!isNotFound(error)) isFatal = true;
      problems.push(messageOf(error));
    }
  }
  if (problems.length === 0) return 0;
  if (isFatal || !force) throw new CommandError(problems.join("\n"));
  await complain(context, problems.join("\n"));
  return 0;
}

/** `Untagged: busybox:latest` */
function deletedLine(item: DeletedImage): string {
  return "Deleted" in item ? `Deleted: ${item.Deleted}` : `Untagged: ${item.Untagged}`;
}
