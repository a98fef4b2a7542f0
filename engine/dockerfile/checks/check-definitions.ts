import type { AnyInstruction } from "../parse-instruction.ts";
import type { InstructionNode } from "../instruction-node.ts";
import type { CheckReport } from "./check-report.ts";
import { quote } from "../go-text.ts";
import type { Stage } from "../dockerfile.ts";

/** InvalidDefinitionDescription: the comment above an `ARG` or a stage begins with the name of what it describes. */
export function checkDescription(instruction: AnyInstruction, node: InstructionNode, report: CheckReport): void {
  if (instruction.name !== "FROM" && instruction.name !== "ARG") return;
  const names = instruction.name === "ARG" ? instruction.pairs.map(({ name }) => name) : [instruction.as ?? ""];
  const described = node.comments.at(-1)?.split(" ", 1)[0];
  if (described === undefined || names[0] === "" || names.includes(described)) return;
  const example = names.length > 1 ? "<arg_key>" : names[0];
  report.add(
    "InvalidDefinitionDescription",
    node.range,
    `Comment for ${instruction.name} should follow the format: \`# ${example} <description>\``,
  );
}

const RESERVED: ReadonlySet<string> = new Set(["context", "scratch"]);

/** ReservedStageName and DuplicateStageName. */
export function checkStageNames(stages: readonly Stage[], report: CheckReport): void {
  const seen = new Set<string>();
  for (const { from } of stages) {
    if (from.as === undefined) continue;
    if (RESERVED.has(from.as))
      report.add(
        "ReservedStageName",
        from.range,
        `Stage name should not use the same name as reserved stage ${quote(from.as)}`,
      );
    if (seen.has(from.as))
      report.add(
        "DuplicateStageName",
        from.range,
        `Duplicate stage name ${quote(from.as)}, stage names should be unique`,
      );
    seen.add(from.as);
  }
}
