import { EngineError } from "../base/errors.ts";
import type { Fields } from "./json.ts";
import type { ConfigModel } from "./model.ts";
import { exposedPortsFrom, toPortSet } from "./ports.ts";

/** Docker's `Config`, in Docker's order of fields. */
export interface WireConfig {
  readonly Hostname: string;
  readonly Domainname: string;
  readonly User: string;
  readonly AttachStdin: boolean;
  readonly AttachStdout: boolean;
  readonly AttachStderr: boolean;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Tty: boolean;
  readonly OpenStdin: boolean;
  readonly StdinOnce: boolean;
  readonly Env: readonly string[] | null;
  readonly Cmd: readonly string[] | null;
  readonly Healthcheck?: WireHealthcheck;
  readonly Image: string;
  readonly Volumes: Readonly<Record<string, object>> | null;
  readonly WorkingDir: string;
  readonly Entrypoint: readonly string[] | null;
  readonly OnBuild: readonly string[] | null;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly StopTimeout?: number;
}

interface WireHealthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** What the client set; everything else is left to the image's defaults. @throws EngineError invalid-argument | not-implemented */
export function configFrom(fields: Fields): Partial<ConfigModel> {
  refuseUnsupported(fields);
  const cmd = fields.strings("Cmd", { orString: true });
  const entrypoint = fields.strings("Entrypoint", { orString: true });
  const workingDir = fields.string("WorkingDir");
  if (workingDir !== "" && !workingDir.startsWith("/")) {
    throw new EngineError(
      "invalid-argument",
      `the working directory '${workingDir}' is invalid, it needs to be an absolute path`,
    );
  }
  const env = fields.strings("Env") ?? [];
  for (const item of env) {
    if (item === "" || item.startsWith("="))
      throw new EngineError("invalid-argument", `invalid environment variable: ${item}`);
  }
  return {
    ...textFields(fields),
    attachStdin: fields.boolean("AttachStdin"),
    attachStdout: fields.boolean("AttachStdout"),
    attachStderr: fields.boolean("AttachStderr"),
    tty: fields.boolean("Tty"),
    openStdin: fields.boolean("OpenStdin"),
    stdinOnce: fields.boolean("StdinOnce"),
    env,
    labels: fields.stringMap("Labels"),
    exposedPorts: exposedPortsFrom(fields),
    volumes: fields.entries("Volumes").map(([path]) => path),
    ...(workingDir !== "" && { workingDir }),
    ...(cmd !== undefined && cmd.length > 0 && { cmd }),
    ...(entrypoint !== undefined && { entrypoint: entrypoint.length === 1 && entrypoint[0] === "" ? [] : entrypoint }),
    ...(fields.has("StopTimeout") && { stopTimeoutSeconds: fields.integer("StopTimeout") }),
  };
}

function textFields(fields: Fields): Partial<ConfigModel> {
  const texts = {
    hostname: fields.string("Hostname"),
    domainname: fields.string("Domainname"),
    user: fields.string("User"),
    stopSignal: fields.string("StopSignal"),
  };
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ""));
}

function refuseUnsupported(fields: Fields): void {
  const test = fields.object("Healthcheck")?.strings("Test") ?? [];
  if (test.length > 0 && test[0] !== "NONE") throw notImplemented("--health-cmd (Config.Healthcheck)");
  if (fields.string("MacAddress") !== "") throw notImplemented("--mac-address (Config.MacAddress)");
  if (fields.boolean("NetworkDisabled")) throw notImplemented("Config.NetworkDisabled");
}

/** The one wording for a setting that is understood but has no effect here so far. */
export function notImplemented(what: string): EngineError {
  return new EngineError("not-implemented", `${what} is not implemented yet`);
}

/** For `inspect`. `image`: the name as the user typed it. */
export function toWireConfig(config: ConfigModel, image: string): WireConfig {
  return {
    Hostname: config.hostname,
    Domainname: config.domainname,
    User: config.user,
    AttachStdin: config.attachStdin,
    AttachStdout: config.attachStdout,
    AttachStderr: config.attachStderr,
    ...(config.exposedPorts.length > 0 && { ExposedPorts: toPortSet(config.exposedPorts) }),
    Tty: config.tty,
    OpenStdin: config.openStdin,
    StdinOnce: config.stdinOnce,
    Env: config.env,
    Cmd: config.cmd.length > 0 ? config.cmd : null,
    Image: image,
    Volumes: config.volumes.length > 0 ? Object.fromEntries(config.volumes.map((path) => [path, {}])) : null,
    WorkingDir: config.workingDir,
    Entrypoint: config.entrypoint.length > 0 ? config.entrypoint : null,
    OnBuild: null,
    Labels: config.labels,
    ...(config.stopSignal !== "" && { StopSignal: config.stopSignal }),
    ...(config.stopTimeoutSeconds !== undefined && { StopTimeout: config.stopTimeoutSeconds }),
  };
}
