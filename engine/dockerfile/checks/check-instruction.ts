import { EngineError } from "../../base/errors.ts";
import { cleanPath } from "../clean-path.ts";
import type { DockerIgnore } from "../docker-ignore.ts";
import type { ArgInstruction, CopyInstruction, Instruction } from "../dockerfile.ts";
import { expandedWords } from "../expanded-words.ts";
import { expandHeredoc, expandWord, expandWords, type ExpandOptions } from "../expand-word.ts";
import { parseExposedPorts, splitExposed } from "../exposed-ports.ts";
import { quote } from "../go-text.ts";
import type { InstructionNode } from "../instruction-node.ts";
import { parseRunMount } from "../parse-run-mount.ts";
import { BUILDER_ARGS } from "../predefined-args.ts";
import { didYouMean } from "../suggest.ts";
import type { CheckReport } from "./check-report.ts";
import { checkSecret } from "./check-secrets.ts";
import type { StageScope } from "./stage-scope.ts";

/** What an instruction is checked against. It changes `scope` as it would change a build. */
export interface InstructionContext {
  readonly scope: StageScope;
  readonly report: CheckReport;
  readonly escape: string;
  /** As written, with its name. */
  readonly node: InstructionNode;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly globalArgs: ReadonlyMap<string, string>;
  readonly dockerIgnore?: DockerIgnore;
}

/** @throws EngineError where the build would fail */
export function checkInstruction(instruction: Instruction, context: InstructionContext): void {
  const { scope, report } = context;
  const expand = (word: string): string => expandReporting(word, instruction, context);
  const words = expandedWords(instruction).map(expand);
  switch (instruction.name) {
    case "ARG":
      return checkArg(instruction, context);
    case "ENV":
      return checkEnv(instruction.pairs.length, words, context);
    case "LABEL":
      return checkOldForm(context);
    case "RUN":
      for (const { text } of instruction.mounts) parseRunMount(text, expand);
      return;
    case "COPY":
    case "ADD":
      return checkCopy(instruction, words, context);
    case "WORKDIR":
      return checkWorkdir(words[0] ?? "", context);
    case "CMD":
    case "ENTRYPOINT":
      checkUsedOnce(instruction, context);
      if (instruction.command.form === "shell" && !scope.hasShell)
        report.add(
          "JSONArgsRecommended",
          instruction.range,
          `JSON arguments recommended for ${context.node.name} to prevent unintended behavior related to OS signals`,
        );
      return;
    case "HEALTHCHECK":
      return checkUsedOnce(instruction, context);
    case "EXPOSE":
      return checkExpose(instruction.ports, instruction, context);
    case "SHELL":
      scope.hasShell = true;
      return;
    case "ONBUILD":
      scope.onBuild.push(instruction.expression);
      return;
    default:
      return;
  }
}

/** WorkdirRelativePath: only the first one can be wrong, it makes the others right. */
function checkWorkdir(path: string, { scope, report, node }: InstructionContext): void {
  if (!scope.hasWorkdir && !path.startsWith("/"))
    report.add(
      "WorkdirRelativePath",
      node.range,
      `Relative workdir ${quote(path)} can have unexpected results if the base image changes`,
    );
  scope.hasWorkdir = true;
}

/** UndefinedVar: one finding for each word and name. */
function expandReporting(
  word: string,
  { range }: Instruction,
  { scope, report, escape }: InstructionContext,
  expand: (word: string, lookup: (name: string) => string | undefined, options: ExpandOptions) => string = expandWord,
): string {
  const unknown = new Set<string>();
  try {
    return expand(word, (name) => scope.env.get(name), {
      escape,
      onVariable: (name, value) => {
        if (value === undefined && !scope.declared.has(name) && !BUILDER_ARGS.has(name)) unknown.add(name);
      },
    });
  } finally {
    if (scope.isEnvKnown)
      for (const name of unknown)
        report.add(
          "UndefinedVar",
          range,
          `Usage of undefined variable '$${name}'${didYouMean(name, scope.env.keys()).replace("mean ", "mean $")}`,
        );
  }
}

