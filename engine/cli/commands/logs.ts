import { chunksOf } from "../../base/streams.ts";
import type { ContainerInspect } from "../../wire/container-inspect.ts";
import { decodeFrames } from "../../wire/stdcopy.ts";
import { containerPath } from "../client.ts";
import { type Command, CommandError, exactly, type Invocation } from "../command.ts";
import { defineFlags } from "../flags/flag.ts";
import { parseMoment } from "../moment.ts";

const FLAGS = defineFlags(`
    --details | Show extra details provided to logs
-f, --follow | Follow log output
    --since string | Show logs since timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)
-n, --tail string | Number of lines to show from the end of the logs (default "all")
-t, --timestamps | Show timestamps
    --until string | Show logs before a timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)
`);

export const logsCommand: Command = {
  name: "logs",
  synopsis: "[OPTIONS] CONTAINER",
  short: "Fetch the logs of a container",
  alsoKnownAs: "docker container logs, docker logs",
  flags: FLAGS,
  takes: exactly(1),
  run: logs,
};

async function logs({ client, context, flags, arguments: [name = ""] }: Invocation): Promise<number> {
  const { Id, Config } = await client.json<ContainerInspect>({
    method: "GET",
    path: `${containerPath(name)}/json`,
  });
  const moment = (flag: string): string | undefined => {
    const text = flags.string(flag);
    if (text === "") return undefined;
    const parsed = parseMoment(text, Date.now());
    if (parsed === undefined)
      throw new CommandError(`invalid value for "${flag}": failed to parse value as time or duration: "${text}"`);
    return parsed;
  };
  const query = {
    stdout: true,
    stderr: true,
    follow: flags.boolean("follow"),
    timestamps: flags.boolean("timestamps"),
    details: flags.boolean("details"),
    tail: flags.string("tail"),
    since: moment("since"),
    until: moment("until"),
  };
  const { body } = await client.call({ method: "GET", path: `/containers/${Id}/logs`, query });
  if (body === undefined) return 0;
  if (Config.Tty) for await (const chunk of chunksOf(body)) await context.stdout.write(chunk);
  else
    for await (const { stream, bytes } of decodeFrames(body))
      await (stream === "stderr" ? context.stderr : context.stdout).write(bytes);
  return 0;
}
