/** `docker run`'s and `docker create`'s flags as the body of `POST /containers/create`. */
import { decodeUtf8 } from "../../base/streams.ts";
import type { FlagValues } from "../args.ts";
import type { CommandContext } from "../command-context.ts";
import { hostConfigOf } from "./host-config.ts";
import { readBytes, readEnvironment, readLabels } from "./key-value-files.ts";
import { parseVolumes } from "./mounts.ts";
import { networkSettings } from "./network.ts";
import { parsePublish } from "./ports.ts";

/** What the command needs to know of what it sends. */
export interface CreateBody {
  readonly AttachStdin: boolean;
  readonly AttachStdout: boolean;
  readonly AttachStderr: boolean;
  readonly OpenStdin: boolean;
  readonly StdinOnce: boolean;
  readonly Tty: boolean;
  readonly Image: string;
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

const API_SOCKET = "/var/run/docker.sock";

/** @throws Error in Docker's words */
export async function createBody(
  context: CommandContext,
  flags: FlagValues,
  words: readonly string[],
): Promise<CreateBody> {
  const [image = "", ...command] = words;
  checkMacAddress(flags.string("mac-address"));
  const attach = attachments(flags);
  const volumes = parseVolumes(flags.list("volume"), context.cwd);
  const ports = parsePublish(flags.list("publish"), flags.list("expose"));
  const env = await readEnvironment(context, flags.list("env-file"), flags.list("env"));
  const labels = await readLabels(context, flags.list("label-file"), flags.list("label"));
  const health = healthcheck(flags);
  const network = networkSettings(flags);
  const hostConfig = hostConfigOf({
    flags,
    cwd: context.cwd,
    binds: volumes.binds,
    mounts: flags.boolean("use-api-socket") ? [{ Type: "bind", Source: API_SOCKET, Target: API_SOCKET }] : [],
    portBindings: ports.bindings,
    networkMode: network.networkMode,
    consoleSize: consoleSize(context, flags),
    securityOpt: await securityOptions(context, flags.list("security-opt")),
  });
  return {
    Hostname: flags.string("hostname"),
    Domainname: flags.string("domainname"),
    User: flags.string("user"),
    ...attach,
    ...(ports.exposed.size > 0 && { ExposedPorts: Object.fromEntries([...ports.exposed].map((port) => [port, {}])) }),
    Tty: flags.boolean("tty"),
    OpenStdin: flags.boolean("interactive"),
    StdinOnce: flags.boolean("interactive") && attach.AttachStdin,
    Env: env.length > 0 ? env : null,
    Cmd: command.length > 0 ? command : null,
    ...(health && { Healthcheck: health }),
    Image: image,
    Volumes: Object.fromEntries(volumes.anonymous.map((path) => [path, {}])),
    WorkingDir: flags.string("workdir"),
    Entrypoint: flags.has("entrypoint") ? [flags.string("entrypoint")] : null,
    OnBuild: null,
    Labels: labels,
    ...(flags.string("stop-signal") !== "" && { StopSignal: flags.string("stop-signal") }),
    ...(flags.has("stop-timeout") && { StopTimeout: flags.number("stop-timeout") }),
    HostConfig: hostConfig,
    NetworkingConfig: { EndpointsConfig: network.endpoints },
  };
}

function checkMacAddress(address: string): void {
  if (address === "" || /^[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}$/.test(address)) return;
  throw new Error(`${address} is not a valid mac address`);
}

function attachments(flags: FlagValues): { AttachStdin: boolean; AttachStdout: boolean; AttachStderr: boolean } {
  const wanted = flags.list("attach");
  return {
    AttachStdin: flags.boolean("interactive") || wanted.includes("stdin"),
    AttachStdout: wanted.length === 0 || wanted.includes("stdout"),
    AttachStderr: wanted.length === 0 || wanted.includes("stderr"),
  };
}

function consoleSize({ stdout }: CommandContext, flags: FlagValues): readonly [rows: number, columns: number] {
  if (!stdout.isTerminal || !flags.boolean("tty")) return [0, 0];
  const { rows, columns } = stdout.size();
  return [rows, columns];
}

/** `seccomp=FILE` is sent as the file's content. */
async function securityOptions(context: CommandContext, options: readonly string[]): Promise<readonly string[]> {
  const result: string[] = [];
  for (const option of options) {
    const [key = "", value] = option.split(/[=:](.*)/s);
    if (value === undefined && key !== "no-new-privileges")
      throw new Error(`Invalid --security-opt: ${JSON.stringify(option)}`);
    if (key !== "seccomp" || value === undefined || ["unconfined", "builtin"].includes(value)) result.push(option);
    else result.push(`seccomp=${await seccompProfile(context, value)}`);
  }
  return result;
}

async function seccompProfile(context: CommandContext, path: string): Promise<string> {
  let text: string;
  try {
    text = decodeUtf8(await readBytes(context, path));
  } catch (cause) {
    throw new Error(`opening seccomp profile (${path}) failed: ${(cause as Error).message}`, { cause });
  }
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (cause) {
    throw new Error(`compacting json for seccomp profile (${path}) failed: ${(cause as Error).message}`, { cause });
  }
}

const HEALTH_DURATIONS = ["health-interval", "health-timeout", "health-start-period", "health-start-interval"] as const;

function healthcheck(flags: FlagValues): Record<string, unknown> | undefined {
  const hasSettings =
    flags.string("health-cmd") !== "" ||
    flags.number("health-retries") !== 0 ||
    HEALTH_DURATIONS.some((name) => flags.number(name) !== 0);
  if (flags.boolean("no-healthcheck")) {
    if (hasSettings) throw new Error("--no-healthcheck conflicts with --health-* options");
    return { Test: ["NONE"] };
  }
  if (!hasSettings) return undefined;
  for (const name of [...HEALTH_DURATIONS, "health-retries"]) {
    if (flags.number(name) < 0) throw new Error(`--${name} cannot be negative`);
  }
  return {
    ...(flags.string("health-cmd") !== "" && { Test: ["CMD-SHELL", flags.string("health-cmd")] }),
    Interval: flags.number("health-interval"),
    Timeout: flags.number("health-timeout"),
    StartPeriod: flags.number("health-start-period"),
    StartInterval: flags.number("health-start-interval"),
    Retries: flags.number("health-retries"),
  };
}
