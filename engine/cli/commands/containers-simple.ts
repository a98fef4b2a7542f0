/** Commands that do one thing to each container they are given. */
import { type ApiCall, ApiError, isNotFound, containerPath } from "../client.ts";
import { atLeast, type Command, CommandError, exactly, type Invocation } from "../command.ts";
import { defineFlags } from "../flags/flag.ts";
import { complain, say } from "../output.ts";
import type { WaitResult } from "../../wire/answers.ts";
import { messageOf } from "../../base/errors.ts";

const STOP_FLAGS = defineFlags(`
  -s, --signal string | Signal to send to the container
  -t, --timeout int | Seconds to wait before killing the container
  !! --time int => timeout |
`);

const KILL_FLAGS = defineFlags(`
  -s, --signal string | Signal to send to the container
`);

const RM_FLAGS = defineFlags(`
  -f, --force | Force the removal of a running container (uses SIGKILL)
  -l, --link | Remove the specified link
  -v, --volumes | Remove anonymous volumes associated with the container
`);

const stopQuery = ({ flags }: Invocation): ApiCall["query"] => ({
  signal: flags.string("signal"),
  t: flags.has("timeout") ? flags.number("timeout") : undefined,
});

export const stopCommand = eachContainer("stop", "Stop one or more running containers", STOP_FLAGS, stopQuery);
export const restartCommand = eachContainer("restart", "Restart one or more containers", STOP_FLAGS, stopQuery);
export const killCommand = eachContainer("kill", "Kill one or more running containers", KILL_FLAGS, ({ flags }) => ({
  signal: flags.string("signal"),
}));
export const pauseCommand = eachContainer("pause", "Pause all processes within one or more containers");
export const unpauseCommand = eachContainer("unpause", "Unpause all processes within one or more containers");

function eachContainer(
  name: string,
  short: string,
  flags: Command["flags"] = [],
  query: (invocation: Invocation) => ApiCall["query"] = () => ({}),
): Command {
  return {
    name,
    short,
    synopsis: `${flags.length > 0 ? "[OPTIONS] " : ""}CONTAINER [CONTAINER...]`,
    alsoKnownAs: `docker container ${name}, docker ${name}`,
    flags,
    takes: atLeast(1),
    run: (invocation) =>
      forEach(invocation, async (container) =>
        invocation.client.send({
          method: "POST",
          path: `${containerPath(container)}/${name}`,
          query: query(invocation) ?? {},
        }),
      ),
  };
}

export const rmCommand: Command = {
  name: "rm",
  aliases: ["remove"],
  synopsis: "[OPTIONS] CONTAINER [CONTAINER...]",
  short: "Remove one or more containers",
  alsoKnownAs: "docker container rm, docker container remove, docker rm",
  flags: RM_FLAGS,
  takes: atLeast(1),
  run: async (invocation) => {
    const { flags, client, context } = invocation;
    const force = flags.boolean("force");
    const query = { force, v: flags.boolean("volumes"), link: flags.boolean("link") };
    return forEach(invocation, async (container) => {
      const name = container.replace(/^\/+/, "");
      if (name === "") throw new CommandError("container name cannot be empty");
      try {
        await client.send({ method: "DELETE", path: containerPath(name), query });
      } catch (error) {
        if (!force || !isNotFound(error)) throw error;
        await complain(context, messageOf(error));
        return false;
      }
      return true;
    });
  },
};

export const renameCommand: Command = {
  name: "rename",
  synopsis: "CONTAINER NEW_NAME",
  short: "Rename a container",
  alsoKnownAs: "docker container rename, docker rename",
  flags: [],
  takes: exactly(2),
  run: async ({ client, arguments: words }) => {
    const [container, name] = words.map((word) => word.trim()) as [string, string];
    if (container === "" || name === "") throw new CommandError("Error: Neither old nor new names may be empty");
    try {
      await client.send({ method: "POST", path: `${containerPath(container)}/rename`, query: { name } });
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      throw new CommandError(`${cause.message}\nError: failed to rename container named ${container}`, 1, { cause });
    }
    return 0;
  },
};

export const waitCommand: Command = {
  name: "wait",
  synopsis: "CONTAINER [CONTAINER...]",
  short: "Block until one or more containers stop, then print their exit codes",
  alsoKnownAs: "docker container wait, docker wait",
  flags: [],
  takes: atLeast(1),
  run: async ({ client, context, arguments: containers }) => {
    const problems: string[] = [];
    for (const container of containers) {
      try {
        const { StatusCode } = await client.json<WaitResult>({
          method: "POST",
          path: `${containerPath(container)}/wait`,
        });
        await say(context, String(StatusCode));
      } catch (error) {
        problems.push(messageOf(error));
      }
    }
    if (problems.length > 0) throw new CommandError(problems.join("\n"));
    return 0;
  },
};

/** All at once; names are printed in the order given, then what went wrong. An action that returns false prints nothing. */
async function forEach(
  { context, arguments: containers }: Invocation,
  action: (container: string) => Promise<boolean | void>,
): Promise<number> {
  const running = containers.map((container) =>
    action(container).then(
      (shown) => ({ shown: shown !== false, problem: undefined }),
      (error: unknown) => ({ shown: false, problem: messageOf(error) }),
    ),
  );
  const problems: string[] = [];
  for (const [index, result] of running.entries()) {
    const { shown, problem } = await result;
    if (shown) await say(context, containers[index] as string);
    if (problem !== undefined) problems.push(problem);
  }
  if (problems.length > 0) throw new CommandError(problems.join("\n"));
  return 0;
}
