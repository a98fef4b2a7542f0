import { messageOf } from "../../base/errors.ts";
import type { ContainerInspect } from "../../wire/container-inspect.ts";
import { Client, containerPath } from "../client.ts";
import { atLeast, type Command, CommandError, type Invocation } from "../command.ts";
import { DETACH_KEYS } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { complain, say } from "../output.ts";
import { openAttached } from "../terminal/attached.ts";
import { forwardSignals } from "../terminal/signals.ts";
import { followTerminalSize } from "../terminal/tty-size.ts";
import { waitForExit } from "./run.ts";

const FLAGS = defineFlags(`
-a, --attach | Attach STDOUT/STDERR and forward signals
! --checkpoint string | Restore from this checkpoint
! --checkpoint-dir string | Use a custom checkpoint storage directory
${DETACH_KEYS}
-i, --interactive | Attach container's STDIN
`);

export const startCommand: Command = {
  name: "start",
  synopsis: "[OPTIONS] CONTAINER [CONTAINER...]",
  short: "Start one or more stopped containers",
  alsoKnownAs: "docker container start, docker start",
  flags: FLAGS,
  takes: atLeast(1),
  run: start,
};

async function start(invocation: Invocation): Promise<number> {
  const { flags, arguments: containers } = invocation;
  if (flags.has("checkpoint") || flags.has("checkpoint-dir"))
    throw new CommandError(
      `"--${flags.has("checkpoint") ? "checkpoint" : "checkpoint-dir"}" is only supported on a Docker daemon with experimental features enabled`,
    );
  if (!flags.boolean("attach") && !flags.boolean("interactive")) return await startAll(invocation);
  if (containers.length > 1) throw new CommandError("you cannot start and attach multiple containers at once");
  return await startAttached(invocation, containers[0] as string);
}

async function startAll({ client, context, arguments: containers }: Invocation): Promise<number> {
  const failed: string[] = [];
  for (const container of containers) {
    try {
      await client.send({ method: "POST", path: `${containerPath(container)}/start` });
      await say(context, container);
    } catch (error) {
      await complain(context, messageOf(error));
      failed.push(container);
    }
  }
  if (failed.length > 0) throw new CommandError(`Error: failed to start containers: ${failed.join(", ")}`);
  return 0;
}

async function startAttached({ context, flags, interrupts }: Invocation, name: string): Promise<number> {
  const client = new Client(context.fetch, context.signal);
  const { Id, Config, HostConfig } = await client.json<ContainerInspect>({
    method: "GET",
    path: `${containerPath(name)}/json`,
  });
  using _signals = Config.Tty ? undefined : forwardSignals(context, { client, interrupts, containerId: Id });
  const stdin = flags.boolean("interactive") && Config.OpenStdin;
  const detachKeys = flags.string("detach-keys");
  const query = { stream: true, stdin, stdout: true, stderr: true, detachKeys };
  using attached = await openAttached(context, client, {
    call: { method: "POST", path: `/containers/${Id}/attach`, query },
    stdin,
    stdout: true,
    stderr: true,
    tty: Config.Tty,
    detachKeys,
  });
  const exit = await waitForExit(client, Id, HostConfig.AutoRemove, context.signal);
  try {
    await client.send({ method: "POST", path: `/containers/${Id}/start` });
  } catch (error) {
    attached[Symbol.dispose]();
    await attached.finished.catch(() => undefined);
    if (HostConfig.AutoRemove) await exit.code;
    throw error;
  }
  using _size =
    Config.Tty && context.stdout.isTerminal ? followTerminalSize(context, client, `/containers/${Id}`) : undefined;
  if ((await attached.finished) === "detached") return 0;
  return await exit.code;
}
