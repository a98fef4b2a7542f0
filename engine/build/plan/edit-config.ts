/** Instructions that change only the image's config, as BuildKit's `dockerfile2llb` applies them. */
import { EngineError } from "../../base/errors.ts";
import type { CommandLine, HealthcheckInstruction, Instruction, Pair } from "../../dockerfile/dockerfile.ts";
import type { DraftConfig } from "./build-plan.ts";
import { parseExposedPorts } from "../../dockerfile/exposed-ports.ts";
import { parseDuration } from "../../dockerfile/go-duration.ts";
import { quote } from "../../dockerfile/go-text.ts";
import { parseSignal } from "../../runtime/signals.ts";
import type { Expansion } from "./expansion.ts";
import { formatGoDuration, goQuoteList, goQuoteRune } from "./go-format.ts";

const DEFAULT_SHELL = ["/bin/sh", "-c"];

/** The words that run: the shell form's line is given to the stage's shell. */
function argsOf(command: CommandLine, { Shell }: DraftConfig): readonly string[] {
  return command.form === "exec" ? command.words : [...shellOf(Shell), command.line];
}

export function shellOf(shell: DraftConfig["Shell"]): readonly string[] {
  return shell === undefined || shell.length === 0 ? DEFAULT_SHELL : shell;
}

/** What an instruction makes of the config, and what the history says of it. Keys that are undefined go. */
export interface ConfigEdit {
  readonly change: { readonly [Key in keyof DraftConfig]?: DraftConfig[Key] | undefined };
  readonly createdBy: string;
}

/** Instructions that are nothing but an edit. */
export type EditInstruction = Extract<
  Instruction,
  {
    readonly name: "CMD" | "ENTRYPOINT" | "EXPOSE" | "VOLUME" | "USER" | "STOPSIGNAL" | "SHELL" | "HEALTHCHECK";
  }
>;

/** @param cmdIsSet by this stage: a new entrypoint keeps it then @throws EngineError invalid-argument */
export function editOf(
  instruction: EditInstruction,
  config: DraftConfig,
  { expand, cmdIsSet }: { readonly expand: Expansion; readonly cmdIsSet: boolean },
): ConfigEdit {
  switch (instruction.name) {
    case "CMD": {
      const args = argsOf(instruction.command, config);
      return { change: { Cmd: args, ArgsEscaped: true }, createdBy: `CMD ${goQuoteList(args)}` };
    }
    case "ENTRYPOINT": {
      const args = argsOf(instruction.command, config);
      // A command of the base was meant for the base's entrypoint.
      const change = { Entrypoint: args, ...(!cmdIsSet && { Cmd: undefined }) };
      return { change, createdBy: `ENTRYPOINT ${goQuoteList(args)}` };
    }
    case "EXPOSE": {
      const ports = expand.words(instruction.ports).flatMap(parseExposedPorts);
      return {
        change: { ExposedPorts: withKeys(config.ExposedPorts, ports) },
        createdBy: `EXPOSE [${ports.join(" ")}]`,
      };
    }
    case "VOLUME": {
      const paths = instruction.paths.map((path) => expand.word(path));
      if (paths.includes("")) throw new EngineError("invalid-argument", "VOLUME specified can not be an empty string");
      return { change: { Volumes: withKeys(config.Volumes, paths) }, createdBy: `VOLUME [${paths.join(" ")}]` };
    }
    case "USER": {
      const user = expand.word(instruction.user);
      return { change: { User: user }, createdBy: `USER ${user}` };
    }
    case "STOPSIGNAL": {
      const signal = expand.word(instruction.signal);
      // Any number but 0 is taken, also one that Linux has no signal for.
      if (!/^[+-]?0*[1-9]\d*$/.test(signal)) parseSignal(signal);
      return { change: { StopSignal: signal }, createdBy: `STOPSIGNAL ${signal}` };
    }
    case "SHELL":
      return { change: { Shell: instruction.words }, createdBy: `SHELL [${instruction.words.join(" ")}]` };
    case "HEALTHCHECK": {
      const { config: check, createdBy } = healthcheckOf(instruction);
      return { change: { Healthcheck: check }, createdBy };
    }
  }
}

/** Names and values, variables replaced. */
export function expandPairs(
  pairs: readonly Required<Pair>[],
  expand: Expansion,
): readonly (readonly [name: string, value: string])[] {
  return pairs.map(({ name, value }) => [expand.word(name), expand.word(value)] as const);
}

/** `ENV A=1 B=2` */
export function pairText(name: string, pairs: readonly (readonly [string, string])[]): string {
  return `${name} ${pairs.map(([key, value]) => `${key}=${value}`).join(" ")}`;
}

/** With an edit's keys. */
export function withChange(config: DraftConfig, change: ConfigEdit["change"]): DraftConfig {
  return Object.fromEntries(Object.entries({ ...config, ...change }).filter(([, value]) => value !== undefined));
}

/** With more keys, sorted as Go's JSON sorts a map's. */
function withKeys(
  map: Readonly<Record<string, object>> | null | undefined,
  keys: readonly string[],
): Readonly<Record<string, object>> {
  const all = [...Object.keys(map ?? {}), ...keys];
  return Object.fromEntries([...new Set(all)].toSorted().map((key) => [key, {}]));
}

/** With more labels; `sortedLabels` puts them in order once, at the end. */
export function withLabels(
  labels: DraftConfig["Labels"],
  more: Iterable<readonly [string, string]>,
): Readonly<Record<string, string>> {
  return { ...labels, ...Object.fromEntries(more) };
}

/** As Go's JSON writes a map. */
export function sortedLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** A health check as the config has it, and as the history tells it. @throws EngineError invalid-argument */
function healthcheckOf(instruction: HealthcheckInstruction): {
  readonly config: Readonly<Record<string, unknown>>;
  readonly createdBy: string;
} {
  const { command } = instruction;
  const test =
    command === undefined
      ? ["NONE"]
      : command.form === "exec"
        ? ["CMD", ...command.words]
        : ["CMD-SHELL", command.line];
  const times = {
    Interval: durationOf("interval", instruction.interval),
    Timeout: durationOf("timeout", instruction.timeout),
    StartPeriod: durationOf("start-period", instruction.startPeriod),
    StartInterval: durationOf("start-interval", instruction.startInterval),
  };
  const retries = retriesOf(instruction.retries);
  const set = Object.fromEntries(Object.entries({ ...times, Retries: retries }).filter(([, value]) => value !== 0));
  const words = Object.values(times).map((value) => quote(formatGoDuration(value)));
  return {
    config: { Test: test, ...set },
    createdBy: `HEALTHCHECK &{${[goQuoteList(test), ...words, goQuoteRune(retries)].join(" ")}}`,
  };
}

const MIN_NANOSECONDS = 1e6;

function durationOf(name: string, text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  const value = parseDuration(text);
  if (value !== 0 && value < MIN_NANOSECONDS)
    throw new EngineError("invalid-argument", `Interval ${quote(name)} cannot be less than 1ms`);
  return value;
}

function retriesOf(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  if (!/^[+-]?\d+$/.test(text))
    throw new EngineError("invalid-argument", `strconv.ParseInt: parsing ${quote(text)}: invalid syntax`);
  const value = Number(text);
  if (value < 0) throw new EngineError("invalid-argument", `--retries cannot be negative (${value})`);
  return value;
}

/** Where a relative `WORKDIR` leads. */
export function joinDirectory(directory: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${directory}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
