/** Commands that are no more than their flags and the question they begin with: what the engine answers is its refusal. */
import { messageOf } from "../../../base/errors.ts";
import { type ApiCall, pathName } from "../../client.ts";
import { type ArgumentCount, type Command, CommandError, type Invocation } from "../../command.ts";
import { defineFlags } from "../../flags/flag.ts";
import { print } from "../../output.ts";

/**
 * A table of commands below `docker GROUP`: `name SYNOPSIS | what it does`, with `!` in front one that help hides; below it, indented,
 * `= other names`, `> METHOD /path/{}` ({}: the first argument; `> each …`: every argument in turn; a comment in `#` is put in front of a refusal, `{}` in it too),
 * `~ what it says outside of a swarm`, and its flags, a line each. What asks nothing fails with its path followed by `refusal`.
 */
export function askingCommands(group: string, table: string, refusal = ": not supported yet"): readonly Command[] {
  const drafts: { head: string; lines: string[] }[] = [];
  for (const line of table.split("\n").filter((text) => text.trim() !== "")) {
    if (/^\S/.test(line) && !line.startsWith("|")) drafts.push({ head: line, lines: [] });
    else drafts.at(-1)?.lines.push(line.trim());
  }
  return drafts.map(({ head, lines }) => toCommand(group, head, lines, refusal));
}

function toCommand(group: string, head: string, lines: readonly string[], refusal: string): Command {
  const [, mark, name = "", synopsis = "", short = ""] = /^(!?)([\w-]+)(?: (.*?))? \| (.*)$/.exec(head) ?? [];
  const after = (sign: string): string | undefined => lines.find((line) => line.startsWith(sign))?.slice(sign.length);
  const aliases = after("= ")?.split(" ");
  const question = after("> ");
  const outside = after("~ ");
  const flags = lines.filter((line) => !/^[=>~] /.test(line));
  return {
    name,
    synopsis,
    short,
    ...(aliases && {
      aliases,
      alsoKnownAs: [name, ...aliases].map((alias) => `docker ${group} ${alias}`).join(", "),
    }),
    flags: defineFlags(flags.join("\n")),
    takes: countOf(synopsis),
    hidden: mark === "!",
    run: (invocation) =>
      question === undefined ? refuse(outside ?? `${invocation.path}${refusal}`) : ask(invocation, question, refusal),
  };
}

/** `NAME [NAME...]` is one at least. */
function countOf(synopsis: string): ArgumentCount {
  const words = synopsis.split(" ").filter((word) => !["", "OPTIONS", "[OPTIONS]"].includes(word));
  const min = words.filter((word) => !word.startsWith("[") || !word.endsWith("]")).length;
  return words.some((word) => word.endsWith("...]")) ? { min } : { min, max: words.length };
}

async function ask(invocation: Invocation, question: string, refusal: string): Promise<number> {
  const { client, context, path, flags, arguments: words, signal } = invocation;
  const [call = "", prefix = ""] = question.replace(/^each /, "").split(" # ");
  const problems: string[] = [];
  for (const word of question.startsWith("each ") ? words : [words[0] ?? ""]) {
    const name = word.split("=")[0] as string;
    try {
      await client.send(callOf(call, name));
      problems.push(`${path}${refusal}`);
    } catch (error) {
      signal.throwIfAborted();
      problems.push(`${prefix === "" ? "" : `${prefix.replace("{}", name)}: `}${messageOf(error)}`);
    }
  }
  // Docker's `inspect` shows the list of what it has found, and that is empty.
  if (path.endsWith(" inspect")) await print(context.stdout, flags.string("format") === "" ? "[]\n" : "\n");
  throw new CommandError(problems.join("\n"));
}

function callOf(question: string, word: string): ApiCall {
  const [method, target] = question.split(" ") as [ApiCall["method"], string];
  const [path = "", query] = target.replace("{}", pathName(word)).split("?");
  return {
    method,
    path,
    ...(query !== undefined && { query: Object.fromEntries(new URLSearchParams(query)) }),
    ...(method === "POST" && { json: {} }),
  };
}

async function refuse(message: string): Promise<never> {
  throw new CommandError(message.replaceAll("\\n", "\n"));
}
