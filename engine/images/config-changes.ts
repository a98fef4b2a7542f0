/**
 * Dockerfile instructions that change only what a container of an image runs: `docker commit --change`, `docker import --change`
 * (moby's `daemon/builder/dockerfile/builder.go`, BuildFromConfig). https://docs.docker.com/reference/dockerfile/
 */
import { EngineError } from "../base/errors.ts";
import type { ImageRunConfig } from "../oci/image-config.ts";
import { parseHealthcheck } from "./healthcheck-instruction.ts";
import { expandWord, splitWords } from "./shell-words.ts";

type Instruction = (config: ImageRunConfig, rest: string, state: { cmdIsNew: boolean }) => ImageRunConfig;

const SHELL = ["/bin/sh", "-c"];

const INSTRUCTIONS: Readonly<Record<string, Instruction>> = {
  CMD: (config, rest, state) => {
    state.cmdIsNew = true;
    return { ...config, Cmd: commandOf(config, rest) };
  },
  ENTRYPOINT: (config, rest, { cmdIsNew }) => ({
    ...config,
    Entrypoint: commandOf(config, rest),
    // The old command was meant for the old entrypoint.
    ...(!cmdIsNew && { Cmd: null }),
  }),
  ENV: (config, rest) => {
    const pairs = pairsOf("ENV", rest, config);
    return { ...config, Env: pairs.reduce(withVariable, config.Env ?? []) };
  },
  EXPOSE: (config, rest) => ({ ...config, ExposedPorts: { ...config.ExposedPorts, ...portsOf(rest, config) } }),
  HEALTHCHECK: (config, rest) => ({ ...config, Healthcheck: parseHealthcheck(rest) }),
  LABEL: (config, rest) => ({
    ...config,
    Labels: { ...config.Labels, ...Object.fromEntries(pairsOf("LABEL", rest, config)) },
  }),
  ONBUILD: (config, rest) => ({ ...config, OnBuild: [...(config.OnBuild ?? []), triggerOf(rest)] }),
  STOPSIGNAL: (config, rest) => ({ ...config, StopSignal: single("STOPSIGNAL", rest, config) }),
  USER: (config, rest) => ({ ...config, User: single("USER", rest, config) }),
  VOLUME: (config, rest) => ({ ...config, Volumes: { ...config.Volumes, ...volumesOf(rest, config) } }),
  WORKDIR: (config, rest) => ({
    ...config,
    WorkingDir: joinPath(config.WorkingDir ?? "", single("WORKDIR", rest, config)),
  }),
};

/** @throws EngineError invalid-argument, in Docker's words */
export function applyChanges(config: ImageRunConfig, changes: readonly string[]): ImageRunConfig {
  const lines = changes
    .join("\n")
    .replace(/^[ \t]*#.*\n?/gm, "")
    .replace(/\\[ \t]*\n/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => /^(\S+)\s*(.*)$/s.exec(line) ?? [line, line, ""]);
  for (const [, name = ""] of lines) {
    if (!Object.hasOwn(INSTRUCTIONS, name.toUpperCase())) throw invalid(`${name} is not a valid change command`);
  }
  const state = { cmdIsNew: false };
  return lines.reduce((result, [, name = "", rest = ""]) => {
    const instruction = name.toUpperCase();
    if (rest === "" && instruction !== "CMD" && instruction !== "ENTRYPOINT")
      throw invalid(`${instruction} requires ${ONE_ARGUMENT.has(instruction) ? "exactly" : "at least"} one argument`);
    return (INSTRUCTIONS[instruction] as Instruction)(result, rest, state);
  }, config);
}

const ONE_ARGUMENT = new Set(["STOPSIGNAL", "USER", "WORKDIR", "ONBUILD"]);

/** A JSON list of strings is taken as it is; anything else is for the shell. */
function commandOf({ Shell = SHELL }: ImageRunConfig, rest: string): readonly string[] | null {
  const list = jsonList(rest);
  if (list !== undefined) return list.length === 0 ? null : list;
  return rest === "" ? null : [...Shell, rest];
}

function jsonList(text: string): readonly string[] | undefined {
  if (!text.startsWith("[")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `A=b "C D"=e`, or the old form `A the rest`. */
function pairsOf(instruction: string, rest: string, { Env }: ImageRunConfig): readonly (readonly [string, string])[] {
  const words = splitWords(rest);
  const expand = (word: string): string => expandWord(word, Env ?? []);
  if (!(words[0] ?? "").includes("=")) {
    const [, name = "", value] = /^(\S+)\s+(.*)$/s.exec(rest) ?? [];
    if (value === undefined) throw invalid(`${instruction} must have two arguments`);
    return [[expand(name), expand(value)]];
  }
  return words.map((word) => {
    const equals = word.indexOf("=");
    if (equals < 0)
      throw invalid(`Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`);
    const name = expand(word.slice(0, equals));
    if (name === "") throw invalid(`${instruction} names can not be blank`);
    return [name, expand(word.slice(equals + 1))] as const;
  });
}

function withVariable(env: readonly string[], [name, value]: readonly [string, string]): readonly string[] {
  const at = env.findIndex((variable) => variable.startsWith(`${name}=`));
  return at < 0 ? [...env, `${name}=${value}`] : env.with(at, `${name}=${value}`);
}

/** `80`, `53/udp`, `8000-8010/tcp` */
function portsOf(rest: string, { Env }: ImageRunConfig): Record<string, object> {
  const ports: Record<string, object> = {};
  for (const word of splitWords(rest)) {
    const text = expandWord(word, Env ?? []);
    const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text);
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (match === null || first < 1 || last > 65_535 || last < first) throw invalid(`invalid containerPort: ${text}`);
    for (let port = first; port <= last; port += 1) ports[`${port}/${(match[3] ?? "tcp").toLowerCase()}`] = {};
  }
  return ports;
}

function volumesOf(rest: string, { Env }: ImageRunConfig): Record<string, object> {
  const paths = jsonList(rest) ?? splitWords(rest);
  return Object.fromEntries(
    paths.map((word) => {
      const path = expandWord(word, Env ?? []).trim();
      if (path === "") throw invalid("VOLUME specified can not be an empty string");
      return [path, {}];
    }),
  );
}

function triggerOf(rest: string): string {
  const name = (/^\S+/.exec(rest)?.[0] ?? "").toUpperCase();
  if (name === "ONBUILD") throw invalid("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (name === "FROM" || name === "MAINTAINER") throw invalid(`${name} isn't allowed as an ONBUILD trigger`);
  return rest;
}

function single(instruction: string, rest: string, { Env }: ImageRunConfig): string {
  // These take the rest of the line as one word, but for their quotes.
  const value = expandWord(rest, Env ?? []);
  if (value === "") throw invalid(`${instruction} requires exactly one argument`);
  return value;
}

function joinPath(directory: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${directory}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}
