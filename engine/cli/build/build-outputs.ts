/** Where the result of a build goes: `--output`, `--load`, `--push`. */
import { messageOf } from "../../base/errors.ts";
import { parseCsvFields } from "../../dockerfile/csv-fields.ts";
import type { FlagValues } from "../args.ts";
import type { CommandContext } from "../command-context.ts";
import { buildError, optionError } from "./build-failure.ts";

export type BuildOutput =
  /** An image of this engine: what a build is for when nothing else is said. */
  | { readonly type: "image"; readonly push: boolean; readonly names: readonly string[] }
  /** The image as a tar file that `docker load` reads; also in the OCI layout. */
  | { readonly type: "docker" | "oci"; readonly destination: string }
  /** The files of the result, in a directory or a tar file; `-` is stdout. */
  | { readonly type: "local" | "tar"; readonly destination: string }
  | { readonly type: "cacheonly" };

/** @throws CommandError in buildx's words */
export function parseOutputs(flags: FlagValues): readonly BuildOutput[] {
  const outputs = flags
    .list("output")
    .filter((text) => text !== "")
    .map(parseOutput);
  if (flags.boolean("push") && !outputs.some((output) => output.type === "image" && output.push)) {
    if (flags.list("tag").length === 0) throw buildError("tag is needed when pushing to registry");
    outputs.push({ type: "image", push: true, names: [] });
  }
  if (flags.boolean("load") && !outputs.some(({ type }) => type === "image"))
    outputs.push({ type: "image", push: false, names: [] });
  return outputs;
}

function parseOutput(text: string): BuildOutput {
  const { type, attributes } = fieldsOf(text);
  const destination = attributes.get("dest") ?? "";
  switch (type) {
    case "local":
    case "tar":
      if (destination === "" && type === "local") throw buildError(`dest is required for ${type} exporter`);
      return { type, destination: destination || "-" };
    case "docker":
      return destination === "" ? { type: "image", push: false, names: namesOf(attributes) } : { type, destination };
    case "oci":
      return { type, destination: destination || "-" };
    case "image":
      return { type, push: attributes.get("push") === "true", names: namesOf(attributes) };
    case "registry":
      return { type: "image", push: true, names: namesOf(attributes) };
    case "cacheonly":
      return { type };
    default:
      throw buildError(`failed to solve: exporter ${JSON.stringify(type)} could not be found`);
  }
}

/** `type=local,dest=path`, or a path alone; `-` alone is a tar file on stdout. */
function fieldsOf(text: string): { readonly type: string; readonly attributes: ReadonlyMap<string, string> } {
  let fields: readonly string[];
  try {
    fields = parseCsvFields(text);
  } catch (cause) {
    throw optionError(messageOf(cause), cause);
  }
  if (fields.length === 1 && fields[0] === text && !text.startsWith("type=")) {
    const plain = text.startsWith("dest=") ? text.slice("dest=".length) : text;
    return { type: text === "-" ? "tar" : "local", attributes: new Map([["dest", plain]]) };
  }
  const attributes = new Map<string, string>();
  for (const field of fields) {
    const equals = field.indexOf("=");
    if (equals < 0) throw optionError(`invalid value ${field}`);
    attributes.set(field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1));
  }
  const type = attributes.get("type") ?? "";
  if (type === "") throw optionError("type is required for output");
  return { type, attributes };
}

const namesOf = (attributes: ReadonlyMap<string, string>): readonly string[] =>
  (attributes.get("name") ?? "").split(",").filter((name) => name !== "");

/** No image is made when only files are asked for. */
export function wantsFilesOnly(outputs: readonly BuildOutput[]): boolean {
  return outputs.length > 0 && outputs.every(({ type }) => ["local", "tar", "cacheonly"].includes(type));
}

/** Before anything is built. @throws CommandError for a place that cannot be written to */
export async function checkOutputs(context: CommandContext, outputs: readonly BuildOutput[]): Promise<void> {
  for (const output of outputs) {
    if (output.type === "image" || output.type === "cacheonly") continue;
    const { type, destination } = output;
    const found = await context.files.stat(destination, { follow: true });
    if (type === "local") {
      if (destination === "-") throw buildError("dest cannot be stdout for local exporter");
      if (found !== undefined && found.type !== "directory")
        throw buildError(`destination directory ${destination} is a file`);
    } else if (destination === "-") {
      if (context.stdout.isTerminal)
        throw buildError(`dest file is required for ${type} exporter. refusing to write to console`);
    } else if (found?.type === "directory")
      throw buildError(`dest file is required for ${type} exporter, got directory ${destination}`);
  }
}
