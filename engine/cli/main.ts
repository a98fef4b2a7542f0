import { messageOf } from "../base/errors.ts";
import { FlagError, type ParsedArguments, parseArguments } from "./args.ts";
import { Client } from "./client.ts";
import { argumentProblem, type Command, CommandError } from "./command.ts";
import type { CommandContext } from "./command-context.ts";
import { aliasedBuildxGroup, aliasOfBuildx } from "./commands/buildx/group.ts";
import { configDirectory } from "./config-file.ts";
import { ROOT_COMMAND } from "./command-table.ts";
import { complain, print, say } from "./output.ts";
import { prepare } from "./global-options.ts";
import { Interrupts, SIGPIPE_EXIT } from "./terminal/interrupts.ts";
import { helpText, usageLine } from "./usage.ts";
import { DOCKER_VERSION } from "../wire/version.ts";
import { NOT_GO } from "../wire/system.ts";

/** Exit code of a wrong use of flags. */
const USAGE_ERROR = 125;
const VERSION_LINE = `Docker version ${DOCKER_VERSION}, build ${NOT_GO.gitCommit}`;

/** Runs one `docker …` to its end. @returns the exit code; never throws */
export async function runCli(context: CommandContext): Promise<number> {
  using interrupts = new Interrupts(context);
  try {
    return await Promise.race([dispatch(context, interrupts), interrupts.ended]);
  } catch (error) {
    return await report(context, error).catch(() => SIGPIPE_EXIT);
  }
}

async function dispatch(context: CommandContext, interrupts: Interrupts): Promise<number> {
  const global = await parse(context, {
    command: ROOT_COMMAND,
    path: "docker",
    argv: context.argv.slice(1),
    interspersed: false,
  });
  if (typeof global === "number") return global;
  const [first, ...others] = global.rest;
  if (first === undefined) {
    if (global.flags.boolean("version")) return await version(context);
    return await help(context, ROOT_COMMAND, "docker", context.stderr);
  }
  if (first === "help") return await helpTopic(context, others);
  await prepare(context, global.flags);
  const found = findCommand(context, global.rest);
  if (found.command.warning !== undefined) await complain(context, `${found.command.warning}\n`);
  if (found.command.children) return await group(context, found);
  const directory = configDirectory(context, global.flags.has("config") ? global.flags.string("config") : undefined);
  return await execute(context, interrupts, found, { directory, debug: global.flags.boolean("debug") });
}

/** `docker build` is `docker buildx build`, unless BuildKit is switched off. */
function findCommand({ env }: CommandContext, words: readonly string[]): Found {
  const switchedOff = /^(0|f|false)$/i.test(env.get("DOCKER_BUILDKIT") ?? "");
  const alias = switchedOff ? undefined : aliasOfBuildx(words);
  if (alias === undefined) return find(ROOT_COMMAND, "docker", words);
  return find(aliasedBuildxGroup, "docker buildx", alias.slice(1));
}

interface Found {
  readonly command: Command;
  readonly path: string;
  /** What follows the command's name. */
  readonly argv: readonly string[];
}

/** Follows the words down the table as long as they name commands. */
function find(command: Command, path: string, argv: readonly string[]): Found {
  const [word, ...rest] = argv;
  const child = command.children?.find(({ name, aliases }) => name === word || aliases?.includes(word ?? ""));
  return child ? find(child, `${path} ${child.name}`, rest) : { command, path, argv };
}

async function group(context: CommandContext, { command, path, argv }: Found): Promise<number> {
  const unknown = argv.find((word) => !word.startsWith("-"));
  const isRoot = command === ROOT_COMMAND;
  if (command.unavailable !== undefined && !argv.includes("--help"))
    throw new CommandError(`${path}${command.unavailable}`);
  if (!isRoot && (unknown === undefined || argv.includes("--help"))) {
    const parsed = await parse(context, { command, path, argv, interspersed: true });
    return typeof parsed === "number" ? parsed : await help(context, command, path, context.stderr);
  }
  const usage = isRoot ? "" : `Usage:  ${usageLine(path, command)}\n\n`;
  await complain(
    context,
    `docker: unknown command: ${path} ${unknown ?? argv[0]}\n\n${usage}Run '${path} --help' for more information`,
  );
  return 1;
}

