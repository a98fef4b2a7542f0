import { messageOf } from "../../base/errors.ts";
import { isNotFound, pathName } from "../client.ts";
import { atLeast, type Command, CommandError, type Invocation } from "../command.ts";
import { confirms, SURE } from "../confirm.ts";
import { defineFlags } from "../flags/flag.ts";
import { complain, say } from "../output.ts";

export const networkRmCommand: Command = {
  name: "rm",
  aliases: ["remove"],
  synopsis: "NETWORK [NETWORK...]",
  short: "Remove one or more networks",
  alsoKnownAs: "docker network rm, docker network remove",
  flags: defineFlags("-f, --force | Do not error if the network does not exist"),
  takes: atLeast(1),
  run: rm,
};

const INGRESS_WARNING =
  "WARNING! Before removing the routing-mesh network, make sure all the nodes in your swarm run the same docker engine version. " +
  `Otherwise, removal may not be effective and functionality of newly create ingress networks will be impaired.\n${SURE}`;

async function rm(invocation: Invocation): Promise<number> {
  const { client, context, flags, arguments: networks } = invocation;
  let failed = false;
  for (const name of networks) {
    try {
      if (name.trim() === "") throw new CommandError("invalid network name or ID: value is empty");
      const path = `/networks/${pathName(name)}`;
      const found = await client.json<{ readonly Ingress?: boolean }>({ method: "GET", path }).catch(() => undefined);
      if (found?.Ingress === true && !(await confirms(invocation, INGRESS_WARNING))) continue;
      await client.send({ method: "DELETE", path });
      await say(context, name);
    } catch (error) {
      if (flags.boolean("force") && isNotFound(error)) continue;
      await complain(context, messageOf(error));
      failed = true;
    }
  }
  if (failed) throw new CommandError("exit status 1");
  return 0;
}
