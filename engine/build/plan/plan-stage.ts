import { EngineError } from "../../base/errors.ts";
import type {
  ArgInstruction,
  CommandLine,
  CopyInstruction,
  Heredoc,
  Instruction,
  RunInstruction,
  Stage,
} from "../../dockerfile/dockerfile.ts";
import { DockerfileError } from "../../dockerfile/dockerfile-error.ts";
import { parseInstruction } from "../../dockerfile/parse-instruction.ts";
import { BUILDER_ARGS } from "../../dockerfile/predefined-args.ts";
import { parseRunMount } from "../../dockerfile/parse-run-mount.ts";
import { parseModeChange } from "../files/change-mode.ts";
import { proxyEnv } from "./build-args.ts";
import type {
  DraftConfig,
  FileSource,
  ImageDraft,
  PlannedMount,
  PlannedRun,
  PlannedStep,
  StageBase,
  StagePlan,
  StageScope,
} from "./build-plan.ts";
import {
  type ConfigEdit,
  editOf,
  expandPairs,
  joinDirectory,
  pairText,
  shellOf,
  withChange,
  withLabels,
} from "./edit-config.ts";
import { type Expansion, expansionOf } from "./expansion.ts";
import { StageEnv, withVariable } from "./stage-env.ts";
import { type StepNames, summarizeHeredoc, withUpperCaseName } from "./step-names.ts";

export interface StageContext {
  readonly escape: "\\" | "`";
  /** The global scope. */
  readonly globals: ReadonlyMap<string, string>;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Of `RUN` instructions that say nothing else. */
  readonly network: string;
  /** Finds what `--from` names. */
  readonly source: (from: string, instruction: Instruction) => Promise<FileSource>;
}

export interface StageStart {
  readonly stage: Stage;
  readonly index: number;
  readonly name: string;
  readonly base: StageBase;
  readonly from: StagePlan["from"];
  readonly document: ImageDraft;
  readonly scope: StageScope;
  readonly names: StepNames;
}

/** What an instruction adds beside its own step. */
type Place = Pick<Instruction, "range" | "original">;

/**
 * Goes through a stage as BuildKit's `dockerfile2llb` does: variables replaced, the config built, each instruction a step.
 * @throws DockerfileError, EngineError in BuildKit's words
 */
export async function planStage(context: StageContext, start: StageStart): Promise<StagePlan> {
  const planner = new StagePlanner(context, start);
  const triggers = start.document.config.OnBuild ?? [];
  start.names.add(triggers.length);
  for (const trigger of triggers) {
    const instruction = parseInstruction(trigger);
    if (instruction.name === "FROM" || instruction.name === "ONBUILD")
      throw new DockerfileError(`${instruction.name} isn't allowed as an ONBUILD trigger`, start.stage.from.range);
    const original = `ONBUILD ${withUpperCaseName(instruction.original)}`;
    await planner.add({ ...instruction, original, range: start.stage.from.range });
  }
  for (const instruction of start.stage.instructions) await planner.add(instruction);
  return planner.finish();
}

class StagePlanner {
  readonly #context: StageContext;
  readonly #start: StageStart;
  readonly #env: StageEnv;
  readonly #args: Map<string, string>;
  readonly #steps: PlannedStep[] = [];
  #config: DraftConfig;
  #author: string | undefined;
  #cmdIsSet = false;

  constructor(context: StageContext, start: StageStart) {
    this.#context = context;
    this.#start = start;
    const { OnBuild: _, ...config } = start.document.config;
    this.#config = config;
    this.#author = start.document.author;
    this.#env = new StageEnv(start.scope.env);
    // What the image sets counts again, also over arguments of the stage below.
    this.#env.addAll(config.Env ?? []);
    this.#args = new Map(start.scope.args.map(({ name, value }) => [name, value]));
  }

