import { DockerfileError } from "../../dockerfile/dockerfile-error.ts";
import type { Instruction, Stage } from "../../dockerfile/dockerfile.ts";

/** What a stage takes from another, and where it says so. */
interface Need {
  readonly stage: number;
  readonly range: Instruction["range"];
}

/**
 * Looks at how the stages of a file need each other before any image is asked for, also those that are not built (BuildKit's
 * `validateCircularDependency` and `findStateByIndex`).
 *
 * @param bases what each `FROM` names, variables replaced
 * @param isElsewhere whether a name is that of a named context
 * @throws DockerfileError
 */
export function checkStages(
  stages: readonly Stage[],
  bases: readonly string[],
  isElsewhere: (name: string) => boolean,
): void {
  const named = (name: string, end: number): number =>
    stages.slice(0, end).findLastIndex(({ from }) => from.as === name.toLowerCase());
  const needs = stages.map(({ from, instructions }, index) => {
    const name = bases[index] ?? "";
    const base = isElsewhere(name) || name !== name.toLowerCase() ? -1 : named(name, index);
    const sources = instructions.flatMap((instruction) =>
      sourcesOf(instruction)
        .filter((source) => !isElsewhere(source.name))
        .map(({ name, isNumber }) => ({
          stage: isNumber ? numbered(Number(name), stages.length, instruction) : named(name, stages.length),
          range: instruction.range,
        })),
    );
    return [{ stage: base, range: from.range }, ...sources].filter(({ stage }) => stage >= 0);
  });
  checkCircles(stages, needs);
}

function sourcesOf(instruction: Instruction): readonly { readonly name: string; readonly isNumber: boolean }[] {
  if (instruction.name === "COPY" || instruction.name === "ADD") {
    const { from: name } = instruction;
    return name === undefined ? [] : [{ name, isNumber: /^\d+$/.test(name) }];
  }
  if (instruction.name !== "RUN") return [];
  return instruction.mounts.flatMap(({ text }) => {
    const name = /(?:^|,)from=([^,]+)/.exec(text)?.[1];
    return name === undefined ? [] : [{ name, isNumber: false }];
  });
}

function numbered(index: number, count: number, { range }: Instruction): number {
  if (index < count) return index;
  throw new DockerfileError(`invalid stage index ${index}`, range);
}

function checkCircles(stages: readonly Stage[], needs: readonly (readonly Need[])[]): void {
  const visited = new Set<number>();
  const visit = (stage: number, path: ReadonlySet<number>): Need | undefined => {
    if (visited.has(stage)) return undefined;
    visited.add(stage);
    const longer = new Set([...path, stage]);
    for (const need of needs[stage] ?? []) {
      const found = longer.has(need.stage) ? need : visit(need.stage, longer);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  for (const [index, { from }] of stages.entries()) {
    const found = visit(index, new Set());
    if (found === undefined) continue;
    const message = `circular dependency detected on stage: ${from.as ?? `stage-${index}`}`;
    throw new DockerfileError(message, found.range);
  }
}
