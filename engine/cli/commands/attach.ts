import type { ContainerInspect } from "../../wire/container-inspect.ts";
import { Client, containerPath } from "../client.ts";
import { type Command, CommandError, exactly, type Invocation } from "../command.ts";
import { DETACH_KEYS } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { openAttached } from "../terminal/attached.ts";
import { forwardSignals } from "../terminal/signals.ts";
import { followTerminalSize, resizeTo } from "../terminal/tty-size.ts";
import { checkTerminal } from "./run.ts";
import type { WaitResult } from "../../wire/answers.ts";

const FLAGS = defineFlags(`
${DETACH_KEYS}
    --no-stdin | Do not attach STDIN
    --sig-proxy | Proxy all received signals to the process (default true)
`);

export const attachCommand: Command = {
  name: "attach",
  synopsis: "[OPTIONS] CONTAINER",
  short: "Attach local standard input, output, and error streams to a running container",
  alsoKnownAs: "docker container attach, docker attach",
  flags: FLAGS,
  takes: exactly(1),
  run: attach,
};

async function attach({ context, flags, interrupts, arguments: [name = ""] }: Invocation): Promise<number> {
  const client = new Client(context.fetch, context.signal);
  const path = containerPath(name);
  const { Id, Config } = await inspectRunning(client, path);
  const wantsStdin = !flags.boolean("no-stdin");
  checkTerminal(context.stdin.isTerminal, wantsStdin, Config.Tty);
  const waiting = client.json<WaitResult>({ method: "POST", path: `/containers/${Id}/wait` });
  waiting.catch(() => undefined);
  const stdin = wantsStdin && Config.OpenStdin;
  const proxies = flags.boolean("sig-proxy") && !Config.Tty;
  using _signals = proxies ? forwardSignals(context, { client, interrupts, containerId: Id }) : undefined;
  const detachKeys = flags.string("detach-keys");
  const query = { stream: true, stdin, stdout: true, stderr: true, detachKeys };
  using attached = await openAttached(context, client, {
    call: { method: "POST", path: `${path}/attach`, query },
    stdin,
    stdout: true,
    stderr: true,
    tty: Config.Tty,
    detachKeys,
  });
  // It may have ended since: then nothing would ever end the attachment.
  await inspectRunning(client, path);
  using _size =
    Config.Tty && context.stdout.isTerminal ? await redraw(client, context, `/containers/${Id}`) : undefined;
  if ((await Promise.race([attached.finished, interrupted(interrupts.signal)])) === "detached")
    throw new CommandError("read escape sequence");
  const { StatusCode, Error: problem } = await waiting;
  if (problem !== undefined) throw new CommandError(problem.Message);
  return StatusCode;
}

async function inspectRunning(client: Client, path: string): Promise<ContainerInspect> {
  const container = await client.json<ContainerInspect>({ method: "GET", path: `${path}/json` });
  const { State } = container;
  if (!State.Running) throw new CommandError("You cannot attach to a stopped container, start it first");
  if (State.Paused) throw new CommandError("You cannot attach to a paused container, unpause it first");
  if (State.Restarting) throw new CommandError("You cannot attach to a restarting container, wait until it is running");
  return container;
}

/** A size that differs for a moment makes a shell draw its prompt again. */
async function redraw(client: Client, context: Invocation["context"], path: string): Promise<Disposable> {
  const { rows, columns } = context.stdout.size();
  await resizeTo(client, path, { rows: rows + 1, columns: columns + 1 }).catch(() => undefined);
  return followTerminalSize(context, client, path);
}

function interrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
