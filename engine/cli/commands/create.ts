import { messageOf } from "../../base/errors.ts";
import { atLeast, type Command, type Invocation } from "../command.ts";
import { CONTAINER_FLAGS } from "../flags/container-flags.ts";
import { defineFlags } from "../flags/flag.ts";
import { say } from "../output.ts";
import { createBody } from "../run-options/create-body.ts";
import { checkPullPolicy, createContainer, withHelp } from "./create-container.ts";

const FLAGS = [
  ...CONTAINER_FLAGS,
  ...defineFlags(`
    --pull string | Pull image before creating ("always", "|missing", "never") (default "missing")
`),
].toSorted((a, b) => (a.name < b.name ? -1 : 1));

export const createCommand: Command = {
  name: "create",
  synopsis: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  short: "Create a new container",
  alsoKnownAs: "docker container create, docker create",
  flags: FLAGS,
  takes: atLeast(1),
  interspersed: false,
  run: create,
};

async function create(invocation: Invocation): Promise<number> {
  const { context, flags, arguments: words } = invocation;
  const body = await (async () => {
    checkPullPolicy(flags.string("pull"));
    return await createBody(context, flags, words);
  })().catch((error: unknown) => {
    throw withHelp(messageOf(error), "create", 125, error);
  });
  await say(context, await createContainer(invocation, body));
  return 0;
}
