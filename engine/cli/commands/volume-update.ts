import { pathName } from "../client.ts";
import { type Command, CommandError, exactly } from "../command.ts";
import { defineFlags } from "../flags/flag.ts";

/** Only volumes of a swarm can be changed, and this engine is in none. */
export const volumeUpdateCommand: Command = {
  name: "update",
  synopsis: "[OPTIONS] [VOLUME]",
  short: "Update a volume (cluster volumes only)",
  flags: defineFlags(
    '! --availability string | Cluster Volume availability ("active", "pause", "drain") (default "active")',
  ),
  takes: exactly(1),
  hidden: true,
  run: async ({ client, arguments: [name = ""] }) => {
    await client.send({ method: "GET", path: `/volumes/${pathName(name)}` });
    throw new CommandError("can only update cluster volumes");
  },
};
