import { goQuote } from "./flags/go-values.ts";
import type { CommandContext, CommandOutput } from "./command-context.ts";

/** Writes text as it is. */
export function print(output: CommandOutput, text: string): Promise<void> {
  return text === "" ? Promise.resolve() : output.write(text);
}

/** Writes a line to stdout. */
export function say({ stdout }: CommandContext, line: string): Promise<void> {
  return stdout.write(`${line}\n`);
}

/** Writes a line to stderr. */
export function complain({ stderr }: CommandContext, line: string): Promise<void> {
  return stderr.write(`${line}\n`);
}

/** A warning as Docker's client logs it. */
export function warn(context: CommandContext, message: string): Promise<void> {
  const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  return complain(context, `time="${time}" level=warning msg=${goQuote(message)}`);
}
