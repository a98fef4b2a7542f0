import { CommandError, type Invocation } from "../command.ts";
import { SIGHUP, SIGINT, SIGTERM } from "../terminal/signals.ts";

const CANCELED_EXIT = 130;

/** Rejects with the reason. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
  );
}

/** What buildx says in the end. */
export function canceled(): CommandError {
  return new CommandError("ERROR: failed to build: failed to solve: Canceled: context canceled", CANCELED_EXIT);
}

/** What Ctrl-C does to a build. */
export interface Cancelling extends Disposable {
  /** By which the engine knows the build. */
  readonly buildId: string;
  /** The engine has it: from then on it is asked to end it. */
  isStarted: boolean;
  readonly isCanceled: boolean;
  /** Ends what is sent before. */
  readonly sending: AbortSignal;
}

/** Ctrl-C ends the build in the engine, and so does the end of its terminal; the stream then tells what became of it. */
export function cancelOnInterrupt({ context, client, interrupts }: Invocation): Cancelling {
  const sending = new AbortController();
  const takeOver = interrupts.takeOver();
  const cancelling = {
    buildId: crypto.randomUUID() as string,
    isStarted: false,
    isCanceled: false,
    sending: sending.signal,
    [Symbol.dispose]() {
      listening[Symbol.dispose]();
      takeOver[Symbol.dispose]();
    },
  };
  const listening = context.onSignal((signal) => {
    if (signal !== SIGINT && signal !== SIGTERM && signal !== SIGHUP) return;
    cancelling.isCanceled = true;
    if (!cancelling.isStarted) return sending.abort(canceled());
    client
      .send({ method: "POST", path: "/build/cancel", query: { id: cancelling.buildId }, signal: context.signal })
      .catch(() => undefined);
  });
  return cancelling;
}
