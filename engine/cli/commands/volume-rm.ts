import { messageOf } from "../../base/errors.ts";
import { pathName } from "../client.ts";
import { atLeast, type Command, CommandError, type Invocation } from "../command.ts";
import { defineFlags } from "../flags/flag.ts";
import { say } from "../output.ts";

export const volumeRmCommand: Command = {
  name: "rm",
  aliases: ["remove"],
  synopsis: "[OPTIONS] VOLUME [VOLUME...]",
  short: "Remove one or more volumes",
  long: "Remove one or more volumes. You cannot remove a volume that is in use by a container.",
  alsoKnownAs: "docker volume rm, docker volume remove",
  flags: defineFlags("-f, --force | Force the removal of one or more volumes"),
  takes: atLeast(1),
  run: rm,
};

async function rm({ client, context, flags, arguments: volumes }: Invocation): Promise<number> {
  const problems: string[] = [];
  for (const volume of volumes) {
    try {
      if (volume.trim() === "") throw new CommandError("invalid volume name: value is empty");
      await client.send({
        method: "DELETE",
        path: `/volumes/${pathName(volume)}`,
        query: { force: flags.boolean("force") },
      });
      await say(context, volume);
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  if (problems.length > 0) throw new CommandError(problems.join("\n"));
  return 0;
}