async function execute(
  context: CommandContext,
  interrupts: Interrupts,
  { command, path, argv }: Found,
  { directory, debug }: { readonly directory: string; readonly debug: boolean },
): Promise<number> {
  const parsed = await parse(context, { command, path, argv, interspersed: command.interspersed ?? true });
  if (typeof parsed === "number") return parsed;
  if (command.unavailable !== undefined) throw new CommandError(`${path}${command.unavailable}`);
  const problem = command.takes && argumentProblem(command.takes, parsed.rest.length, path);
  if (problem) {
    const usage = `Usage:  ${usageLine(path, command)}`;
    await complain(
      context,
      `${isPlugin(path) ? "ERROR: " : ""}docker: ${problem.message}\n\n${usage}\n\n${problem.hint} '${path} --help' for more information`,
    );
    return 1;
  }
  const signal = AbortSignal.any([context.signal, interrupts.signal]);
  const client = new Client(context.fetch, signal);
  const run = command.run ?? (() => Promise.reject(new CommandError(`${path}: not supported yet`)));
  const running = run({
    command,
    path,
    flags: parsed.flags,
    arguments: parsed.rest,
    context,
    client,
    signal,
    interrupts,
    debug: debug || parsed.flags.boolean("debug"),
    configDirectory: directory,
  });
  return await (isPlugin(path) ? running.catch(failAsPlugin) : running);
}

/** buildx is a program of its own, which words its errors in its own way. */
const isPlugin = (path: string): boolean => path.startsWith("docker buildx");

function failAsPlugin(error: unknown): never {
  if (error instanceof CommandError || isBrokenPipe(error)) throw error;
  throw new CommandError(`ERROR: ${messageOf(error)}`, 1, { cause: error });
}

/** Parses flags; wrong ones and `--help` are dealt with here: then the result is the exit code. */
async function parse(
  context: CommandContext,
  found: Found & { interspersed: boolean },
): Promise<ParsedArguments | number> {
  const { command, path, argv, interspersed } = found;
  try {
    const asksForHelp = command.unavailable !== undefined && argv.includes("--help");
    const words = asksForHelp ? ["--help"] : command.takesAnything ? ["--", ...argv] : argv;
    const parsed = parseArguments(command.flags, words, { interspersed });
    for (const notice of parsed.notices) await say(context, notice);
    return parsed.help === "no" ? parsed : await help(context, command, path);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    const usage = command === ROOT_COMMAND ? "docker [OPTIONS] COMMAND [ARG...]" : usageLine(path, command);
    await complain(context, `${error.message}\n\nUsage:  ${usage}\n\nRun '${path} --help' for more information`);
    return USAGE_ERROR;
  }
}

/** On stderr when nobody has asked for it. */
async function help(context: CommandContext, command: Command, path: string, output = context.stdout): Promise<number> {
  const columns = context.stdin.isTerminal && context.stdout.isTerminal ? context.stdout.size().columns : 0;
  await print(output, helpText(path, command, columns || undefined));
  return 0;
}

async function helpTopic(context: CommandContext, words: readonly string[]): Promise<number> {
  const { command, path, argv } = findCommand(context, words);
  if (argv.length === 0) return await help(context, command, path);
  await complain(context, `unknown help topic: ${words.join(" ")}`);
  return 1;
}

async function version(context: CommandContext): Promise<number> {
  await say(context, VERSION_LINE);
  return 0;
}

/** Prints what went wrong, and says with which code to exit. */
async function report(context: CommandContext, error: unknown): Promise<number> {
  if (isBrokenPipe(error)) return SIGPIPE_EXIT;
  if (context.signal.aborted) return SIGPIPE_EXIT;
  const message = messageOf(error);
  if (message !== "") await complain(context, message);
  return error instanceof CommandError ? error.exitCode : 1;
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && ((error as { code?: unknown }).code === "EPIPE" || /\bEPIPE\b/.test(error.message));
}
