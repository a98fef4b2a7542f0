import type { InstructionNode } from "../instruction-node.ts";
import type { CheckReport } from "./check-report.ts";

/** ConsistentInstructionCasing. Those in neither case count for neither side; those before the first stage are not looked at. */
export function checkCasing(nodes: readonly InstructionNode[], report: CheckReport): void {
  const first = nodes.findIndex(({ name }) => name.toLowerCase() === "from");
  const instructions = nodes.slice(first);
  const lower = instructions.filter(({ name }) => isLower(name)).length;
  const upper = instructions.filter(({ name }) => !isLower(name) && isUpper(name)).length;
  const majority = lower > upper ? "lowercase" : "uppercase";
  for (const { name, range } of instructions) {
    if (majority === "lowercase" ? isLower(name) : isUpper(name)) continue;
    report.add(
      "ConsistentInstructionCasing",
      range,
      `Command '${name}' should match the case of the command majority (${majority})`,
    );
  }
}

/** StageNameCasing and FromAsCasing. */
export function checkFromCasing({ name, args, range }: InstructionNode, report: CheckReport): void {
  const [, keyword = "", stage = ""] = args;
  if (args.length < 3) return;
  if (args.length === 3 && !isLower(stage))
    report.add("StageNameCasing", range, `Stage name '${stage}' should be lowercase`);
  // A `From` is the other rule's business.
  if (!isLower(name) && !isUpper(name)) return;
  if (isLower(name) ? !isLower(keyword) : !isUpper(keyword))
    report.add("FromAsCasing", range, `'${keyword}' and '${name}' keywords' casing do not match`);
}

function isLower(text: string): boolean {
  return text === text.toLowerCase();
}

function isUpper(text: string): boolean {
  return text === text.toUpperCase();
}
