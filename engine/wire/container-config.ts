import { EngineError } from "../base/errors.ts";
import { healthcheckFrom, toWireHealthcheck, type WireHealthcheck } from "./healthcheck.ts";
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
  readonly NetworkDisabled?: boolean;
  readonly ArgsEscaped?: boolean;
  readonly Shell?: readonly string[];
}

/** What the client set; everything else is left to the image's defaults. @throws EngineError invalid-argument | not-implemented */
export function configFrom(fields: Fields): Partial<ConfigModel> {
  const cmd = fields.strings("Cmd", { orString: true });
  const entrypoint = fields.strings("Entrypoint", { orString: true });
  const workingDir = fields.string("WorkingDir");
  const healthcheck = fields.object("Healthcheck");
  return {
    ...textFields(fields),
    attachStdin: fields.boolean("AttachStdin"),
    attachStdout: fields.boolean("AttachStdout"),
    attachStderr: fields.boolean("AttachStderr"),
    tty: fields.boolean("Tty"),
    openStdin: fields.boolean("OpenStdin"),
    stdinOnce: fields.boolean("StdinOnce"),
    env: fields.strings("Env") ?? [],
    labels: fields.stringMap("Labels"),
    exposedPorts: exposedPortsFrom(fields),
    volumes: fields.entries("Volumes").map(([path]) => path),
    ...(workingDir !== "" && { workingDir }),
    ...(cmd !== undefined && cmd.length > 0 && { cmd }),
    ...(entrypoint !== undefined && { entrypoint }),
    ...(healthcheck && { healthcheck: healthcheckFrom(healthcheck) }),
    ...(fields.has("StopTimeout") && { stopTimeoutSeconds: fields.integer("StopTimeout", "int") }),
    ...keptFrom(fields),
  };
}

/** What only `inspect` and `commit` show, and the one that cuts the network off. */
function keptFrom(fields: Fields): Partial<ConfigModel> {
  const shell = fields.strings("Shell", { orString: true }) ?? [];
  const onBuild = fields.strings("OnBuild") ?? [];
  return {
    ...(fields.boolean("NetworkDisabled") && { networkDisabled: true }),
    ...(fields.boolean("ArgsEscaped") && { argsEscaped: true }),
    ...(shell.length > 0 && { shell }),
    ...(onBuild.length > 0 && { onBuild }),
  };
}

function textFields(fields: Fields): Partial<ConfigModel> {
  const texts = {
    hostname: fields.string("Hostname"),
    domainname: fields.string("Domainname"),
    user: fields.string("User"),
    stopSignal: fields.string("StopSignal"),
    macAddress: fields.string("MacAddress"),
  };
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ""));
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
    Env: config.env.length > 0 ? config.env : null,
    Cmd: config.cmd.length > 0 ? config.cmd : null,
    ...(config.argsEscaped && { ArgsEscaped: true }),
    ...(config.healthcheck && { Healthcheck: toWireHealthcheck(config.healthcheck) }),
    Image: image,
    Volumes: config.volumes.length > 0 ? Object.fromEntries(config.volumes.map((path) => [path, {}])) : null,
    WorkingDir: config.workingDir,
    Entrypoint: config.entrypoint.length > 0 || config.isEntrypointEmpty === true ? config.entrypoint : null,
    ...(config.networkDisabled && { NetworkDisabled: true }),
    OnBuild: config.onBuild ?? null,
    Labels: config.labels,
    ...(config.stopSignal !== "" && { StopSignal: config.stopSignal }),
    ...(config.stopTimeoutSeconds !== undefined && { StopTimeout: config.stopTimeoutSeconds }),
    ...(config.shell && { Shell: config.shell }),
  };
}
