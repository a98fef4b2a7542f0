/** The build checks: BuildKit's `linter` and its callers in `dockerfile2llb`. https://docs.docker.com/reference/build-checks/ */
import { EngineError } from "../base/errors.ts";
import { checkCasing, checkFromCasing } from "./checks/check-casing.ts";
import { checkDescription, checkStageNames } from "./checks/check-definitions.ts";
import { checkBaseName, checkDefaultBases, checkFrom } from "./checks/check-from.ts";
import { checkInstruction, type InstructionContext } from "./checks/check-instruction.ts";
import { CheckReport } from "./checks/check-report.ts";
import { StageScope, type BaseImage } from "./checks/stage-scope.ts";
import { parseCheckOptions } from "./directives.ts";
import type { DockerIgnore } from "./docker-ignore.ts";
import { DockerfileError } from "./dockerfile-error.ts";
import type { CheckWarning, Dockerfile, Instruction, LineRange, Stage } from "./dockerfile.ts";
import { globalArgs } from "./global-args.ts";
import type { InstructionNode } from "./instruction-node.ts";
import { parseInstructionNode } from "./parse-instruction.ts";
import { parseNodes } from "./parse-nodes.ts";
import { platformArgs, type PlatformParts } from "./predefined-args.ts";

/** What a Dockerfile is checked against. */
export interface CheckContext {
  /** What it was parsed from. */
  readonly text: string;
  readonly buildArgs?: ReadonlyMap<string, string>;
  readonly dockerIgnore?: DockerIgnore;
  /** Of the image a stage begins with. Where it is not known, nothing is said of undefined variables. */
  readonly baseImage?: (name: string) => BaseImage | undefined;
  /** Whether the build needs a stage (its index). Default: all are checked. */
  readonly reaches?: (stage: number) => boolean;
  /** Default `linux/386`. */
  readonly platform?: PlatformParts;
}

const DEFAULT_PLATFORM: PlatformParts = { os: "linux", architecture: "386" };
/** The build argument that takes the place of `# check=`. */
const CHECK_ARG = "BUILDKIT_DOCKERFILE_CHECK";

/** What was found. */
export interface CheckResult {
  /** In BuildKit's order. */
  readonly warnings: readonly CheckWarning[];
  /** What a build would fail with, the first of them: malformed words, mounts, ports. Not among them is what only the files and the images tell. */
  readonly errors: readonly DockerfileError[];
}

/** All findings. @throws EngineError for a malformed `BUILDKIT_DOCKERFILE_CHECK` */
export function checkDockerfile(dockerfile: Dockerfile, context: CheckContext): readonly CheckWarning[] {
  return checkBuild(dockerfile, context).warnings;
}

/** Findings and errors. Behind an error the checks go on. @throws EngineError for a malformed `BUILDKIT_DOCKERFILE_CHECK` */
export function checkBuild(dockerfile: Dockerfile, context: CheckContext): CheckResult {
  const override = context.buildArgs?.get(CHECK_ARG);
  const report = new CheckReport(override === undefined ? dockerfile.directives.check : parseCheckOptions(override));
  const errors: DockerfileError[] = [];
  new DockerfileCheck(dockerfile, { ...context, errors }, report).run();
  return { warnings: report.warnings, errors };
}

/** With `# check=error=true`, what a build with findings fails with. */
export function checkFailure(warnings: readonly CheckWarning[]): EngineError | undefined {
  const rules = [...new Set(warnings.map(({ rule }) => rule))];
  if (rules.length === 0) return undefined;
  return new EngineError("invalid-argument", `lint violation found for rules: ${rules.join(", ")}`);
}

class DockerfileCheck {
  readonly #dockerfile: Dockerfile;
  readonly #context: CheckContext & { readonly errors: DockerfileError[] };
  readonly #report: CheckReport;
  readonly #buildArgs: ReadonlyMap<string, string>;
  readonly #platform: PlatformParts;
  readonly #platformArgs: ReadonlyMap<string, string>;
  readonly #globalArgs: ReadonlyMap<string, string>;
  /** By the stage's name. */
  readonly #scopes = new Map<string, StageScope>();

  constructor(
    dockerfile: Dockerfile,
    context: CheckContext & { readonly errors: DockerfileError[] },
    report: CheckReport,
  ) {
    this.#dockerfile = dockerfile;
    this.#context = context;
    this.#report = report;
    this.#buildArgs = context.buildArgs ?? new Map();
    this.#platform = context.platform ?? DEFAULT_PLATFORM;
    const stage = dockerfile.stages.at(-1)?.from.as;
    this.#platformArgs = platformArgs({ build: this.#platform, target: this.#platform, ...(stage && { stage }) });
    this.#globalArgs = this.#evaluateGlobalArgs();
  }

