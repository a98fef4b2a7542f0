/**
 * Dockerfile instructions that change only what a container of an image runs: `docker commit --change`, `docker import --change`
 * (moby's `daemon/builder/dockerfile/builder.go`, BuildFromConfig). https://docs.docker.com/reference/dockerfile/
 */
import { EngineError } from "../base/errors.ts";
import { cleanPath } from "../dockerfile/clean-path.ts";
import type { CommandLine, HealthcheckInstruction } from "../dockerfile/dockerfile.ts";
import { expandWord, expandWords } from "../dockerfile/expand-word.ts";
import { parseExposedPorts } from "../dockerfile/exposed-ports.ts";
import { parseDuration } from "../dockerfile/go-duration.ts";
import { parseInstructionNode, type AnyInstruction } from "../dockerfile/parse-instruction.ts";
import { parseNodes } from "../dockerfile/parse-nodes.ts";
import type { ImageRunConfig } from "../oci/image-config.ts";

const ALLOWED: ReadonlySet<string> = new Set(
  "CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL ONBUILD STOPSIGNAL USER VOLUME WORKDIR".split(" "),
);
const SHELL = ["/bin/sh", "-c"];

/** @throws EngineError invalid-argument, in Docker's words */
export function applyChanges(config: ImageRunConfig, changes: readonly string[]): ImageRunConfig {
  if (changes.length === 0) return config;
  const { nodes, directives } = parseNodes(changes.join("\n") || "\n");
  const refused = nodes.find(({ name }) => !ALLOWED.has(name.toUpperCase()));
  if (refused !== undefined) throw invalid(`${refused.name} is not a valid change command`);
  const instructions = nodes.map(parseInstructionNode);
  return instructions.reduce((result, instruction, index) => {
    const hasCommand = instructions.slice(0, index).some(({ name }) => name === "CMD");
    return applyChange(result, instruction, { hasCommand, escape: directives.escape });
  }, config);
}

function applyChange(
  config: ImageRunConfig,
  instruction: AnyInstruction,
  { hasCommand, escape }: { readonly hasCommand: boolean; readonly escape: string },
): ImageRunConfig {
  const lookup = (name: string): string | undefined =>
    config.Env?.findLast((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1);
  const expand = (word: string): string => expandWord(word, lookup, { escape });
  switch (instruction.name) {
    case "CMD":
      return { ...config, Cmd: argsOf(instruction.command, config) };
    case "ENTRYPOINT":
      // The old command was meant for the old entrypoint.
      return { ...config, Entrypoint: argsOf(instruction.command, config), ...(!hasCommand && { Cmd: null }) };
    case "ENV": {
      const pairs = instruction.pairs.map(({ name, value }) => [expand(name), expand(value)] as const);
      return { ...config, Env: pairs.reduce(withVariable, config.Env ?? []) };
    }
    case "LABEL": {
      const labels = instruction.pairs.map(({ name, value }) => [expand(name), expand(value)] as const);
      return { ...config, Labels: { ...config.Labels, ...Object.fromEntries(labels) } };
    }
    case "EXPOSE": {
      const ports = instruction.ports
        .flatMap((word) => expandWords(word, lookup, { escape }))
        .flatMap(parseExposedPorts);
      return { ...config, ExposedPorts: { ...config.ExposedPorts, ...emptyObjects(ports) } };
    }
    case "VOLUME": {
      const paths = instruction.paths.map(expand);
      if (paths.includes("")) throw invalid("VOLUME specified can not be an empty string");
      return { ...config, Volumes: { ...config.Volumes, ...emptyObjects(paths) } };
    }
    case "HEALTHCHECK":
      return { ...config, Healthcheck: healthcheckOf(instruction) };
    case "ONBUILD":
      return { ...config, OnBuild: [...(config.OnBuild ?? []), instruction.expression] };
    case "STOPSIGNAL":
      return { ...config, StopSignal: expand(instruction.signal) };
    case "USER":
      return { ...config, User: expand(instruction.user) };
    case "WORKDIR":
      return { ...config, WorkingDir: joinDirectory(config.WorkingDir ?? "", expand(instruction.path)) };
    default:
      throw invalid(`${instruction.name} is not a valid change command`);
  }
}

/** A line is for the shell. Nothing to run is no command. */
function argsOf(command: CommandLine, { Shell = SHELL }: ImageRunConfig): readonly string[] | null {
  const args = command.form === "exec" ? command.words : command.line === "" ? [] : [...Shell, command.line];
  return args.length === 0 ? null : args;
}

function withVariable(env: readonly string[], [name, value]: readonly [string, string]): readonly string[] {
  const at = env.findIndex((variable) => variable.startsWith(`${name}=`));
  return at < 0 ? [...env, `${name}=${value}`] : env.with(at, `${name}=${value}`);
}

function emptyObjects(names: readonly string[]): Readonly<Record<string, object>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

/** Docker's `HealthConfig` as an image config has it: durations in nanoseconds, and only what was given. */
function healthcheckOf({ command, ...given }: HealthcheckInstruction): Readonly<Record<string, unknown>> {
  if (command === undefined) return { Test: ["NONE"] };
  const options = {
    Interval: parseDuration(given.interval || "0"),
    Timeout: parseDuration(given.timeout || "0"),
    StartPeriod: parseDuration(given.startPeriod || "0"),
    StartInterval: parseDuration(given.startInterval || "0"),
    Retries: Number(given.retries ?? 0),
  };
  return {
    Test: command.form === "exec" ? ["CMD", ...command.words] : ["CMD-SHELL", command.line],
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== 0)),
  };
}

function joinDirectory(directory: string, path: string): string {
  if (path === "") throw invalid("cannot normalize nothing");
  return cleanPath(path.startsWith("/") ? path : `/${directory}/${path}`);
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}
