import { messageOf } from "../../base/errors.ts";
import type { WaitResult } from "../../wire/answers.ts";
import { atLeast, type Command, CommandError, type Invocation } from "../command.ts";
import { Client } from "../client.ts";
import { CONTAINER_FLAGS } from "../flags/container-flags.ts";
import { defineFlags } from "../flags/flag.ts";
import { say } from "../output.ts";
import { createBody, type CreateBody } from "../run-options/create-body.ts";
import { type Attached, openAttached } from "../terminal/attached.ts";
import { forwardSignals } from "../terminal/signals.ts";
import { followTerminalSize } from "../terminal/tty-size.ts";
import { checkPullPolicy, createContainer, startFailure, withHelp } from "./create-container.ts";

const FLAGS = [
  ...CONTAINER_FLAGS,
  ...defineFlags(`
-d, --detach | Run container in background and print container ID
    --detach-keys string | Override the key sequence for detaching a container
    --pull string | Pull image before running ("always", "missing", "never") (default "missing")
    --sig-proxy | Proxy received signals to the process (default true)
`),
].toSorted((a, b) => (a.name < b.name ? -1 : 1));

export const runCommand: Command = {
  name: "run",
  synopsis: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  short: "Create and run a new container from an image",
  alsoKnownAs: "docker container run, docker run",
  flags: FLAGS,
  takes: atLeast(1),
  interspersed: false,
  section: "common",
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const { context, flags, arguments: words } = invocation;
  const parsed = await (async () => {
    checkPullPolicy(flags.string("pull"));
    return await createBody(context, flags, words);
  })().catch((error: unknown) => {
    throw withHelp(messageOf(error), "run", 125, error);
  });
  const body = flags.boolean("detach") ? detachedBody(parsed, flags.has("attach")) : parsed;
  if (!flags.boolean("detach")) checkTerminal(context.stdin.isTerminal, body.AttachStdin, body.Tty);
  const id = await createContainer(invocation, body).catch((error: unknown) => {
    throw startFailure(error);
  });
  return await runCreated(invocation, body, id);
}

function detachedBody(body: CreateBody, attaches: boolean): CreateBody {
  if (attaches) throw new CommandError("conflicting options: cannot specify both --attach and --detach");
  return { ...body, AttachStdin: false, AttachStdout: false, AttachStderr: false, StdinOnce: false };
}

/** @throws CommandError */
export function checkTerminal(isTerminal: boolean, attachStdin: boolean, tty: boolean): void {
  if (attachStdin && tty && !isTerminal) throw new CommandError("the input device is not a TTY");
}

/** Attach, wait, start, in this order: nothing the container says or does is missed. */
async function runCreated(invocation: Invocation, body: CreateBody, id: string): Promise<number> {
  const { context, flags, interrupts } = invocation;
  // From here on Ctrl-C is the container's matter, not ours.
  const client = new Client(context.fetch, context.signal);
  using _interrupts = interrupts.takeOver();
  using _signals = flags.boolean("sig-proxy")
    ? forwardSignals(context, { client, interrupts, containerId: id })
    : undefined;
  const attaches = body.AttachStdin || body.AttachStdout || body.AttachStderr;
  if (!attaches) await say(context, id);
  using attached = attaches ? await attach(invocation, client, body, id) : undefined;
  const exit = await waitForExit(client, id, flags.boolean("rm"), context.signal);
  try {
    await client.send({ method: "POST", path: `/containers/${id}/start` });
  } catch (error) {
    attached?.[Symbol.dispose]();
    await attached?.finished.catch(() => undefined);
    if (flags.boolean("rm")) await exit.code;
    throw startFailure(error);
  }
  using _size =
    attaches && body.Tty && context.stdout.isTerminal
      ? followTerminalSize(context, client, `/containers/${id}`)
      : undefined;
  if (attached && (await attached.finished) === "detached") return 0;
  if (!body.AttachStdout && !body.AttachStderr) return 0;
  return await exit.code;
}

function attach({ context, flags }: Invocation, client: Client, body: CreateBody, id: string): Promise<Attached> {
  const detachKeys = flags.string("detach-keys");
  const query = {
    stream: true,
    stdin: body.AttachStdin,
    stdout: body.AttachStdout,
    stderr: body.AttachStderr,
    detachKeys,
  };
  return openAttached(context, client, {
    call: { method: "POST", path: `/containers/${id}/attach`, query },
    stdin: body.AttachStdin,
    stdout: body.AttachStdout || (body.Tty && body.AttachStderr),
    stderr: body.AttachStderr,
    tty: body.Tty,
    detachKeys,
  });
}

/** Begins to wait, and returns once the engine has taken note; `code` is 125 when the waiting itself fails. */
export async function waitForExit(
  client: Client,
  id: string,
  removed: boolean,
  signal: AbortSignal,
): Promise<{ readonly code: Promise<number> }> {
  const waiting = client.call({
    method: "POST",
    path: `/containers/${id}/wait`,
    query: { condition: removed ? "removed" : "next-exit" },
    signal,
  });
  const response = await waiting.catch(() => undefined);
  if (response?.body === undefined) return { code: Promise.resolve(125) };
  const code = new Response(response.body)
    .text()
    .then((text) => JSON.parse(text) as WaitResult)
    .then(({ StatusCode, Error: problem }) => (problem === undefined ? StatusCode : 125));
  const safe = code.catch(() => 125);
  return { code: safe };
}
