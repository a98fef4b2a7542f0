import { EngineError } from "../base/errors.ts";
import type { Container, LogConfig } from "./container.ts";
import { shortId } from "./container-id.ts";

/** How much of a log is kept: so many files of so many bytes, as the driver would count them. 0 files: nothing. */
export interface LogLimits {
  readonly fileBytes: number;
  readonly files: number;
  /** What the driver writes for an entry beside its text. */
  readonly entryBytes: number;
}

/** `{"log":"…","stream":"stdout","time":"…"}` */
const JSON_ENTRY_BYTES = 70;
const LOCAL_ENTRY_BYTES = 24;

/**
 * Docker's json-file grows without end unless told otherwise; here the storage is a browser's, so that without `max-size` the last
 * 128 MiB are kept.
 */
const UNLIMITED: LogLimits = { fileBytes: 16 << 20, files: 8, entryBytes: 16 };
const NOTHING: LogLimits = { fileBytes: Infinity, files: 0, entryBytes: 0 };

const LABEL_OPTIONS = ["labels", "labels-regex", "env", "env-regex", "tag"];

/** The drivers of this engine, with the options that each takes. */
const DRIVERS: Readonly<Record<string, { readonly options: readonly string[]; readonly unknown: string }>> = {
  "json-file": { options: ["max-file", "max-size", "compress", ...LABEL_OPTIONS], unknown: "for json-file log driver" },
  local: { options: ["max-file", "max-size", "compress"], unknown: "for log driver local" },
  syslog: {
    options: [
      "syslog-address", "syslog-facility", "syslog-tls-ca-cert", "syslog-tls-cert", "syslog-tls-key", "syslog-tls-skip-verify",
      "syslog-format", ...LABEL_OPTIONS,
    ], // prettier-ignore
    unknown: "for syslog log driver",
  },
  journald: { options: LABEL_OPTIONS, unknown: "for journald log driver" },
};

/** @throws EngineError invalid-argument, in Docker's words: what `docker create` refuses */
export function validateLogConfig({ type, options }: LogConfig): void {
  if (type === "none") return;
  const driver = DRIVERS[type];
  if (driver === undefined)
    throw new EngineError("invalid-argument", `error looking up logging plugin ${type}: plugin "${type}" not found`);
  validateMode(options);
  for (const name of Object.keys(options))
    if (name !== "mode" && name !== "max-buffer-size" && !driver.options.includes(name))
      throw new EngineError("invalid-argument", `unknown log opt '${name}' ${driver.unknown}`);
}

