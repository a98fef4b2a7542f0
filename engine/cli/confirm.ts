import { CommandError, type Invocation } from "./command.ts";
import type { CommandContext } from "./command-context.ts";
import { LineInput } from "./line-input.ts";
import { print } from "./output.ts";
import { SIGINT, SIGTERM } from "./terminal/signals.ts";

/** Asks; everything but `y` is a no, Ctrl-C too. */
export async function confirms(
  { context, interrupts }: Pick<Invocation, "context" | "interrupts">,
  question: string,
): Promise<boolean> {
  await print(context.stdout, `${question} [y/N] `);
  using _interrupts = interrupts.takeOver();
  const answer = await Promise.race([new LineInput(context).readLine(), interrupted(context)]);
  if (answer === undefined) await print(context.stdout, "\n");
  return answer?.trim().toLowerCase() === "y";
}

/** Asks unless `--force`; a no ends the command. @throws CommandError with exit code 0 */
export async function confirmOrEnd(invocation: Invocation, question: string): Promise<void> {
  if (invocation.flags.boolean("force")) return;
  if (!(await confirms(invocation, question))) throw new CommandError("", 0);
}

/** The question that Docker ends its warnings with. */
export const SURE = "Are you sure you want to continue?";

function interrupted(context: CommandContext): Promise<undefined> {
  return new Promise((resolve) => {
    const listening = context.onSignal((signal) => {
      if (signal !== SIGINT && signal !== SIGTERM) return;
      listening[Symbol.dispose]();
      resolve(undefined);
    });
  });
}
