import type { CommandLine } from "./dockerfile.ts";
import type { InstructionNode } from "./instruction-node.ts";

/** Of `RUN`, `CMD`, `ENTRYPOINT`, `HEALTHCHECK CMD`: a JSON list is run as it is, all else is for the shell. */
export function commandLineOf(node: Pick<InstructionNode, "args" | "json" | "heredocs">): CommandLine {
  if (node.json) return { form: "exec", words: node.args };
  return { form: "shell", line: node.args.join(" "), heredocs: node.heredocs };
}
