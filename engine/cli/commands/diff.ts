import { containerPath } from "../client.ts";
import { type Command, CommandError, exactly, type Invocation } from "../command.ts";
import { print } from "../output.ts";

export const diffCommand: Command = {
  name: "diff",
  synopsis: "CONTAINER",
  short: "Inspect changes to files or directories on a container's filesystem",
  alsoKnownAs: "docker container diff, docker diff",
  flags: [],
  takes: exactly(1),
  run: diff,
};

/** By `Kind`. */
const LETTERS = ["C", "A", "D"];

async function diff({ client, context, arguments: [name = ""] }: Invocation): Promise<number> {
  if (name === "") throw new CommandError("Container name cannot be empty");
  const changes = await client.json<readonly { readonly Path: string; readonly Kind: number }[] | null>({
    method: "GET",
    path: `${containerPath(name)}/changes`,
  });
  await print(context.stdout, (changes ?? []).map(({ Path, Kind }) => `${LETTERS[Kind] ?? ""} ${Path}\n`).join(""));
  return 0;
}