  run(): void {
    const { nodes, emptyContinuations } = parseNodes(this.#context.text);
    for (const line of emptyContinuations)
      this.#report.add("NoEmptyContinuation", { start: line, end: line }, "Empty continuation line");
    const { metaArgs, stages } = this.#dockerfile;
    const parsed = [...metaArgs, ...stages.flatMap(({ from, instructions }) => [from, ...instructions])];
    const pairs = nodes.flatMap((node, index) => {
      const instruction = parsed[index];
      return instruction === undefined ? [] : [{ node, instruction }];
    });
    for (const { node, instruction } of pairs) {
      const report = this.#report.under(node.comments);
      if (instruction.name === "MAINTAINER")
        report.add("MaintainerDeprecated", node.range, "Maintainer instruction is deprecated in favor of using label");
      if (instruction.name === "FROM") checkFromCasing(node, report);
      checkDescription(instruction, node, report);
    }
    checkStageNames(stages, this.#report);
    checkCasing(nodes, this.#report);
    checkDefaultBases(this.#dockerfile, this.#platformArgs, this.#report);
    const nodeOf = new Map<unknown, InstructionNode>(pairs.map(({ node, instruction }) => [instruction, node]));
    this.#checkStages((instruction) => nodeOf.get(instruction) as InstructionNode);
  }

  #evaluateGlobalArgs(): ReadonlyMap<string, string> {
    const range = this.#dockerfile.metaArgs[0]?.range ?? { start: 1, end: 1 };
    return this.#attempt(
      range,
      () => globalArgs(this.#dockerfile, this.#platformArgs, this.#buildArgs),
      () => this.#platformArgs,
    );
  }

  #checkStages(nodeOf: (instruction: Instruction | Stage["from"]) => InstructionNode): void {
    const { stages, metaArgs, directives } = this.#dockerfile;
    const declared = new Set(metaArgs.flatMap(({ pairs }) => pairs.map(({ name }) => name)));
    const fromScope = { values: this.#globalArgs, declared, escape: directives.escape, target: this.#platform };
    const bases = stages.map(({ from }) =>
      this.#attempt(
        from.range,
        () => checkFrom(from, fromScope, this.#report.under(nodeOf(from).comments)),
        () => "",
      ),
    );
    for (const [index, stage] of stages.entries()) {
      if (this.#context.reaches?.(index) === false) continue;
      const scope = this.#beginStage(stage, bases[index] as string);
      for (const instruction of stage.instructions) this.#checkInstruction(instruction, scope, nodeOf(instruction));
      if (stage.from.as !== undefined) this.#scopes.set(stage.from.as, scope);
    }
  }

  #beginStage({ from }: Stage, base: string): StageScope {
    const below = this.#scopes.get(base);
    if (below === undefined && base !== "")
      this.#attempt(
        from.range,
        () => checkBaseName(base),
        () => undefined,
      );
    const image = base === "scratch" ? { env: [] } : this.#context.baseImage?.(base);
    const scope = below === undefined ? StageScope.ofImage(image) : StageScope.ofStage(below);
    const triggers = below?.onBuild ?? image?.onBuild ?? [];
    for (const trigger of triggers) this.#checkTrigger(trigger, scope, from.range);
    return scope;
  }

  /** Where it triggers, not where it is written. */
  #checkTrigger(trigger: string, scope: StageScope, range: LineRange): void {
    const nodes = this.#attempt(
      range,
      () => parseNodes(trigger).nodes,
      () => [],
    );
    for (const node of nodes.map((each) => ({ ...each, range }))) {
      const instruction = this.#attempt(
        range,
        () => parseInstructionNode(node),
        () => undefined,
      );
      if (instruction !== undefined && instruction.name !== "FROM") this.#checkInstruction(instruction, scope, node);
    }
  }

  #checkInstruction(instruction: Instruction, scope: StageScope, node: InstructionNode): void {
    const context: InstructionContext = {
      scope,
      node,
      report: this.#report.under(node.comments),
      escape: this.#dockerfile.directives.escape,
      buildArgs: this.#buildArgs,
      globalArgs: this.#globalArgs,
      ...(this.#context.dockerIgnore && { dockerIgnore: this.#context.dockerIgnore }),
    };
    this.#attempt(
      instruction.range,
      () => checkInstruction(instruction, context),
      () => undefined,
    );
  }

  #attempt<T>(range: LineRange, action: () => T, otherwise: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const found = error instanceof DockerfileError ? error : undefined;
      this.#context.errors.push(found ?? new DockerfileError(error.message, range, { cause: error }));
      return otherwise();
    }
  }
}
