import type { Client } from "../client.ts";
import type { CommandContext } from "../command-context.ts";
import type { Interrupts } from "./interrupts.ts";

/** Linux' signals by number, as `kill -l` names them. */
const NAMES = [
  "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
  "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
]; // prettier-ignore

/** The terminal was closed. */
export const SIGHUP = 1;
export const SIGINT = 2;
const SIGPIPE = 13;
export const SIGTERM = 15;
const SIGCHLD = 17;
const SIGURG = 23;
const SIGWINCH = 28;

/** `INT` for 2; undefined for what has no name. */
function signalName(signal: number): string | undefined {
  return NAMES[signal] || undefined;
}

/** Sends every signal that reaches the `docker` process to the container, until disposed. */
export function forwardSignals(
  context: CommandContext,
  options: { client: Client; interrupts: Interrupts; containerId: string },
): Disposable {
  const { client, interrupts, containerId } = options;
  const takeOver = interrupts.takeOver();
  const listening = context.onSignal((signal) => {
    const name = signalName(signal);
    if (name === undefined || [SIGCHLD, SIGURG, SIGPIPE, SIGWINCH].includes(signal)) return;
    // The container may have ended just now: then there is nobody to tell.
    client
      .send({
        method: "POST",
        path: `/containers/${containerId}/kill`,
        query: { signal: name },
        signal: context.signal,
      })
      .catch(() => undefined);
  });
  return {
    [Symbol.dispose]() {
      listening[Symbol.dispose]();
      takeOver[Symbol.dispose]();
    },
  };
}