function checkArg(instruction: ArgInstruction, context: InstructionContext): void {
  const { scope, buildArgs, globalArgs, report } = context;
  for (const { name, value } of instruction.pairs) {
    checkSecret("ARG", name, instruction.range, report);
    const given = buildArgs.get(name);
    const fallback = value === undefined ? globalArgs.get(name) : undefined;
    const found = given ?? fallback ?? (value === undefined ? undefined : expandReporting(value, instruction, context));
    if (found !== undefined && !BUILDER_ARGS.has(name)) scope.env.set(name, found);
    scope.declared.add(name);
  }
}

function checkEnv(count: number, words: readonly string[], context: InstructionContext): void {
  checkOldForm(context);
  for (let index = 0; index < count; index += 1) {
    const [name = "", value = ""] = words.slice(index * 2);
    checkSecret("ENV", name, context.node.range, context.report);
    context.scope.env.set(name, value);
  }
}

/** LegacyKeyValueFormat. */
function checkOldForm({ node, report }: InstructionContext): void {
  for (const { isOldForm } of node.pairs)
    if (isOldForm)
      report.add(
        "LegacyKeyValueFormat",
        node.range,
        `"${node.name} key=value" should be used instead of legacy "${node.name} key value" format`,
      );
}

/** MultipleInstructionsDisallowed: found at the earlier one, which does nothing. */
function checkUsedOnce({ name, range }: Instruction, { scope, report, node }: InstructionContext): void {
  const earlier = scope.used.get(name);
  if (earlier !== undefined)
    report.add(
      "MultipleInstructionsDisallowed",
      earlier,
      `Multiple ${node.name} instructions should not be used in the same stage because only the last one will be used`,
    );
  scope.used.set(name, range);
}

const REMOTE = /^(?:https?|git|ssh):\/\/|^git@/;

/** CopyIgnoredFile. */
function checkCopy(instruction: CopyInstruction, words: readonly string[], context: InstructionContext): void {
  for (const { expand, content } of instruction.heredocs)
    if (expand) expandReporting(content, instruction, context, expandHeredoc);
  checkSourceStage(instruction, context);
  const { dockerIgnore, report } = context;
  // With exceptions nobody can tell without the files.
  if (instruction.from !== undefined || dockerIgnore === undefined || dockerIgnore.hasExceptions) return;
  const verb = instruction.name === "ADD" ? "Add" : "Copy";
  for (const source of words.slice(-1 - instruction.sources.length, -1)) {
    if (REMOTE.test(source)) continue;
    const path = cleanPath(source);
    const isRoot = path === "." || path === "/";
    if (isRoot ? !dockerIgnore.ignoresAll : !dockerIgnore.ignores(path)) continue;
    report.add(
      "CopyIgnoredFile",
      instruction.range,
      `Attempting to ${verb} file ${quote(path)} that is excluded by .dockerignore`,
    );
  }
}

function checkSourceStage({ from }: CopyInstruction, { escape }: InstructionContext): void {
  if (from === undefined || expandWord(from, () => undefined, { escape }) === from) return;
  throw new EngineError(
    "invalid-argument",
    "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround",
  );
}

/** ExposeProtoCasing and ExposeInvalidFormat. */
function checkExpose(
  ports: readonly string[],
  { range }: Instruction,
  { scope, report, escape }: InstructionContext,
): void {
  for (const port of ports.flatMap((word) => expandWords(word, (name) => scope.env.get(name), { escape }))) {
    const { protocol, address, hostPort } = splitExposed(port);
    if (protocol !== protocol.toLowerCase())
      report.add("ExposeProtoCasing", range, `Defined protocol '${port}' in EXPOSE instruction should be lowercase`);
    if (address !== "" || hostPort !== "")
      report.add(
        "ExposeInvalidFormat",
        range,
        `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`,
      );
    parseExposedPorts(port);
  }
}
