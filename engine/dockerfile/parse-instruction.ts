/** The second half of parsing: what an instruction's arguments mean. BuildKit's `instructions/parse.go`. */
import { EngineError, messageOf } from "../base/errors.ts";
import { commandLineOf } from "./command-line.ts";
import { DockerfileError } from "./dockerfile-error.ts";
import type { ArgInstruction, FromInstruction, Instruction, Pair, Place } from "./dockerfile.ts";
import { quote, trimSpace } from "./go-text.ts";
import { parseFlags } from "./instruction-flags.ts";
import { INSTRUCTION_NAMES, type InstructionNode } from "./instruction-node.ts";
import { parseAdd, parseCopy } from "./parse-copy.ts";
import { parseHealthcheck } from "./parse-healthcheck.ts";
import { parseNodes } from "./parse-nodes.ts";
import { parseRun } from "./parse-run.ts";
import { didYouMean } from "./suggest.ts";

/** Any instruction of a Dockerfile. */
export type AnyInstruction = Instruction | FromInstruction;

/**
 * A single instruction that stands in no file: a trigger that `ONBUILD` kept, with its here-documents behind it.
 *
 * @throws DockerfileError
 */
export function parseInstruction(text: string): AnyInstruction {
  const { nodes } = parseNodes(text);
  const [node, extra] = nodes as [InstructionNode, InstructionNode?];
  if (extra !== undefined) throw new DockerfileError("onbuild trigger should be a single expression", extra.range);
  return parseInstructionNode(node);
}

/** @throws DockerfileError */
export function parseInstructionNode(node: InstructionNode): AnyInstruction {
  const place = { range: node.range, original: trimSpace(node.original) };
  try {
    const key = node.name.toUpperCase();
    if (Object.hasOwn(PARSERS, key)) return (PARSERS[key] as Parser)(node, place);
    throw invalid(`unknown instruction: ${node.name}${didYouMean(node.name, INSTRUCTION_NAMES, true)}`);
  } catch (error) {
    throw new DockerfileError(messageOf(error), node.range, { cause: error });
  }
}

type Parser = (node: InstructionNode, place: Place) => AnyInstruction;

const PARSERS: Readonly<Record<string, Parser>> = {
  ADD: parseAdd,
  ARG: parseArg,
  CMD: (node, place) => ({ ...place, name: "CMD", command: withoutFlags(node, commandLineOf) }),
  COPY: parseCopy,
  ENTRYPOINT: (node, place) => ({ ...place, name: "ENTRYPOINT", command: withoutFlags(node, commandLineOf) }),
  ENV: (node, place) => ({ ...place, name: "ENV", pairs: pairsOf("ENV", node) }),
  EXPOSE: (node, place) => ({ ...place, name: "EXPOSE", ports: atLeastOne("EXPOSE", node).toSorted() }),
  FROM: parseFrom,
  HEALTHCHECK: parseHealthcheck,
  LABEL: (node, place) => ({ ...place, name: "LABEL", pairs: pairsOf("LABEL", node) }),
  MAINTAINER: (node, place) => ({ ...place, name: "MAINTAINER", maintainer: exactlyOne("MAINTAINER", node) }),
  ONBUILD: parseOnbuild,
  RUN: parseRun,
  SHELL: parseShell,
  // The one that does not look at its flags.
  STOPSIGNAL: (node, place) => ({
    ...place,
    name: "STOPSIGNAL",
    signal: exactlyOne("STOPSIGNAL", { ...node, flags: [] }),
  }),
  USER: (node, place) => ({ ...place, name: "USER", user: exactlyOne("USER", node) }),
  VOLUME: parseVolume,
  WORKDIR: (node, place) => ({ ...place, name: "WORKDIR", path: exactlyOne("WORKDIR", node) }),
};

function withoutFlags<T>(node: InstructionNode, then: (node: InstructionNode) => T): T {
  parseFlags(node.flags, {});
  return then(node);
}

function atLeastOne(name: string, node: InstructionNode): readonly string[] {
  if (node.args.length === 0) throw invalid(`${name} requires at least one argument`);
  return withoutFlags(node, ({ args }) => args);
}

function exactlyOne(name: string, node: InstructionNode): string {
  const [first] = node.args;
  if (first === undefined || node.args.length > 1) throw invalid(`${name} requires exactly one argument`);
  return withoutFlags(node, () => first);
}

function pairsOf(name: string, node: InstructionNode): readonly Required<Pair>[] {
  parseFlags(node.flags, {});
  if (node.pairs.length === 0) throw invalid(`${name} requires at least one argument`);
  if (node.pairs.some((pair) => pair.name === "")) throw invalid(`${name} names can not be blank`);
  return node.pairs.map((pair) => ({ name: pair.name, value: pair.value }));
}

/** Its flags are not looked at. */
function parseArg(node: InstructionNode, place: Place): ArgInstruction {
  if (node.args.length === 0) throw invalid("ARG requires at least one argument");
  const pairs = node.args.map((arg) => {
    const equals = arg.indexOf("=");
    if (equals === 0) throw invalid("ARG names can not be blank");
    return equals < 0 ? { name: arg } : { name: arg.slice(0, equals), value: arg.slice(equals + 1) };
  });
  return { ...place, name: "ARG", pairs };
}

const STAGE_NAME = /^[a-z][a-z0-9\-_.]*$/;

function parseFrom({ args, flags }: InstructionNode, place: Place): FromInstruction {
  const [image, keyword, name] = args;
  const isNamed = args.length === 3 && keyword?.toLowerCase() === "as";
  if (image === undefined || (args.length !== 1 && !isNamed))
    throw invalid("FROM requires either one or three arguments");
  const as = isNamed ? name?.toLowerCase() : undefined;
  if (as !== undefined && !STAGE_NAME.test(as))
    throw invalid(
      `invalid name for build stage: ${quote(name ?? "")}, name can't start with a number or contain symbols`,
    );
  const { platform } = parseFlags(flags, { platform: "text" });
  return { ...place, name: "FROM", image, ...(platform && { platform }), ...(as && { as }) };
}

function parseOnbuild(node: InstructionNode, place: Place): Instruction {
  const trigger = trimSpace(atLeastOne("ONBUILD", node)[0] as string).toUpperCase();
  if (trigger === "ONBUILD") throw invalid("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (trigger === "MAINTAINER" || trigger === "FROM") throw invalid(`${trigger} isn't allowed as an ONBUILD trigger`);
  const expression = node.original.replace(/^[\t\n\f\r ]*ONBUILD[\t\n\f\r ]*/i, "");
  const documents = node.heredocs.map(({ source, name }) => `\n${source}${name}`);
  return { ...place, name: "ONBUILD", expression: [expression, ...documents].join("") };
}

function parseShell(node: InstructionNode, place: Place): Instruction {
  parseFlags(node.flags, {});
  if (node.args.length === 0) throw invalid("SHELL requires at least one argument");
  if (!node.json) throw invalid("SHELL requires the arguments to be in JSON form");
  return { ...place, name: "SHELL", words: node.args };
}

function parseVolume(node: InstructionNode, place: Place): Instruction {
  const paths = atLeastOne("VOLUME", node).map(trimSpace);
  if (paths.includes("")) throw invalid("VOLUME specified can not be an empty string");
  return { ...place, name: "VOLUME", paths };
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}
