import { EMPTY_FILES } from "../../archive/empty-files.ts";
import { EngineError, messageOf } from "../../base/errors.ts";
import { DockerfileError } from "../../dockerfile/dockerfile-error.ts";
import type { Dockerfile, FromInstruction, Instruction, Stage } from "../../dockerfile/dockerfile.ts";
import { didYouMean } from "../../dockerfile/suggest.ts";
import { parsePlatform } from "../../oci/parse-platform.ts";
import { parseReference } from "../../oci/reference.ts";
import { GUEST_PLATFORM, isFor, type Platform } from "../../oci/platform.ts";
import type { ResolvedImage } from "../base-images.ts";
import type { BuildRequest, NamedContext } from "../build-request.ts";
import { globalScope } from "./build-args.ts";
import type { BuildPlan, FileSource, ImageDraft, StageBase, StagePlan, StageScope } from "./build-plan.ts";
import { checkStages } from "./check-stages.ts";
import { expansionOf } from "./expansion.ts";
import { planStage } from "./plan-stage.ts";
import { makesLayer, StepNames } from "./step-names.ts";
import { withVariable } from "./stage-env.ts";

/** https://github.com/moby/buildkit/blob/master/util/system/path.go */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Of a build. Each is remembered with the whole config after it: what that takes grows with the square. */
const MAX_INSTRUCTIONS = 2000;

type PlanRequest = Pick<BuildRequest, "namedContexts" | "buildArgs" | "target" | "platform" | "network">;

export interface PlanPorts {
  /** Finds an image that the Dockerfile names. */
  readonly image: (name: string, step?: (whole: string) => string) => Promise<ResolvedImage>;
}

/**
 * Decides what a build does: which stages it needs, and what each of their instructions means.
 * @throws DockerfileError, EngineError in BuildKit's words
 */
export async function planBuild(request: PlanRequest, dockerfile: Dockerfile, ports: PlanPorts): Promise<BuildPlan> {
  return await new Planner(request, dockerfile, ports).plan();
}

class Planner {
  readonly #request: PlanRequest;
  readonly #dockerfile: Dockerfile;
  readonly #ports: PlanPorts;
  readonly #globals: ReadonlyMap<string, string>;
  /** What `FROM` names, variables replaced, by stage. */
  readonly #bases: readonly string[];
  readonly #plans = new Map<number, Promise<StagePlan>>();
  /** Which stages a stage waits for. */
  readonly #edges = new Map<number, Set<number>>();
  readonly #showsNames: boolean;

  constructor(request: PlanRequest, dockerfile: Dockerfile, ports: PlanPorts) {
    this.#request = request;
    this.#dockerfile = dockerfile;
    this.#ports = ports;
    this.#globals = globalScope(dockerfile, request);
    const expand = expansionOf((name) => this.#globals.get(name), dockerfile.directives.escape);
    this.#bases = dockerfile.stages.map(({ from }) =>
      placed(from, () => {
        const name = expand.word(from.image);
        if (name === "") throw new EngineError("invalid-argument", `base name (${from.image}) should not be blank`);
        return name;
      }),
    );
    for (const [index, { from }] of dockerfile.stages.entries()) placed(from, () => this.#checkBase(index));
    checkLength(dockerfile);
    checkStages(dockerfile.stages, this.#bases, (name) => request.namedContexts.has(name.toLowerCase()));
    this.#showsNames = dockerfile.stages.length > 1 || dockerfile.stages.some((stage) => this.#usesOthers(stage));
  }

  /** Also of stages that are not built. */
  #checkBase(index: number): void {
    const name = this.#bases[index] as string;
    // Only `--from` and `--target` take a stage's name in any case.
    const isStage = name === name.toLowerCase() && this.#find(name, index) !== undefined;
    if (name !== "scratch" && !isStage) checkName(name);
  }

  async plan(): Promise<BuildPlan> {
    checkNetwork(this.#request.network);
    const target = await this.#stage(this.#targetIndex());
    const plans = await Promise.all(this.#plans.values());
    return { target, stages: plans.toSorted((a, b) => a.index - b.index) };
  }

  #targetIndex(): number {
    const { stages } = this.#dockerfile;
    const { target } = this.#request;
    if (target === "") return stages.length - 1;
    const found = this.#find(target, stages.length);
    if (found !== undefined) return found;
    const names = stages.flatMap(({ from }) => from.as ?? []);
    throw new EngineError(
      "not-found",
      `target stage ${JSON.stringify(target)} could not be found${didYouMean(target, names, true)}`,
    );
  }

  /** The last stage of that name before `end`. */
  #find(name: string, end: number): number | undefined {
    const found = this.#dockerfile.stages.slice(0, end).findLastIndex(({ from }) => from.as === name.toLowerCase());
    return found < 0 ? undefined : found;
  }

  #stage(index: number): Promise<StagePlan> {
    const known = this.#plans.get(index);
    if (known !== undefined) return known;
    const planning = this.#plan(index);
    this.#plans.set(index, planning);
    return planning;
  }

