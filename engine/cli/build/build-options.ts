/** The flags of `docker buildx build`, read as buildx 0.29 does (`commands/build.go`, `util/buildflags`). */
import { messageOf } from "../../base/errors.ts";
import { parseCsvFields } from "../../dockerfile/csv-fields.ts";
import type { FlagValues } from "../args.ts";
import type { CommandContext } from "../command-context.ts";
import { formatFamiliar, parseImageName, withDefaultTag } from "../image-name.ts";
import { buildError, optionError, unsupportedByDriver } from "./build-failure.ts";
import { type BuildOutput, parseOutputs } from "./build-outputs.ts";

export interface BuildOptions {
  /** `-f` as it was given; "" for the default. */
  readonly file: string;
  readonly tags: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly target: string;
  readonly noCache: boolean;
  readonly noCacheFilter: readonly string[];
  readonly pull: boolean;
  readonly platform: string;
  readonly network: string;
  /** `name:address` */
  readonly addHosts: readonly string[];
  readonly shmSizeBytes: number;
  readonly ulimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
  readonly outputs: readonly BuildOutput[];
  readonly secrets: readonly SecretSource[];
  /** By id: the path of a socket, "" for the user's agent. */
  readonly ssh: ReadonlyMap<string, string>;
  /** By name: a directory, `docker-image://…`, `target:…` */
  readonly namedContexts: ReadonlyMap<string, string>;
  readonly cacheFrom: readonly string[];
  readonly call: { readonly name: CallName; readonly isJson: boolean };
  readonly imageIdFile: string;
  readonly metadataFile: string;
  readonly progress: ProgressMode;
  /** Print the image's id in the end, and nothing else. */
  readonly quiet: boolean;
}

export interface SecretSource {
  readonly id: string;
  readonly path?: string;
  readonly variable?: string;
}

export type ProgressMode = "auto" | "tty" | "plain" | "quiet" | "rawjson";
type CallName = "build" | "check" | "outline" | "targets";

/** @throws CommandError in buildx's words */
export function readBuildOptions(flags: FlagValues, env: CommandContext["env"]): BuildOptions {
  const [buildArgs, labels] = [pairs(flags.list("build-arg"), env), pairs(flags.list("label"))];
  const epoch = env.get("SOURCE_DATE_EPOCH");
  const namedContexts = readNamedContexts(flags.list("build-context"));
  const outputs = parseOutputs(flags);
  const cacheFrom = flags.list("cache-from").flatMap(readCacheFrom);
  checkCacheTo(flags.list("cache-to"));
  const secrets = flags.list("secret").map(readSecret);
  const ssh = new Map(flags.list("ssh").map(readSsh));
  const call = readCall(flags);
  const progress = readProgress(flags, env);
  if (flags.has("iidfile") && outputs.some(({ type }) => type === "local" || type === "tar"))
    throw optionError("local and tar exporters are incompatible with image ID file");
  if (flags.has("builder") && flags.string("builder") !== "default")
    throw optionError(`no builder ${JSON.stringify(flags.string("builder"))} found`);
  const noCacheFilter = flags.list("no-cache-filter").flatMap((text) => text.split(","));
  if (flags.boolean("no-cache") && noCacheFilter.length > 0)
    throw buildError("--no-cache and --no-cache-filter cannot currently be used together");
  if (["attest", "sbom", "provenance"].some((name) => flags.list(name).some((value) => !isOff(value))))
    throw unsupportedByDriver("Attestation", "attestations");
  for (const entitlement of flags.list("allow"))
    if (!ENTITLEMENTS.test(entitlement)) throw buildError(`unknown entitlement ${entitlement}`);
  return {
    file: flags.string("file"),
    tags: flags.list("tag").map(readTag),
    buildArgs: { ...(epoch !== undefined && { SOURCE_DATE_EPOCH: epoch }), ...buildArgs },
    labels,
    target: flags.string("target"),
    noCache: flags.boolean("no-cache"),
    noCacheFilter,
    pull: flags.boolean("pull"),
    platform: readPlatform(flags.list("platform").flatMap((text) => text.split(","))),
    network: readNetwork(flags.string("network")),
    addHosts: flags.list("add-host").map(readHost),
    shmSizeBytes: flags.number("shm-size"),
    ulimits: flags.list("ulimit").map(readUlimit),
    outputs,
    secrets,
    ssh,
    namedContexts,
    cacheFrom,
    call,
    imageIdFile: flags.string("iidfile"),
    metadataFile: flags.string("metadata-file"),
    ...progress,
  };
}

/** What a step may be allowed; whether it is decided by the engine. */
const ENTITLEMENTS = /^(network\.host|security\.insecure|device(=.*)?|(fs(\.(read|write))?|ssh)(=.*)?)$/;

const isOff = (value: string): boolean => /^(false|0|f|disabled=true)$/i.test(value);