  finish(): StagePlan {
    const { index, name, base, from } = this.#start;
    return {
      index,
      name,
      base,
      from,
      steps: this.#steps,
      document: this.#draft(),
      scope: { env: this.#env.entries(), args: [...this.#args].map(([arg, value]) => ({ name: arg, value })) },
    };
  }

  async add(instruction: Instruction): Promise<void> {
    try {
      await this.#add(instruction);
    } catch (error) {
      if (!(error instanceof EngineError) || error instanceof DockerfileError || error.name === "BuildFailure")
        throw error;
      throw new DockerfileError(error.message, instruction.range, { cause: error });
    }
  }

  async #add(instruction: Instruction): Promise<void> {
    const expand = this.#expansion();
    switch (instruction.name) {
      case "RUN":
        return await this.#run(instruction, expand);
      case "COPY":
      case "ADD":
        return await this.#copy(instruction, expand);
      case "WORKDIR":
        return this.#workdir(
          instruction,
          workingDirectory(this.#config.WorkingDir ?? "/", expand.word(instruction.path)),
        );
      case "ARG":
        return this.#declare(instruction, expand);
      case "ENV":
        return this.#setEnv(instruction, expandPairs(instruction.pairs, expand));
      case "LABEL": {
        const labels = expandPairs(instruction.pairs, expand);
        return this.#change(
          instruction,
          { Labels: withLabels(this.#config.Labels, labels) },
          pairText("LABEL", labels),
        );
      }
      case "ONBUILD":
        // It says something to whoever builds on this image, and has no place in its history.
        this.#config = { ...this.#config, OnBuild: [...(this.#config.OnBuild ?? []), instruction.expression] };
        return this.#note(instruction, "");
      case "MAINTAINER":
        this.#author = instruction.maintainer;
        return this.#note(instruction, `MAINTAINER ${instruction.maintainer}`);
      default: {
        const { change, createdBy } = editOf(instruction, this.#config, { expand, cmdIsSet: this.#cmdIsSet });
        this.#cmdIsSet ||= instruction.name === "CMD";
        return this.#change(instruction, change, createdBy);
      }
    }
  }

  #draft(): ImageDraft {
    const { author: _, ...draft } = this.#start.document;
    return { ...draft, ...(this.#author !== undefined && { author: this.#author }), config: this.#config };
  }

  #expansion(): Expansion {
    return expansionOf((name) => this.#env.get(name), this.#context.escape);
  }

  #change(place: Place, change: ConfigEdit["change"], createdBy: string): void {
    this.#config = withChange(this.#config, change);
    this.#note(place, createdBy);
  }

  #note({ range, original }: Place, createdBy: string): void {
    const text = createdBy === "" ? original : withUpperCaseName(this.#expansion().name(original));
    this.#steps.push({ type: "config", range, text, createdBy, after: this.#draft() });
  }

  #declare({ pairs, range }: ArgInstruction, expand: Expansion): void {
    const { buildArgs, globals } = this.#context;
    const said: string[] = [];
    let current = expand;
    for (const { name, value } of pairs) {
      const found = buildArgs.get(name) ?? (value === undefined ? globals.get(name) : current.word(value));
      if (found !== undefined && !BUILDER_ARGS.has(name)) this.#env.set(name, found);
      this.#args.set(name, found ?? this.#args.get(name) ?? "");
      said.push(found === undefined ? name : `${name}=${found}`);
      current = this.#expansion();
    }
    const createdBy = `ARG ${said.join(" ")}`;
    this.#steps.push({ type: "config", range, text: createdBy, createdBy, after: this.#draft() });
  }

  #setEnv(place: Place, pairs: readonly (readonly [string, string])[]): void {
    const env = pairs.reduce((all, [name, value]) => withVariable(all, name, value), this.#config.Env ?? []);
    for (const [name, value] of pairs) this.#env.set(name, value);
    this.#change(place, { Env: env }, pairText("ENV", pairs));
  }

  #workdir({ range, original }: Place, path: string): void {
    const text = withUpperCaseName(this.#expansion().name(original));
    this.#config = { ...this.#config, WorkingDir: path };
    const createdBy = `WORKDIR ${path}`;
    if (path === "/") this.#steps.push({ type: "config", range, text, createdBy, after: this.#draft() });
    else
      this.#steps.push({
        type: "workdir",
        range,
        text,
        createdBy,
        after: this.#draft(),
        path: joinDirectory("/", path),
        user: this.#config.User ?? "",
        vertex: this.#start.names.next(text),
      });
  }

  async #run(instruction: RunInstruction, expand: Expansion): Promise<void> {
    const { range, original, command, network } = instruction;
    if (instruction.security === "insecure")
      throw new EngineError(
        "invalid-argument",
        "granting entitlement security.insecure is not allowed by build daemon configuration",
      );
    const { args, script, summary } = this.#command(command);
    const history = [...this.#argsInHistory(), ...args].join(" ");
    const mounts: PlannedMount[] = [];
    for (const option of instruction.mounts) {
      const { from, ...mount } = parseRunMount(option.text, (word) => expand.word(word));
      mounts.push({ ...mount, ...(from !== undefined && { from: await this.#context.source(from, instruction) }) });
    }
    checkRun(args, mounts, this.#config.WorkingDir ?? "/");
    // The value of a secret is in no name.
    const secrets = new Set(mounts.flatMap(({ type, env }) => (type === "secret" && env !== undefined ? [env] : [])));
    const shown = expansionOf((name) => (secrets.has(name) ? "****" : this.#env.get(name)), this.#context.escape);
    const text = withUpperCaseName(shown.name(original, { keepRaw: true }));
    const step: PlannedRun = {
      type: "run",
      range,
      text,
      createdBy: `RUN ${history} # buildkit`,
      after: this.#draft(),
      vertex: this.#start.names.next(summary === undefined ? text : `${text} (${summary})`),
      args,
      env: this.#env.entries(),
      proxyEnv: proxyEnv(this.#context.buildArgs),
      user: this.#config.User ?? "",
      workingDirectory: joinDirectory("/", this.#config.WorkingDir ?? "/"),
      network: network ?? this.#context.network,
      mounts,
      ...(script !== undefined && { script }),
    };
    this.#steps.push(step);
  }

  /** A here-document alone is the script itself, or with `#!` a program; one beside a command stays for the shell to read. */
  #command(command: CommandLine): {
    readonly args: readonly string[];
    readonly script?: { readonly name: string; readonly content: string };
    readonly summary?: string;
  } {
    if (command.form === "exec") return { args: command.words };
    const shell = shellOf(this.#config.Shell);
    const [first] = command.heredocs;
    if (first === undefined) return { args: [...shell, command.line] };
    if (command.heredocs.length > 1 || !isHeredocOnly(command.line))
      return { args: [...shell, `${command.line}\n${command.heredocs.map(inSource).join("\n")}`] };
    const summary = summarizeHeredoc(first.content);
    if (!first.content.startsWith("#!")) return { args: [...shell, first.content], summary };
    return {
      args: [...shell, `/dev/pipes/${first.name}`],
      script: { name: first.name, content: first.content },
      summary,
    };
  }

  /** `|2 A=1 B=2` */
  #argsInHistory(): readonly string[] {
    const args = [...this.#args].map(([name, value]) => `${name}=${this.#env.get(name) ?? value}`);
    return args.length === 0 ? [] : [`|${args.length}`, ...args];
  }

  async #copy(instruction: CopyInstruction, expand: Expansion): Promise<void> {
    const { name, range, original, from, link, parents, keepGitDir, unpack } = instruction;
    const text = withUpperCaseName(expand.name(original));
    const word = (value: string | undefined): string | undefined =>
      value === undefined ? undefined : expand.word(value);
    const [chown, chmod, checksum] = [word(instruction.chown), word(instruction.chmod), word(instruction.checksum)];
    if (chmod !== undefined && chmod !== "") parseModeChange(chmod);
    const sources = instruction.sources.map((source) => expand.word(source));
    const destination = expand.word(instruction.destination);
    const flags = [chown && `--chown=${chown}`, chmod && `--chmod=${chmod}`].filter(
      (flag) => flag !== undefined && flag !== "",
    );
    const documents = instruction.heredocs.map((document) => `<<${document.name}`);
    this.#steps.push({
      type: "copy",
      range,
      text,
      createdBy: `${[name, ...flags, ...sources, ...documents, destination].join(" ")} # buildkit`,
      after: this.#draft(),
      vertex: this.#start.names.next(text),
      from: from === undefined ? { type: "context" } : await this.#context.source(from, instruction),
      request: {
        instruction: name,
        sources,
        heredocs: instruction.heredocs.map((document) => ({
          name: document.name,
          content: document.expand ? expand.heredoc(document.content) : document.content,
        })),
        destination,
        workingDirectory: joinDirectory("/", this.#config.WorkingDir ?? "/"),
        exclude: instruction.exclude,
        ...(chown !== undefined && { chown }),
        ...(chmod !== undefined && { chmod }),
        ...(checksum !== undefined && { checksum }),
        ...(link !== undefined && { link }),
        ...(parents !== undefined && { parents }),
        ...(keepGitDir !== undefined && { keepGitDir }),
        ...(unpack !== undefined && { unpack }),
      },
    });
  }
}

/** What BuildKit finds out before anything runs. @throws EngineError */
function checkRun(args: readonly string[], mounts: readonly PlannedMount[], directory: string): void {
  if (args.length === 0)
    throw new EngineError("invalid-argument", "failed to marshal LLB definition: arguments are required");
  for (const { type, target = "" } of mounts)
    if (type !== "secret" && type !== "ssh" && joinDirectory(directory, target) === "/")
      throw new EngineError("invalid-argument", 'invalid mount target "/"');
}

/** What `WORKDIR` makes of the config: an absolute path stays as it is written. */
function workingDirectory(current: string, path: string): string {
  return path.startsWith("/") ? path : joinDirectory(current, path);
}

function isHeredocOnly(line: string): boolean {
  return /^\s*\d*<<-?\s*(?:"[^"]*"|'[^']*'|[^\s"'<>|&;]+)\s*$/.test(line);
}

function inSource({ source, name }: Heredoc): string {
  return `${source}${name}`;
}
