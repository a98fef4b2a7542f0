/** `docker buildx build`, from the flags to the exit code. */
import { messageOf } from "../../base/errors.ts";
import { streamOf, encodeUtf8 } from "../../base/streams.ts";
import type { BuildStatusModel } from "../../wire/build-status.ts";
import type { Invocation } from "../command.ts";
import { ApiError } from "../client.ts";
import { complain, print } from "../output.ts";
import { prepareContext } from "./build-context.ts";
import { buildError, optionError } from "./build-failure.ts";
import { writeMetadata } from "./build-metadata.ts";
import { type BuildOptions, readBuildOptions } from "./build-options.ts";
import { checkOutputs, wantsFilesOnly } from "./build-outputs.ts";
import type { BuildOutcome } from "./build-stream.ts";
import { distinctWarnings, formatCheckJson, formatCheckReport, formatWarnings } from "./build-warnings.ts";
import { describeTargets } from "./describe-targets.ts";
import { type Display, showBuild } from "./display.ts";
import { exportResult } from "./export-result.ts";
import { cancelOnInterrupt, canceled } from "./cancel-build.ts";
import { PlainDisplay } from "./plain-display.ts";
import { RawJsonDisplay } from "./raw-json-display.ts";
import { requestBuild } from "./request-build.ts";
import { formatSource } from "./source-excerpt.ts";
import { TtyDisplay } from "./tty-display.ts";

/** @throws CommandError what is wrong, in buildx's words */
export async function runBuild(invocation: Invocation): Promise<number> {
  const { context, flags } = invocation;
  await warnOfOldFlags(invocation);
  const options = readBuildOptions(flags, context.env);
  const display = displayOf(invocation, options);
  await checkOutputs(context, options.outputs);
  const local = await prepareContext(context, invocation.arguments[0] as string, options.file);
  if (options.call.name === "targets" || options.call.name === "outline")
    return await describeTargets(invocation, options, local);
  if (options.imageIdFile !== "") await forget(invocation, options.imageIdFile);
  const outcome: BuildOutcome = { buildId: "", imageId: "", failure: undefined };
  using cancelling = cancelOnInterrupt(invocation);
  const names = wantsFilesOnly(options.outputs) ? [] : imageNames(options);
  const statuses = requestBuild(invocation, { options, names, local, outcome, cancelling });
  await showBuild(withExports(invocation, { options, names, outcome, statuses }), display, (text) =>
    print(context.stderr, text),
  );
  return await report(invocation, { options, display, outcome, isCanceled: cancelling.isCanceled });
}

/** `-t`, and the names that outputs bring. */
function imageNames({ tags, outputs }: BuildOptions): readonly string[] {
  return [...new Set([...tags, ...outputs.flatMap((output) => (output.type === "image" ? output.names : []))])];
}

async function* withExports(
  invocation: Invocation,
  {
    options,
    names,
    outcome,
    statuses,
  }: {
    readonly options: BuildOptions;
    readonly names: readonly string[];
    readonly outcome: BuildOutcome;
    readonly statuses: AsyncIterable<BuildStatusModel>;
  },
): AsyncGenerator<BuildStatusModel, void, undefined> {
  // The report of a check has its findings.
  if (options.call.name === "check") outcome.warnings = [];
  for await (const status of statuses) {
    outcome.warnings?.push(...(status.warnings ?? []));
    yield outcome.warnings === undefined ? status : { ...status, warnings: [] };
  }
  if (outcome.failure !== undefined || options.call.name === "check") return;
  try {
    yield* exportResult(options.outputs, { invocation, outcome, names });
  } catch (error) {
    outcome.failure = { message: error instanceof ApiError ? error.reason : messageOf(error) };
  }
}

/** What stands below the steps, and what is printed besides. */
async function report(
  invocation: Invocation,
  {
    options,
    display,
    outcome,
    isCanceled,
  }: { options: BuildOptions; display: Display; outcome: BuildOutcome; isCanceled: boolean },
): Promise<number> {
  const { context, debug } = invocation;
  const warnings = distinctWarnings(display.trace?.warnings ?? []);
  await print(context.stderr, formatWarnings(warnings, { debug }));
  const { failure } = outcome;
  if (failure !== undefined) {
    if (isCanceled) throw canceled();
    if (failure.source !== undefined) await print(context.stderr, formatSource(failure.source));
    throw buildError(`failed to solve: ${failure.message}`);
  }
  if (outcome.warnings !== undefined) return await reportCheck(invocation, options, distinctWarnings(outcome.warnings));
  if (options.quiet && outcome.imageId !== "") await print(context.stdout, `${outcome.imageId}\n`);
  if (options.imageIdFile !== "") await writeImageId(invocation, options.imageIdFile, outcome.imageId);
  if (options.metadataFile !== "") await writeMetadata(context, options, outcome);
  return 0;
}

async function reportCheck(
  { context }: Invocation,
  { call }: BuildOptions,
  warnings: ReturnType<typeof distinctWarnings>,
): Promise<number> {
  await print(context.stdout, call.isJson ? formatCheckJson(warnings) : formatCheckReport(warnings));
  return warnings.length > 0 ? 1 : 0;
}

/** @throws CommandError for a terminal that is none */
function displayOf({ context }: Invocation, { progress, quiet }: BuildOptions): Display {
  const { stderr, env } = context;
  if (progress === "quiet" || quiet) return QUIET;
  if (progress === "rawjson") return new RawJsonDisplay();
  if (progress === "plain" || (progress === "auto" && !stderr.isTerminal))
    return new PlainDisplay('building with "default" instance using docker driver');
  if (!stderr.isTerminal) throw optionError("failed to get console: provided file is not a console");
  const isColored = (env.get("NO_COLOR") ?? "") === "";
  return new TtyDisplay({ description: "docker:default", size: () => stderr.size(), isColored });
}

const QUIET: Display = { update: () => undefined, draw: () => "", finish: () => "" };

async function writeImageId({ context }: Invocation, path: string, id: string): Promise<void> {
  try {
    await context.files.write(path, streamOf(encodeUtf8(id)), { mode: 0o644 });
  } catch (cause) {
    throw optionError(`writing image ID file: ${messageOf(cause)}`, cause);
  }
}

/** A file of an earlier build must not look like this one's. There is no way to remove it here: it is emptied. */
async function forget({ context }: Invocation, path: string): Promise<void> {
  if ((await context.files.stat(path, { follow: true }))?.type === "file")
    await context.files.write(path, streamOf(), { mode: 0o644 });
}

const OLD_FLAGS = [
  ["isolation", "isolation flag is deprecated with BuildKit."],
  ["security-opt", 'security-opt flag is deprecated. "RUN --security=insecure" should be used with BuildKit.'],
  ["squash", "experimental flag squash is removed with BuildKit. You should squash inside build using a multi-stage Dockerfile for efficiency."], // prettier-ignore
] as const;

async function warnOfOldFlags({ context, flags }: Invocation): Promise<void> {
  for (const [name, text] of OLD_FLAGS) if (flags.has(name)) await complain(context, `WARNING: ${text}`);
}