  /** Another stage that this one needs. @throws EngineError when they need each other */
  async #need(index: number, other: number): Promise<StagePlan> {
    const edges = this.#edges.get(index) ?? new Set();
    this.#edges.set(index, edges.add(other));
    if (this.#reaches(other, index))
      throw new EngineError("invalid-argument", `circular dependency detected on stage: ${this.#nameOf(other)}`);
    return await this.#stage(other);
  }

  #reaches(from: number, to: number, seen = new Set<number>()): boolean {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return [...(this.#edges.get(from) ?? [])].some((next) => this.#reaches(next, to, seen));
  }

  #nameOf(index: number): string {
    return this.#dockerfile.stages[index]?.from.as ?? `stage-${index}`;
  }

  async #plan(index: number): Promise<StagePlan> {
    const stage = this.#dockerfile.stages[index] as Stage;
    const { from } = stage;
    const { base, document, scope } = await placedAsync(from, () => this.#base(index, from));
    const isOnImage = base.type === "image" || base.type === "files";
    const names = this.#names(index, isOnImage ? 1 : 0);
    const text = [`FROM ${this.#bases[index]}`, ...(from.as === undefined ? [] : [from.as])].join(" AS ");
    const vertex = vertexOf(base);
    return await planStage(
      {
        escape: this.#dockerfile.directives.escape,
        globals: this.#globals,
        buildArgs: this.#request.buildArgs,
        network: this.#request.network,
        source: (name, instruction) => this.#source(index, name, instruction),
      },
      {
        stage,
        index,
        name: this.#nameOf(index),
        base,
        from: { range: from.range, text, after: document, ...(vertex !== undefined && { vertex: names.next(vertex) }) },
        document,
        scope,
        names,
      },
    );
  }

  /** @param more steps beside those of the stage itself */
  #names(index: number, more: number): StepNames {
    const own = this.#dockerfile.stages[index]?.instructions.filter(makesLayer).length ?? 0;
    return new StepNames(this.#showsNames ? this.#nameOf(index) : "", own + more);
  }

  async #base(index: number, from: FromInstruction): Promise<StageStart> {
    const name = this.#bases[index] as string;
    const platform = from.platform ?? this.#request.platform;
    const stageContext = from.as === undefined ? undefined : this.#request.namedContexts.get(from.as);
    const context = stageContext ?? this.#request.namedContexts.get(name.toLowerCase());
    if (context !== undefined) return await this.#contextBase(index, name, context);
    if (name === "scratch") return { ...ON_NOTHING, base: { type: "scratch" } };
    const other = name === name.toLowerCase() ? this.#find(name, index) : undefined;
    if (other !== undefined) return onStage(await this.#need(index, other));
    return onImage(await this.#image(name, platform, index));
  }

  async #contextBase(index: number, name: string, context: NamedContext): Promise<StageStart> {
    if (context.type === "image") return onImage(await this.#image(context.reference, this.#request.platform, index));
    if (context.type === "files") return { ...ON_NOTHING, base: { type: "files", name, files: context.files } };
    const other = this.#find(context.name, this.#dockerfile.stages.length);
    if (other === undefined) throw noTarget(context.name, name);
    return onStage(await this.#need(index, other));
  }

  async #image(name: string, platform: string, index: number): Promise<ResolvedImage> {
    const expand = expansionOf((arg) => this.#globals.get(arg), this.#dockerfile.directives.escape);
    const wanted = platform === "" ? "" : expand.word(platform);
    if (wanted !== "" && !isFor(GUEST_PLATFORM, platformOf(wanted, platform)))
      throw new EngineError(
        "not-found",
        `${name}: failed to resolve source metadata for ${name}: no match for platform in manifest: not found`,
      );
    return await this.#ports.image(name, (whole) => this.#names(index, 1).next(`FROM ${whole}`));
  }

  async #source(index: number, from: string, instruction: Instruction): Promise<FileSource> {
    const context = this.#request.namedContexts.get(from.toLowerCase());
    if (context !== undefined && this.#find(from, this.#dockerfile.stages.length) === undefined) checkName(from);
    if (context?.type === "files") return { type: "files", name: from, files: context.files };
    if (context?.type === "image") return { type: "image", image: await this.#ports.image(context.reference) };
    const name = context?.name ?? from;
    if (name === "scratch") return { type: "files", name, files: EMPTY_FILES };
    const found =
      /^\d+$/.test(name) && instruction.name !== "RUN"
        ? Number(name)
        : this.#find(name, this.#dockerfile.stages.length);
    if (found === undefined && context !== undefined) throw noTarget(name, from);
    if (found !== undefined) {
      if (found > index) throw notYet(instruction, name, this.#nameOf(index));
      return { type: "stage", stage: await this.#need(index, found) };
    }
    return { type: "image", image: await placedAsync(instruction, () => this.#ports.image(name)) };
  }

  /** BuildKit counts what is mounted or copied from elsewhere as stages too. */
  #usesOthers({ instructions }: Stage): boolean {
    return instructions.some(
      (instruction) =>
        (instruction.name === "RUN" && instruction.mounts.length > 0) ||
        ((instruction.name === "COPY" || instruction.name === "ADD") && instruction.from !== undefined),
    );
  }
}

/** @throws DockerfileError; BuildKit has no such limit */
function checkLength({ stages }: Dockerfile): void {
  const beyond = stages.flatMap(({ from, instructions }) => [from, ...instructions])[MAX_INSTRUCTIONS];
  if (beyond === undefined) return;
  throw new DockerfileError(`a Dockerfile can not have more than ${MAX_INSTRUCTIONS} instructions here`, beyond.range);
}

/** @throws EngineError for what can be no image's name */
function checkName(name: string): void {
  try {
    parseReference(name);
  } catch (cause) {
    throw new EngineError("invalid-argument", `failed to parse stage name ${JSON.stringify(name)}: ${messageOf(cause)}`, { cause }); // prettier-ignore
  }
}

/** @param written with its variables */
function platformOf(text: string, written: string): Platform {
  try {
    return parsePlatform(text);
  } catch (cause) {
    throw new EngineError("invalid-argument", `failed to parse platform ${written}: ${messageOf(cause)}`, { cause }); // prettier-ignore
  }
}

/** `--build-context name=target:stage` */
function noTarget(stage: string, name: string): EngineError {
  return new EngineError("not-found", `failed to find target ${stage} for context ${name}`);
}

/** A stage can be taken from only below it, although both are in the file. */
function notYet({ name, range }: Instruction, stage: string, current: string): DockerfileError {
  return new DockerfileError(
    name === "RUN"
      ? `cannot mount from stage ${JSON.stringify(stage)}, stage needs to be defined before current command`
      : `cannot copy from stage ${JSON.stringify(stage)}, it needs to be defined before current stage ${JSON.stringify(current)}`,
    range,
  );
}

const NETWORKS: readonly string[] = ["", "default", "bridge", "none", "host"];

function checkNetwork(mode: string): void {
  if (NETWORKS.includes(mode)) return;
  const hint = "you can define a custom network for your builder using the network driver-opt in buildx create";
  throw new EngineError("invalid-argument", `network mode ${JSON.stringify(mode)} not supported by buildkit - ${hint}`);
}

interface StageStart {
  readonly base: StageBase;
  readonly document: ImageDraft;
  readonly scope: StageScope;
}

const NO_SCOPE: StageScope = { env: [], args: [] };

const ON_NOTHING: Omit<StageStart, "base"> = {
  document: {
    architecture: GUEST_PLATFORM.architecture,
    os: GUEST_PLATFORM.os,
    config: { Env: [`PATH=${DEFAULT_PATH}`], WorkingDir: "/" },
  },
  scope: NO_SCOPE,
};

function onStage(stage: StagePlan): StageStart {
  return { base: { type: "stage", stage }, document: stage.document, scope: stage.scope };
}

function onImage(image: ResolvedImage): StageStart {
  const { architecture, os, variant, author, config = {} } = image.config;
  const hasPath = (config.Env ?? []).some((entry) => entry.startsWith("PATH="));
  return {
    base: { type: "image", image },
    document: {
      architecture,
      os,
      ...(variant !== undefined && { variant }),
      ...(author !== undefined && { author }),
      config: {
        ...config,
        ...(!hasPath && { Env: withVariable(config.Env ?? [], "PATH", DEFAULT_PATH) }),
        WorkingDir: config.WorkingDir || "/",
      },
    },
    scope: NO_SCOPE,
  };
}

function vertexOf(base: StageBase): string | undefined {
  if (base.type === "image") return `FROM ${base.image.name}`;
  return base.type === "files" ? `FROM ${base.name}` : undefined;
}

function placed<T>({ range }: Pick<Instruction | FromInstruction, "range">, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw atPlace(error, range);
  }
}

async function placedAsync<T>(
  { range }: Pick<Instruction | FromInstruction, "range">,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw atPlace(error, range);
  }
}

function atPlace(error: unknown, range: FromInstruction["range"]): unknown {
  if (!(error instanceof EngineError) || error instanceof DockerfileError) return error;
  return new DockerfileError(error.message, range, { cause: error });
}
