import { EngineError, messageOf } from "../base/errors.ts";
import { parseJson, readFields, wrongType } from "./json.ts";
import { compareVersions } from "./version.ts";

/** The parameters of `POST /build`, as moby's `daemon/server/router/build` reads them. */
export interface BuildQuery {
  readonly version: "1" | "2";
  /** "" is the default. */
  readonly dockerfile: string;
  readonly remote: string;
  readonly quiet: boolean;
  readonly noCache: boolean;
  readonly pull: boolean;
  /** Remove intermediate containers. */
  readonly remove: boolean;
  readonly tags: readonly string[];
  readonly target: string;
  readonly platform: string;
  readonly networkMode: string;
  readonly extraHosts: readonly string[];
  readonly shmSizeBytes: number;
  readonly memoryBytes: number;
  readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  /** Undefined: the client was told of a name and knew no value. */
  readonly buildArgs: ReadonlyMap<string, string | undefined>;
  readonly labels: ReadonlyMap<string, string>;
  readonly cacheFrom: readonly string[];
  readonly outputs: readonly { readonly type: string; readonly attributes: Readonly<Record<string, string>> }[];
  readonly buildId: string;
  readonly session: string;
}

const ISOLATIONS = ["", "default"];

/** `version`: of the API. @throws EngineError invalid-argument or internal, as dockerd words and ranks them */
export function parseBuildQuery(query: URLSearchParams, version: string): BuildQuery {
  const text = (name: string): string => query.get(name) ?? "";
  const flag = (name: string): boolean => isTrue(text(name));
  if (query.has("securityopt")) throw invalid("security options are not supported on linux");
  const outputs = compareVersions(version, "1.40") < 0 ? "" : text("outputs");
  const parsed: BuildQuery = {
    version: "1",
    dockerfile: text("dockerfile"),
    remote: text("remote"),
    quiet: flag("q"),
    noCache: flag("nocache"),
    pull: flag("pull"),
    remove: flag("forcerm") || text("rm") === "" || flag("rm"),
    tags: query.getAll("t").filter((tag) => tag !== ""),
    target: text("target"),
    platform: compareVersions(version, "1.32") < 0 ? "" : text("platform"),
    networkMode: text("networkmode"),
    extraHosts: query.getAll("extrahosts"),
    outputs: readJson(outputs, OUTPUTS),
    shmSizeBytes: strictInteger(text("shmsize")),
    memoryBytes: looseInteger(text("memory")),
    ulimits: isolated(text("isolation"), () => readJson(text("ulimits"), ULIMITS)),
    buildArgs: readJson(text("buildargs"), BUILD_ARGS),
    labels: readJson(text("labels"), LABELS),
    cacheFrom: readJson(text("cachefrom"), CACHE_FROM),
    buildId: text("buildid"),
    session: text("session"),
  };
  const builder = text("version");
  if (!["", "1", "2"].includes(builder)) throw invalid(`invalid version ${JSON.stringify(builder)}`);
  if (flag("squash")) throw invalid("squash is only supported with experimental mode");
  return { ...parsed, version: builder === "2" ? "2" : "1" };
}

/** Docker's booleans: everything but empty, `0`, `no`, `false` and `none` is true. */
function isTrue(text: string): boolean {
  return !["", "0", "no", "false", "none"].includes(text.trim().toLowerCase());
}

function isolated<T>(isolation: string, next: () => T): T {
  if (!ISOLATIONS.includes(isolation.toLowerCase()))
    throw invalid(`unsupported isolation: ${JSON.stringify(isolation)}`);
  return next();
}

/** What is no number counts as 0, as in dockerd. */
function looseInteger(text: string): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : 0;
  return Number.isSafeInteger(value) ? value : 0;
}

function strictInteger(text: string): number {
  if (text === "") return 0;
  const problem = !/^[+-]?\d+$/.test(text)
    ? "invalid syntax"
    : Number.isSafeInteger(Number(text))
      ? ""
      : "value out of range";
  if (problem !== "")
    throw new EngineError("internal", `strconv.ParseInt: parsing ${JSON.stringify(text)}: ${problem}`);
  return Number(text);
}

type Json = Readonly<Record<string, unknown>> | readonly unknown[];

/** How JSON inside of the query is read: what it is for, the Go type it is read into, what it is when it is not there. */
interface JsonParameter<T> {
  readonly context: string;
  readonly goType: string;
  readonly read: (value: Json) => T;
  readonly none: T;
}

function readJson<T>(text: string, { context, goType, read, none }: JsonParameter<T>): T {
  if (text === "") return none;
  try {
    const value = parseJson(text);
    if (value === null) return none;
    if (typeof value !== "object" || goType.startsWith("[]") !== Array.isArray(value))
      throw wrongType(value, "", goType);
    return read(value as Json);
  } catch (cause) {
    throw invalid(`${context}: ${messageOf(cause).replace(/^invalid JSON: /, "")}`);
  }
}

function readStrings(list: Json): readonly string[] {
  return readFields({ items: list }).strings("items") ?? [];
}

function readOutputs(list: Json): BuildQuery["outputs"] {
  return readFields({ items: list })
    .objects("items", "[]build.ImageBuildOutput")
    .map((output) => ({ type: output.string("Type"), attributes: output.stringMap("Attrs") }));
}

function readUlimits(list: Json): BuildQuery["ulimits"] {
  return readFields({ items: list })
    .objects("items", "[]*container.Ulimit")
    .map((ulimit) => ({ name: ulimit.string("Name"), soft: ulimit.integer("Soft"), hard: ulimit.integer("Hard") }));
}

/** `null` is a name without a value. */
function readArgs(map: Json): ReadonlyMap<string, string | undefined> {
  return new Map(Object.entries(map).map(([name, value]) => [name, value === null ? undefined : asText(value, name)]));
}

function readLabels(map: Json): ReadonlyMap<string, string> {
  return new Map(Object.entries(map).map(([name, value]) => [name, value === null ? "" : asText(value, name)]));
}

function asText(value: unknown, name: string): string {
  if (typeof value !== "string") throw wrongType(value, name, "string");
  return value;
}

const OUTPUTS: JsonParameter<BuildQuery["outputs"]> = {
  context: "invalid outputs specified",
  goType: "[]build.ImageBuildOutput",
  read: readOutputs,
  none: [],
};
const ULIMITS: JsonParameter<BuildQuery["ulimits"]> = {
  context: "error reading ulimit settings",
  goType: "[]*container.Ulimit",
  read: readUlimits,
  none: [],
};
const BUILD_ARGS: JsonParameter<BuildQuery["buildArgs"]> = {
  context: "error reading build args",
  goType: "map[string]*string",
  read: readArgs,
  none: new Map(),
};
const LABELS: JsonParameter<BuildQuery["labels"]> = {
  context: "error reading labels",
  goType: "map[string]string",
  read: readLabels,
  none: new Map(),
};
const CACHE_FROM: JsonParameter<BuildQuery["cacheFrom"]> = {
  context: "error reading cache-from",
  goType: "[]string",
  read: readStrings,
  none: [],
};

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}
