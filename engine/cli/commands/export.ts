import { openArchiveOutput } from "../archive-output.ts";
import { containerPath } from "../client.ts";
import { type Command, exactly, type Invocation } from "../command.ts";
import { defineFlags } from "../flags/flag.ts";

export const exportCommand: Command = {
  name: "export",
  synopsis: "[OPTIONS] CONTAINER",
  short: "Export a container's filesystem as a tar archive",
  alsoKnownAs: "docker container export, docker export",
  flags: defineFlags("-o, --output string | Write to a file, instead of STDOUT"),
  takes: exactly(1),
  run: exportContainer,
};

async function exportContainer({ client, context, flags, arguments: [name = ""] }: Invocation): Promise<number> {
  const output = await openArchiveOutput(context, flags.string("output"), "failed to export container");
  const { body } = await client.call({ method: "GET", path: `${containerPath(name)}/export` });
  await output.write(body);
  return 0;
}