function validateMode({ mode, "max-buffer-size": bufferSize }: LogConfig["options"]): void {
  const refuse = (message: string): never => {
    throw new EngineError("invalid-argument", message);
  };
  if (mode !== undefined && !["", "blocking", "non-blocking"].includes(mode))
    refuse(`logger: logging mode not supported: ${mode}`);
  if (bufferSize === undefined) return;
  if (mode !== "non-blocking") refuse("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  if (parseSize(bufferSize, 1024) === undefined)
    refuse(`error parsing option max-buffer-size: invalid size: '${bufferSize}'`);
}

/** @throws EngineError internal, in Docker's words: what keeps a container from starting */
export function openLog(config: LogConfig): void {
  const problem = logProblem(config);
  if (problem === undefined) return;
  const words = "failed to create task for container: failed to initialize logging driver";
  throw new EngineError("internal", `${words}: ${problem}`);
}

function logProblem({ type, options }: LogConfig): string | undefined {
  if (type === "syslog") return "Unix syslog delivery error";
  if (type === "journald") return "journald is not enabled on this host";
  if (type === "none") return undefined;
  return (type === "local" ? localProblem : jsonProblem)(options);
}

function jsonProblem(options: LogConfig["options"]): string | undefined {
  const { "max-size": size, "max-file": files, compress } = options;
  if (size !== undefined && parseSize(size) === undefined) return `invalid size: '${size}'`;
  if (files !== undefined) {
    if (!isInteger(files)) return `strconv.Atoi: parsing ${JSON.stringify(files)}: invalid syntax`;
    if (Number(files) < 1) return "max-file cannot be less than 1";
  }
  if (compress !== undefined) {
    const isCompressed = parseBoolean(compress);
    if (isCompressed === undefined) return `strconv.ParseBool: parsing ${JSON.stringify(compress)}: invalid syntax`;
    if (isCompressed && (Number(files ?? 1) < 2 || size === undefined))
      return "compress cannot be true when max-file is less than 2 or max-size is not set";
  }
  return (
    tagProblem(options["tag"]) ??
    patternProblem(options["labels-regex"] ?? "") ??
    patternProblem(options["env-regex"] ?? "")
  );
}

function localProblem({ "max-size": size, "max-file": files, compress }: LogConfig["options"]): string | undefined {
  if (size !== undefined && parseSize(size) === undefined)
    return `invalid value for max-size: ${size}: invalid size: '${size}'`;
  if (files !== undefined && !isInteger(files))
    return `invalid value for max-file: ${files}: strconv.Atoi: parsing ${JSON.stringify(files)}: invalid syntax`;
  const isCompressed = compress === undefined ? true : parseBoolean(compress);
  if (isCompressed === undefined)
    return `error reading compress log option: strconv.ParseBool: parsing ${JSON.stringify(compress)}: invalid syntax`;
  if (isCompressed && Number(files ?? 5) <= 1) return "compression cannot be enabled when max file count is 1";
  return undefined;
}

function tagProblem(tag = ""): string | undefined {
  if (!tag.includes("{{")) return undefined;
  if (/\{\{[^}]*$/.test(tag)) return "template: log-tag:1: unclosed action";
  const unknown = [...tag.matchAll(/\{\{\s*\.?(\w*)[^}]*\}\}/g)]
    .map(([, name = ""]) => name)
    .find((name) => !TAG_WORDS.includes(name));
  return unknown === undefined ? undefined : `template: log-tag:1: can't evaluate field ${unknown} in type logger.Info`;
}

function patternProblem(pattern: string): string | undefined {
  if (isPattern(pattern)) return undefined;
  return pattern.split("(").length > pattern.split(")").length
    ? `error parsing regexp: missing closing ): \`${pattern}\``
    : `error parsing regexp: invalid pattern: \`${pattern}\``;
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

/** What the driver keeps. A configuration that cannot be started with keeps what an empty one would. */
export function logLimits(config: LogConfig): LogLimits {
  const { type, options } = config;
  if (type === "none") return NOTHING;
  if (logProblem(config) !== undefined) return UNLIMITED;
  const size = parseSize(options["max-size"] ?? "");
  const files = options["max-file"] === undefined ? undefined : Number(options["max-file"]);
  if (type === "local") return { fileBytes: size ?? 20_000_000, files: files ?? 5, entryBytes: LOCAL_ENTRY_BYTES };
  return size === undefined ? UNLIMITED : { fileBytes: size, files: files ?? 1, entryBytes: JSON_ENTRY_BYTES };
}

const UNITS = ["", "k", "m", "g", "t", "p"];

/** `10m`, `1.5GiB`, `512`: `github.com/docker/go-units`, FromHumanSize (base 1000) and RAMInBytes (base 1024). */
function parseSize(text: string, base = 1000): number | undefined {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text) ?? [];
  return number === "" ? undefined : Math.floor(Number(number) * base ** UNITS.indexOf(unit.toLowerCase()));
}

function isInteger(text: string): boolean {
  return /^[+-]?\d+$/.test(text);
}

function parseBoolean(text: string): boolean | undefined {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  return ["0", "f", "F", "FALSE", "false", "False"].includes(text) ? false : undefined;
}

const TAG_WORDS = ["ID", "FullID", "Name", "ImageID", "ImageFullID", "ImageName", "DaemonName"];

/** `docker logs --details`: what the driver's options pick of labels and environment, sorted, as a query string with commas. */
export function logDetails({ config, host, ...record }: Container): string {
  const { options } = host.logConfig;
  const environment = Object.fromEntries(
    config.env.map((entry) => [entry.split("=", 1)[0] as string, entry.slice(entry.indexOf("=") + 1)]),
  );
  const found = {
    ...picked(config.labels, options["labels"], options["labels-regex"]),
    ...picked(environment, options["env"], options["env-regex"]),
    ...(options["tag"] !== undefined && { tag: expandTag(options["tag"], record) }),
  };
  return Object.entries(found)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${escapeQuery(key)}=${escapeQuery(value)}`)
    .join(",");
}

function picked(values: Readonly<Record<string, string>>, names = "", pattern = ""): Record<string, string> {
  const wanted = new Set(names.split(","));
  const expression = pattern === "" ? undefined : new RegExp(pattern);
  return Object.fromEntries(
    Object.entries(values).filter(([key]) => wanted.has(key) || expression?.test(key) === true),
  );
}

function expandTag(tag: string, { id, name, image }: Pick<Container, "id" | "name" | "image">): string {
  const imageId = image.id.replace(/^sha256:/, "");
  const words: Readonly<Record<string, string>> = {
    ID: shortId(id), FullID: id, Name: name, ImageID: shortId(imageId), ImageFullID: image.id, ImageName: image.reference,
    DaemonName: "docker",
  }; // prettier-ignore
  return tag.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_, word: string) => words[word] ?? "");
}

/** Go's `url.QueryEscape`. */
function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}
