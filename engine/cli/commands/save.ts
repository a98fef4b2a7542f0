import { openArchiveOutput } from "../archive-output.ts";
import { atLeast, type Command, type Invocation } from "../command.ts";
import { defineFlags } from "../flags/flag.ts";
import { platformQuery } from "../platform.ts";

export const saveCommand: Command = {
  name: "save",
  synopsis: "[OPTIONS] IMAGE [IMAGE...]",
  short: "Save one or more images to a tar archive (streamed to STDOUT by default)",
  alsoKnownAs: "docker image save, docker save",
  flags: defineFlags(`
-o, --output string | Write to a file, instead of STDOUT
    --platform string | Save only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")
`),
  takes: atLeast(1),
  run: save,
};

async function save({ client, context, flags, arguments: names }: Invocation): Promise<number> {
  const platform = platformQuery(flags.string("platform"));
  const output = await openArchiveOutput(context, flags.string("output"), "failed to save image");
  const { body } = await client.call({ method: "GET", path: "/images/get", query: { names, platform } });
  await output.write(body);
  return 0;
}
