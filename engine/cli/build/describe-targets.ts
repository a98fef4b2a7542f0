/** `--call targets` and `--call outline`: what a Dockerfile offers, without building it (BuildKit's `frontend/subrequests`). */
import { messageOf } from "../../base/errors.ts";
import type { ArgInstruction, Dockerfile, Instruction, Stage } from "../../dockerfile/dockerfile.ts";
import { DockerfileError } from "../../dockerfile/dockerfile-error.ts";
import { parseDockerfile } from "../../dockerfile/parse-dockerfile.ts";
import { parseRunMount } from "../../dockerfile/parse-run-mount.ts";
import { encodeGoJson } from "../../wire/go-json.ts";
import type { Invocation } from "../command.ts";
import { print } from "../output.ts";
import type { LocalBuild } from "./build-context.ts";
import { buildError } from "./build-failure.ts";
import type { BuildOptions } from "./build-options.ts";
import { formatSource } from "./source-excerpt.ts";

/** @throws CommandError for a Dockerfile that is not here, or is none */
export async function describeTargets(
  invocation: Invocation,
  options: BuildOptions,
  local: LocalBuild,
): Promise<number> {
  const { context } = invocation;
  const { dockerfile } = local;
  if (dockerfile === undefined)
    throw buildError("--call needs a Dockerfile that is not inside of an archive or behind a URL");
  let parsed: Dockerfile;
  try {
    parsed = parseDockerfile(dockerfile.text);
  } catch (cause) {
    if (cause instanceof DockerfileError && cause.range !== undefined) {
      const source = { fileName: dockerfile.name, data: dockerfile.text, ranges: [cause.range] };
      await print(context.stderr, formatSource(source));
    }
    throw buildError(`failed to solve: ${messageOf(cause)}`, cause);
  }
  const { call, target } = options;
  const text = call.name === "targets" ? targets(parsed, call.isJson) : outline(parsed, target, options);
  await print(context.stdout, text);
  return 0;
}

function targets({ stages }: Dockerfile, isJson: boolean): string {
  if (isJson) {
    const list = stages.map(({ from }, index) => ({
      ...(from.as !== undefined && { name: from.as }),
      ...(index === stages.length - 1 && { default: true }),
      base: from.image,
      ...(from.platform !== undefined && { platform: from.platform }),
    }));
    return `${encodeGoJson({ targets: list }, "  ")}\n`;
  }
  const names = stages.map(({ from }, index) => {
    const isDefault = index === stages.length - 1;
    return from.as === undefined ? (isDefault ? "(default)" : "") : `${from.as}${isDefault ? " (default)" : ""}`;
  });
  return table([["TARGET", "DESCRIPTION"], ...names.map((name) => [name, ""])], 1);
}

function outline({ metaArgs, stages }: Dockerfile, target: string, options: BuildOptions): string {
  const stage = stageOf(stages, target);
  if (stage === undefined)
    throw buildError(`failed to solve: target stage ${JSON.stringify(target)} could not be found`);
  const chain = chainOf(stages, stage);
  const used = chain.flatMap(({ instructions }) => instructions);
  const own = used.filter((instruction): instruction is ArgInstruction => instruction.name === "ARG");
  const args = new Map(
    [...metaArgs, ...own].flatMap(({ pairs }) => pairs).map(({ name, value }) => [name, value ?? ""]),
  );
  for (const [name, value] of Object.entries(options.buildArgs)) if (args.has(name)) args.set(name, value);
  const mounts = used.flatMap((instruction: Instruction) => (instruction.name === "RUN" ? instruction.mounts : []));
  const needs = (type: "secret" | "ssh"): readonly Need[] => [
    ...new Map(
      mounts
        .map(({ text }) => parseRunMount(text, (word) => word))
        .filter((mount) => mount.type === type)
        .map((mount): [string, Need] => {
          const id = mount.id ?? mount.target?.split("/").at(-1) ?? "default";
          return [id, [id, mount.required === true ? "true" : ""]];
        }),
    ).values(),
  ];
  if (options.call.isJson) {
    const required = (list: readonly Need[]): readonly object[] =>
      list.map(([name, value]) => ({ name, ...(value === "true" && { required: true }) }));
    const found = { args: [...args].map(([name, value]) => ({ name, ...(value !== "" && { value }) })), secrets: required(needs("secret")), ssh: required(needs("ssh")) }; // prettier-ignore
    const filled = Object.fromEntries(Object.entries(found).filter(([, list]) => list.length > 0));
    return `${encodeGoJson({ ...(stage.from.as !== undefined && { name: stage.from.as }), ...filled }, "  ")}\n`;
  }
  const section = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
    rows.length === 0 ? "" : `${table([head, ...rows], 3)}\n`;
  return [
    stage.from.as === undefined ? "" : `TARGET: ${stage.from.as}\n\n`,
    section(
      ["BUILD ARG", "VALUE", "DESCRIPTION"],
      [...args].map(([name, value]) => [name, value, ""]),
    ),
    section(["SECRET", "REQUIRED"], needs("secret")),
    section(["SSH", "REQUIRED"], needs("ssh")),
  ].join("");
}

/** A secret's or an agent's name, and whether it has to be there. */
type Need = readonly [name: string, required: "true" | ""];

/** By name or number; "" is the last. */
function stageOf(stages: readonly Stage[], target: string): Stage | undefined {
  if (target === "") return stages.at(-1);
  const name = target.toLowerCase();
  return stages.find(({ from }) => from.as === name) ?? (/^\d+$/.test(target) ? stages[Number(target)] : undefined);
}

/** The stage and those it stands on. */
function chainOf(stages: readonly Stage[], stage: Stage): readonly Stage[] {
  const before = stages.slice(0, stages.indexOf(stage));
  const base = before.findLast(({ from }) => from.as === stage.from.image.toLowerCase());
  return base === undefined ? [stage] : [...chainOf(stages, base), stage];
}

/** Columns as Go's `text/tabwriter` aligns them. */
function table(rows: readonly (readonly string[])[], padding: number): string {
  const widths = (rows[0] ?? []).map(
    (_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)) + padding,
  );
  return rows
    .map(
      (row) =>
        `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join("")}\n`,
    )
    .join("");
}
