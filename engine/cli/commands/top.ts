import type { TopResult } from "../../wire/answers.ts";
import { containerPath } from "../client.ts";
import { atLeast, type Command, type Invocation } from "../command.ts";
import { alignTabs, WIDE_TABS } from "../format/tabwriter.ts";
import { print } from "../output.ts";

export const topCommand: Command = {
  name: "top",
  synopsis: "CONTAINER [ps OPTIONS]",
  short: "Display the running processes of a container",
  alsoKnownAs: "docker container top, docker top",
  flags: [],
  takes: atLeast(1),
  interspersed: false,
  run: top,
};

async function top({ client, context, arguments: [name = "", ...options] }: Invocation): Promise<number> {
  const query = { ps_args: options.join(" ") };
  const { Titles, Processes } = await client.json<TopResult>({
    method: "GET",
    path: `${containerPath(name)}/top`,
    query,
  });
  const lines = [Titles, ...Processes].map((cells) => cells.join("\t"));
  await print(context.stdout, `${alignTabs(lines.join("\n"), WIDE_TABS)}\n`);
  return 0;
}
