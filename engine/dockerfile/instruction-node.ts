/** An instruction's line with its arguments, before their number and sense are checked. BuildKit's `parser/line_parsers.go`. */
import { EngineError } from "../base/errors.ts";
import type { Heredoc, LineRange } from "./dockerfile.ts";
import { isSpace, quote, trimLeft } from "./go-text.ts";
import { splitCommand, splitFields, splitFirst, splitWords } from "./split-words.ts";

/** `A=b`, or `A b` in the old form. */
export interface NodePair {
  readonly name: string;
  readonly value: string;
  readonly isOldForm: boolean;
}

/** What a line alone tells. */
export interface InstructionLine {
  /** As written: `RUN`, `run`, `RUNN`. */
  readonly name: string;
  readonly flags: readonly string[];
  readonly args: readonly string[];
  /** Of `ENV` and `LABEL`, instead of arguments. */
  readonly pairs: readonly NodePair[];
  /** The arguments were a JSON list. */
  readonly json: boolean;
  /** The line, continuations joined. */
  readonly original: string;
  /** Of `ONBUILD`. */
  readonly trigger?: InstructionLine;
}

/** With what stands around the line. */
export interface InstructionNode extends InstructionLine {
  readonly heredocs: readonly Heredoc[];
  readonly range: LineRange;
  /** The comments right above, without their `#`. */
  readonly comments: readonly string[];
}

type Arguments = Partial<Pick<InstructionLine, "args" | "pairs" | "json" | "trigger">>;
type ArgumentParser = (rest: string, escape: string) => Arguments;

const PARSERS: Readonly<Record<string, ArgumentParser>> = {
  add: jsonOrFields,
  arg: (rest, escape) => ({ args: splitWords(rest, escape) }),
  cmd: jsonOrLine,
  copy: jsonOrFields,
  entrypoint: jsonOrLine,
  env: (rest, escape) => ({ pairs: pairsOf("ENV", rest, escape) }),
  expose: fields,
  from: fields,
  healthcheck: typeAndCommand,
  label: (rest, escape) => ({ pairs: pairsOf("LABEL", rest, escape) }),
  maintainer: line,
  onbuild: trigger,
  run: jsonOrLine,
  shell: jsonOrLine,
  stopsignal: line,
  user: line,
  volume: jsonOrFields,
  workdir: line,
};

/** Every instruction there is, in capitals. */
export const INSTRUCTION_NAMES: readonly string[] = Object.keys(PARSERS).map((name) => name.toUpperCase());

/** An unknown instruction is no error yet. @throws EngineError */
export function parseNode(text: string, escape: string): InstructionLine {
  const { name, flags, rest } = splitCommand(text, escape);
  const key = name.toLowerCase();
  const parser = Object.hasOwn(PARSERS, key) ? PARSERS[key] : undefined;
  return { name, flags, args: [], pairs: [], json: false, original: text, ...parser?.(rest, escape) };
}

function fields(rest: string): Arguments {
  return { args: splitFields(rest) };
}

function line(rest: string): Arguments {
  return { args: rest === "" ? [] : [rest] };
}

function jsonOrLine(rest: string): Arguments {
  const list = jsonList(rest);
  return list === undefined ? line(rest) : { args: list, json: true };
}

function jsonOrFields(rest: string): Arguments {
  const list = jsonList(rest);
  return list === undefined ? fields(rest) : { args: list, json: true };
}

/** Undefined for what is no JSON list. @throws EngineError when its items are not all strings */
function jsonList(rest: string): readonly string[] | undefined {
  if (!trimLeft(rest).startsWith("[")) return undefined;
  let list: unknown;
  try {
    list = JSON.parse(trimLeft(rest));
  } catch {
    return undefined;
  }
  if (!Array.isArray(list)) return undefined;
  if (list.every((item) => typeof item === "string")) return list;
  throw invalid("when using JSON array syntax, arrays must be comprised of strings only");
}

/** `HEALTHCHECK CMD …`: the type, then a command. */
function typeAndCommand(rest: string): Arguments {
  let end = 0;
  while (end < rest.length && !isSpace(rest[end] as string)) end += 1;
  if (end === 0) return {};
  const command = jsonOrLine(trimLeft(rest.slice(end)));
  return { ...command, args: [rest.slice(0, end), ...(command.args ?? [])] };
}

function trigger(rest: string, escape: string): Arguments {
  if (rest === "") return {};
  const node = parseNode(rest, escape);
  return { trigger: node, args: [node.name], json: node.json };
}

/** `A=b "C D"=e`, or the old form `A the rest`. */
function pairsOf(instruction: string, rest: string, escape: string): readonly NodePair[] {
  const words = splitWords(rest, escape);
  if (words[0] === undefined) return [];
  if (!words[0].includes("=")) {
    const [name, value] = splitFirst(rest);
    if (value === undefined) throw invalid(`${instruction} must have two arguments`);
    return [{ name, value, isOldForm: true }];
  }
  return words.map((word) => {
    const equals = word.indexOf("=");
    if (equals < 0) throw invalid(`Syntax error - can't find = in ${quote(word)}. Must be of the form: name=value`);
    return { name: word.slice(0, equals), value: word.slice(equals + 1), isOldForm: false };
  });
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}
