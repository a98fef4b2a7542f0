import type { CreatedExec } from "../../wire/answers.ts";
import type { ExecInspect } from "../../wire/exec.ts";
import { containerPath } from "../client.ts";
import { atLeast, type Command, CommandError, type Invocation } from "../command.ts";
import { DETACH_KEYS } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { ENV_CHECK } from "../run-options/checks.ts";
import { readEnvironment } from "../run-options/key-value-files.ts";
import { openAttached } from "../terminal/attached.ts";
import { followTerminalSize } from "../terminal/tty-size.ts";
import { checkTerminal } from "./run.ts";

const FLAGS = defineFlags(
  `
-d, --detach | Detached mode: run command in the background
${DETACH_KEYS}
-e, --env list | Set environment variables
    --env-file list | Read in a file of environment variables
-i, --interactive | Keep STDIN open even if not attached
    --privileged | Give extended privileges to the command
-t, --tty | Allocate a pseudo-TTY
-u, --user string | Username or UID (format: "<name|uid>[:<group|gid>]")
-w, --workdir string | Working directory inside the container
`,
  ENV_CHECK,
);

export const execCommand: Command = {
  name: "exec",
  synopsis: "[OPTIONS] CONTAINER COMMAND [ARG...]",
  short: "Execute a command in a running container",
  alsoKnownAs: "docker container exec, docker exec",
  flags: FLAGS,
  takes: atLeast(2),
  interspersed: false,
  section: "common",
  run: exec,
};

async function exec(invocation: Invocation): Promise<number> {
  const { client, context, flags, arguments: words } = invocation;
  const [name = "", ...cmd] = words;
  const container = containerPath(name);
  const detach = flags.boolean("detach");
  const tty = flags.boolean("tty");
  const env = await readEnvironment(context, flags.list("env-file"), flags.list("env"));
  await client.send({ method: "GET", path: `${container}/json` });
  const stdin = !detach && flags.boolean("interactive");
  if (!detach) checkTerminal(context.stdin.isTerminal, stdin, tty);
  const consoleSize =
    tty && context.stdout.isTerminal ? [context.stdout.size().rows, context.stdout.size().columns] : undefined;
  const config = {
    User: flags.string("user"),
    Privileged: flags.boolean("privileged"),
    Tty: tty,
    ConsoleSize: consoleSize,
    AttachStdin: stdin,
    AttachStderr: !detach,
    AttachStdout: !detach,
    Detach: detach,
    DetachKeys: flags.string("detach-keys"),
    Env: env.length > 0 ? env : null,
    WorkingDir: flags.string("workdir"),
    Cmd: cmd,
  };
  const { Id: id } = await client.json<CreatedExec>({ method: "POST", path: `${container}/exec`, json: config });
  if (!id) throw new CommandError("exec ID empty");
  const start = {
    method: "POST",
    path: `/exec/${id}/start`,
    json: { Detach: detach, Tty: tty, ConsoleSize: consoleSize },
  } as const;
  if (!detach) return await interactive(invocation, id, { start, stdin, tty });
  await client.send(start);
  return 0;
}

async function interactive(
  { client, context, flags }: Invocation,
  id: string,
  { start, stdin, tty }: { start: Parameters<typeof client.call>[0]; stdin: boolean; tty: boolean },
): Promise<number> {
  using attached = await openAttached(context, client, {
    call: start,
    stdin,
    stdout: true,
    stderr: true,
    tty,
    detachKeys: flags.string("detach-keys"),
  });
  using _size = tty && context.stdin.isTerminal ? followTerminalSize(context, client, `/exec/${id}`) : undefined;
  if ((await attached.finished) === "detached") throw new CommandError("read escape sequence");
  const { ExitCode } = await client.json<ExecInspect>({ method: "GET", path: `/exec/${id}/json` });
  return ExitCode ?? 0;
}
