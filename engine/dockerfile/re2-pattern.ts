/**
 * The part of Go's regular expressions that a file name pattern can turn into: characters, classes, `.`, groups, `*`, `?`, `^` and `$`.
 * Run as a set of states, so that no pattern and no name take more than their lengths multiplied.
 * https://github.com/google/re2/wiki/Syntax
 */
import { Re2Reader, type Re2Node } from "./re2-reader.ts";

/** Whether a regular expression is found in a text. */
export type Re2 = (text: string) => boolean;

type Step =
  | { readonly kind: "character"; readonly takes: (character: string) => boolean }
  | { readonly kind: "assertion"; readonly holds: (before: string | undefined, after: string | undefined) => boolean }
  | { readonly kind: "jump"; readonly to: number[] };

/** @throws BadPatternError where Go's `regexp.Compile` fails */
export function compileRe2(source: string): Re2 {
  const steps: Step[] = [];
  append(steps, new Re2Reader(source).read());
  return (text) => run(steps, Array.from(text));
}

function append(steps: Step[], node: Re2Node): void {
  if (node.kind === "sequence") {
    for (const child of node.nodes) append(steps, child);
    return;
  }
  if (node.kind !== "repeat") {
    steps.push(node);
    return;
  }
  // In front: into the body or past it. Behind the body of `*`: back to the front.
  const fork: { readonly kind: "jump"; readonly to: number[] } = { kind: "jump", to: [steps.length + 1] };
  const start = steps.push(fork) - 1;
  append(steps, node.node);
  if (node.many) steps.push({ kind: "jump", to: [start] });
  fork.to.push(steps.length);
}

/** The expression begins with `^`, so that only matches from the start count. */
function run(steps: readonly Step[], text: readonly string[]): boolean {
  let states = new Set([0]);
  for (let at = 0; at <= text.length; at += 1) {
    close(steps, states, text[at - 1], text[at]);
    if (states.has(steps.length)) return true;
    const next = new Set<number>();
    const character = text[at];
    if (character === undefined) break;
    for (const state of states) {
      const step = steps[state];
      if (step?.kind === "character" && step.takes(character)) next.add(state + 1);
    }
    states = next;
  }
  return false;
}

/** Adds all that can be reached without taking a character. */
function close(
  steps: readonly Step[],
  states: Set<number>,
  before: string | undefined,
  after: string | undefined,
): void {
  // A set's iteration goes on to what is added meanwhile.
  for (const state of states) {
    const step = steps[state];
    if (step?.kind === "jump") for (const to of step.to) states.add(to);
    else if (step?.kind === "assertion" && step.holds(before, after)) states.add(state + 1);
  }
}
