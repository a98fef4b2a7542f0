import { EngineError } from "../base/errors.ts";
import type { CopyInstruction, Heredoc, Place } from "./dockerfile.ts";
import { parseHeredocMark } from "./heredoc.ts";
import { parseFlags } from "./instruction-flags.ts";
import type { InstructionNode } from "./instruction-node.ts";

const SHARED = { chown: "text", chmod: "text", link: "boolean", exclude: "list" } as const;
const COPY_FLAGS = { ...SHARED, from: "text", parents: "boolean" } as const;
const ADD_FLAGS = { ...SHARED, "keep-git-dir": "boolean", checksum: "text", unpack: "boolean" } as const;

/** @throws EngineError */
export function parseCopy(node: InstructionNode, place: Place): CopyInstruction {
  const common = checkArguments("COPY", node);
  const { exclude = [], ...flags } = parseFlags(node.flags, COPY_FLAGS);
  return { ...place, name: "COPY", ...sourcesOf("COPY", common, node), exclude, ...flags };
}

/** @throws EngineError */
export function parseAdd(node: InstructionNode, place: Place): CopyInstruction {
  const common = checkArguments("ADD", node);
  const { exclude = [], "keep-git-dir": keepGitDir, ...flags } = parseFlags(node.flags, ADD_FLAGS);
  const sources = sourcesOf("ADD", common, node);
  return { ...place, name: "ADD", ...sources, exclude, ...flags, ...(keepGitDir !== undefined && { keepGitDir }) };
}

interface Arguments {
  readonly words: readonly string[];
  readonly destination: string;
}

function checkArguments(name: string, { args }: InstructionNode): Arguments {
  const destination = args.at(-1);
  if (args.length >= 2 && destination !== undefined) return { words: args.slice(0, -1), destination };
  throw invalid(
    `${name} requires at least two arguments, but only one was provided. Destination could not be determined`,
  );
}

function sourcesOf(
  name: string,
  { words, destination }: Arguments,
  { heredocs }: InstructionNode,
): Pick<CopyInstruction, "sources" | "heredocs" | "destination"> {
  if (parseHeredocMark(destination) !== undefined) throw invalid(`${name} cannot accept a heredoc as a destination`);
  const sources: string[] = [];
  const documents: Heredoc[] = [];
  for (const word of words) {
    const mark = parseHeredocMark(word);
    if (mark === undefined) sources.push(word);
    else {
      // Of two with one name the later one counts.
      const found = heredocs.findLast(({ name }) => name === mark.name);
      documents.push({ ...mark, content: found?.content ?? "", source: found?.source ?? "" });
    }
  }
  return { sources, heredocs: documents, destination };
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}
