import type { CommandContext } from "../command-context.ts";
import { CommandError } from "../command.ts";

/** What a shell shows for a process that wrote into a closed pipe. */
export const SIGPIPE_EXIT = 128 + 13;
const FORCED_AFTER = 3;
/** Signals that Docker's CLI takes as "stop what you do". */
const GRACEFUL: readonly number[] = [2, 15];
/** Signals whose default is to end the process at once: hang-up, quit, alarm, user 1 and 2. */
const FATAL: readonly number[] = [1, 3, 10, 12, 14];

/**
 * Ctrl-C and its kin for one command: they abort `signal`, unless the command has taken them over to pass them on to a container. The
 * third one ends the command whatever it does.
 */
export class Interrupts implements Disposable {
  readonly #controller = new AbortController();
  readonly #listening: Disposable;
  #owners = 0;
  #count = 0;
  #reject: (error: CommandError) => void = () => undefined;
  /** Rejects (and never resolves) when the command is to end without being asked. */
  readonly ended: Promise<never>;

  constructor(context: CommandContext) {
    this.ended = new Promise((_, reject) => (this.#reject = reject));
    this.ended.catch(() => undefined);
    this.#listening = context.onSignal((signal) => this.#receive(signal));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  takeOver(): Disposable {
    this.#owners += 1;
    return { [Symbol.dispose]: () => void (this.#owners -= 1) };
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  #receive(signal: number): void {
    if (GRACEFUL.includes(signal)) {
      this.#count += 1;
      if (this.#count >= FORCED_AFTER)
        this.#end(new CommandError(`\ngot ${FORCED_AFTER} SIGTERM/SIGINTs, forcefully exiting`, 1));
    }
    if (this.#owners > 0 || (!GRACEFUL.includes(signal) && !FATAL.includes(signal))) return;
    this.#end(new CommandError("", 128 + signal));
  }

  #end(error: CommandError): void {
    this.#reject(error);
    this.#controller.abort(error);
  }
}
