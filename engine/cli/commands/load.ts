import { copyTo } from "../archive-output.ts";
import { type Command, CommandError, type Invocation, NO_ARGUMENTS } from "../command.ts";
import { defineFlags } from "../flags/flag.ts";
import { showProgress } from "../format/pull-progress.ts";
import { platformQuery } from "../platform.ts";

export const loadCommand: Command = {
  name: "load",
  synopsis: "[OPTIONS]",
  short: "Load an image from a tar archive or STDIN",
  alsoKnownAs: "docker image load, docker load",
  flags: defineFlags(`
-i, --input string | Read from tar archive file, instead of STDIN
    --platform string | Load only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")
-q, --quiet | Suppress the load output
`),
  takes: NO_ARGUMENTS,
  run: load,
};

async function load({ client, context, flags }: Invocation): Promise<number> {
  const path = flags.string("input");
  if (path === "" && context.stdin.isTerminal) throw new CommandError("requested load from stdin, but stdin is empty");
  const body = path === "" ? context.stdin.stream() : await context.files.read(path);
  const { headers, body: answer } = await client.call({
    method: "POST",
    path: "/images/load",
    query: {
      quiet: flags.boolean("quiet") || !context.stdout.isTerminal ? "1" : "0",
      platform: platformQuery(flags.string("platform")),
    },
    headers: { "content-type": "application/x-tar" },
    body,
  });
  if (headers.get("content-type")?.startsWith("application/json")) await showProgress(answer, context.stdout);
  else await copyTo(context, answer);
  return 0;
}
