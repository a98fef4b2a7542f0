import type { FlagValues } from "./args.ts";
import type { Client } from "./client.ts";
import type { CommandContext } from "./command-context.ts";
import type { Interrupts } from "./terminal/interrupts.ts";
import type { Flag } from "./flags/flag.ts";

/** A command, or a group of them: the one table from which help is printed and by which arguments are understood. */
export interface Command {
  readonly name: string;
  /** Other names below the same parent. */
  readonly aliases?: readonly string[];
  /** Follows the command's path in its usage line: `[OPTIONS] CONTAINER [CONTAINER...]`. */
  readonly synopsis: string;
  readonly short: string;
  /** Help's first paragraph, where it is not `short`. */
  readonly long?: string;
  /** Said on stderr before anything else. */
  readonly warning?: string;
  /** Help says so. */
  readonly experimental?: boolean;
  /** The engine does not offer it: this, after its path, is all that it and its help say. */
  readonly unavailable?: string;
  /** What the parent's help calls it, where that is not its name. */
  readonly listedAs?: string;
  /** The last line of its help. */
  readonly epilogue?: string;
  /** The line below `Aliases:`. */
  readonly alsoKnownAs?: string;
  readonly flags: readonly Flag[];
  readonly takes?: ArgumentCount;
  /** Flags are not looked at: all words are arguments. */
  readonly takesAnything?: boolean;
  /** False: the first argument ends the flags, what follows belongs to the container's command. */
  readonly interspersed?: boolean;
  /** Where the parent's help lists it. */
  readonly section?: Section | undefined;
  readonly hidden?: boolean;
  readonly children?: readonly Command[];
  /** @returns the exit code. Errors are thrown: {@link CommandError}, `ApiError`, or plain ones */
  readonly run?: (invocation: Invocation) => Promise<number>;
}

export type Section = "common" | "management" | "swarm";

/** A command with its arguments and its world. */
export interface Invocation {
  readonly command: Command;
  /** `docker container rm` */
  readonly path: string;
  readonly flags: FlagValues;
  readonly arguments: readonly string[];
  readonly context: CommandContext;
  readonly client: Client;
  /** Aborted by Ctrl-C (when nothing else takes the signal) and when the process is gone. */
  readonly signal: AbortSignal;
  readonly interrupts: Interrupts;
  /** `docker --debug`, or the command's own flag. */
  readonly debug: boolean;
  /** Where the user's `config.json` is. */
  readonly configDirectory: string;
}

/** How many arguments a command takes; `max` undefined: any number. */
export interface ArgumentCount {
  readonly min: number;
  readonly max?: number;
}

export const NO_ARGUMENTS: ArgumentCount = { min: 0, max: 0 };
export const exactly = (count: number): ArgumentCount => ({ min: count, max: count });
export const atLeast = (min: number): ArgumentCount => ({ min });
export const between = (min: number, max: number): ArgumentCount => ({ min, max });

/** An error with an exit code of its own. The message is printed as it is; an empty one prints nothing. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(message: string, exitCode = 1, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

interface ArgumentProblem {
  readonly message: string;
  /** How the line that points to help begins. */
  readonly hint: "Run" | "See" | "SRun";
}

/** The message that tells of a wrong number of arguments, or undefined. Docker's ends differ for no good reason, and are kept. */
export function argumentProblem(takes: ArgumentCount, count: number, path: string): ArgumentProblem | undefined {
  const { min, max } = takes;
  if (count >= min && (max === undefined || count <= max)) return undefined;
  const some = (number: number): string => `${number} argument${number === 1 ? "" : "s"}`;
  const say = (text: string, hint: ArgumentProblem["hint"] = "Run"): ArgumentProblem => ({
    message: `'${path}' ${text}`,
    hint,
  });
  if (max === 0) return say("accepts no arguments");
  if (max === undefined) return say(`requires at least ${some(min)}`, "See");
  if (min === max) return say(`requires ${some(min)}`);
  if (min === 0) return say(`requires at most ${some(max)}`, "SRun");
  return say(`requires at least ${min} and at most ${some(max)}`);
}