/** `env`: where a name without a value has it from; without it the value is empty. */
function pairs(list: readonly string[], env?: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const text of list) {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    if (name === "") throw optionError(`invalid key-value pair ${JSON.stringify(text)}: empty key`);
    const value = equals >= 0 ? text.slice(equals + 1) : env === undefined ? "" : env.get(name);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function readTag(text: string): string {
  try {
    return formatFamiliar(withDefaultTag(parseImageName(text)));
  } catch (cause) {
    const reason = messageOf(cause).replace(/^.*: repository name \(.*\) must/, "repository name must");
    throw buildError(`invalid tag ${JSON.stringify(text)}: ${reason}`, cause);
  }
}

function readNamedContexts(list: readonly string[]): ReadonlyMap<string, string> {
  const result = new Map<string, string>();
  for (const text of list.filter((value) => value !== "")) {
    const equals = text.indexOf("=");
    if (equals < 0) throw optionError(`invalid context value: ${text}, expected key=value`);
    const name = text.slice(0, equals);
    try {
      result.set(formatFamiliar(parseImageName(name)).replace(/:latest$/, ""), text.slice(equals + 1));
    } catch (cause) {
      throw optionError(`invalid context name ${name}: ${messageOf(cause)}`, cause);
    }
  }
  return result;
}

/** `id=x,src=path`, `id=x,env=NAME`. */
function readSecret(text: string): SecretSource {
  let secret: SecretSource & { type?: string } = { id: "" };
  for (const field of fieldsOf(text)) {
    const equals = field.indexOf("=");
    if (equals < 0) throw optionError(`invalid field '${field}' must be a key=value pair`);
    const [key, value] = [field.slice(0, equals).toLowerCase(), field.slice(equals + 1)];
    if (key === "type") {
      if (value !== "file" && value !== "env") throw optionError(`unsupported secret type ${JSON.stringify(value)}`);
      secret = { ...secret, type: value };
    } else if (key === "id") secret = { ...secret, id: value };
    else if (key === "source" || key === "src") secret = { ...secret, path: value };
    else if (key === "env") secret = { ...secret, variable: value };
    else throw optionError(`unexpected key '${key}' in '${field}'`);
  }
  const { type, path, ...rest } = secret;
  if (type === "env" && rest.variable === undefined && path !== undefined) return { ...rest, variable: path };
  return { ...rest, ...(path !== undefined && { path }) };
}

/** `default`, `id=/path/of/a/socket`. */
function readSsh(text: string): readonly [id: string, socket: string] {
  const [id = "", socket = ""] = text.split(/=(.*)/s);
  return [id, socket];
}

/** Registries are what a cache comes from here. */
function readCacheFrom(text: string): readonly string[] {
  if (text === "") return [];
  const fields = fieldsOf(text);
  if (fields.every((field) => !field.includes("="))) return fields;
  const attributes = new Map(fields.map((field) => field.split(/=(.*)/s) as [string, string]));
  const type = attributes.get("type") ?? "";
  if (type === "") throw optionError(`type required for ${JSON.stringify(text)}`);
  if (type === "inline") return [];
  const reference = attributes.get("ref");
  if (type !== "registry" || reference === undefined)
    throw buildError(`cache import of type ${type} is not supported: only images (type=registry,ref=…) are`);
  return [reference];
}

function checkCacheTo(list: readonly string[]): void {
  for (const text of list) {
    const type = /(?:^|,)type=([^,]*)/.exec(text)?.[1] ?? "registry";
    // An image tells by itself what it was made of.
    if (type !== "inline") throw unsupportedByDriver("Cache export", "build-cache-backends");
  }
}

function readCall(flags: FlagValues): BuildOptions["call"] {
  if (flags.boolean("check")) return { name: "check", isJson: false };
  const [name = "", ...options] = flags.string("call").split(",");
  if (!["build", "", "check", "lint", "outline", "targets"].includes(name))
    throw buildError(`failed to solve: unsupported request frontend.${name}: unsupported request frontend.${name}`);
  const call = name === "lint" ? "check" : name === "" ? "build" : (name as CallName);
  return { name: call, isJson: options.includes("format=json") };
}

function readProgress(flags: FlagValues, env: CommandContext["env"]): Pick<BuildOptions, "progress" | "quiet"> {
  const given = flags.string("progress");
  const quiet = flags.boolean("quiet") || given === "quiet";
  if (quiet && given !== "auto" && given !== "quiet")
    throw optionError(`progress=${given} and quiet cannot be used together`);
  if (quiet) return { progress: "quiet", quiet };
  const mode = given === "auto" ? env.get("BUILDKIT_PROGRESS") || given : given;
  if (mode === "none") return { progress: "quiet", quiet: false };
  if (!["auto", "tty", "plain", "quiet", "rawjson"].includes(mode)) throw optionError(`invalid progress mode ${mode}`);
  return { progress: mode as ProgressMode, quiet: false };
}

function readPlatform(list: readonly string[]): string {
  if (list.length > 1) throw unsupportedByDriver("Multi-platform build", "build-multi-platform");
  return list[0] ?? "";
}

function readNetwork(mode: string): string {
  if (["", "default", "host", "none"].includes(mode)) return mode;
  const hint = "you can define a custom network for your builder using the network driver-opt in buildx create";
  throw buildError(`network mode ${JSON.stringify(mode)} not supported by buildkit - ${hint}`);
}

function readHost(text: string): string {
  const match = /^([^=:]+)[=:](.+)$/.exec(text);
  if (match === null) throw buildError(`invalid host ${text}`);
  const [, name = "", address = ""] = match;
  return `${name}:${address.replace(/^\[(.*)\]$/, "$1")}`;
}

/** `nofile=1024:2048`; the flag has checked it. */
function readUlimit(text: string): BuildOptions["ulimits"][number] {
  const [, name = "", soft = "0", hard = soft] = /^([^=]+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  return { Name: name, Soft: Number(soft), Hard: Number(hard) };
}

function fieldsOf(text: string): readonly string[] {
  try {
    return parseCsvFields(text);
  } catch (cause) {
    throw optionError(messageOf(cause), cause);
  }
}
