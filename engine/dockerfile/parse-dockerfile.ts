import { DockerfileError } from "./dockerfile-error.ts";
import type { ArgInstruction, Dockerfile, Instruction, Stage } from "./dockerfile.ts";
import type { InstructionNode } from "./instruction-node.ts";
import { parseInstructionNode, type AnyInstruction } from "./parse-instruction.ts";
import { parseNodes, type DockerfileNodes } from "./parse-nodes.ts";

/**
 * A Dockerfile as text, to its stages. Nothing is expanded or looked up.
 *
 * @throws DockerfileError in BuildKit's words
 */
export function parseDockerfile(text: string): Dockerfile {
  return stagesOf(parseNodes(text));
}

/** @throws DockerfileError */
export function stagesOf({ directives, nodes }: DockerfileNodes): Dockerfile {
  const metaArgs: ArgInstruction[] = [];
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  for (const node of nodes) {
    const instruction = parseNumbered(node);
    const stage = stages.at(-1);
    if (instruction.name === "FROM") stages.push({ from: instruction, instructions: [] });
    else if (stage !== undefined) stage.instructions.push(instruction);
    else if (instruction.name === "ARG") metaArgs.push(instruction);
    else throw new DockerfileError("no build stage in current context", node.range);
  }
  if (stages.length === 0)
    throw new DockerfileError("dockerfile contains no stages to build", metaArgs.at(-1)?.range ?? { start: 1, end: 1 });
  return { directives, metaArgs, stages };
}

function parseNumbered(node: InstructionNode): AnyInstruction {
  try {
    return parseInstructionNode(node);
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    throw new DockerfileError(`dockerfile parse error on line ${node.range.start}: ${error.message}`, error.range, {
      cause: error,
    });
  }
}
