import { EngineError } from "../base/errors.ts";
import type { ImageRunConfig } from "../oci/image-config.ts";
import { mergeHealthcheck } from "./healthcheck.ts";
import { cleanPath } from "./mount-request.ts";
import type { ContainerConfig, HostConfig, LogConfig, PortSpec, Resources } from "./container.ts";

const DEFAULT_SHM_BYTES = 64 << 20;

export const NO_LIMITS: Resources = {
  memoryBytes: 0,
  memorySwapBytes: 0,
  memoryReservationBytes: 0,
  nanoCpus: 0,
  cpuShares: 0,
  cpuPeriodUs: 0,
  cpuQuotaUs: 0,
  cpusetCpus: "",
  pidsLimit: 0,
  oomKillDisable: false,
};

/**
 * What the user set over what the image says (moby's `daemon/commit.go`, merge). The user's entrypoint drops the image's command.
 * @throws EngineError invalid-argument when nothing says what to run
 */
export function mergeConfig(
  user: Partial<ContainerConfig>,
  image: ImageRunConfig,
  defaultHostname: string,
): ContainerConfig {
  const { entrypoint, cmd } = mergeCommand(user, image);
  const workingDir = user.workingDir || (image.WorkingDir ?? "");
  const healthcheck = mergeHealthcheck(user.healthcheck, image.Healthcheck);
  if (entrypoint.length === 0 && cmd.length === 0) throw new EngineError("invalid-argument", "no command specified");
  return {
    ...BLANK_CONFIG,
    ...user,
    ...(healthcheck && { healthcheck }),
    hostname: user.hostname || defaultHostname,
    user: user.user || (image.User ?? ""),
    exposedPorts: mergePorts(user.exposedPorts ?? [], Object.keys(image.ExposedPorts ?? {}).map(parsePortSpec)),
    env: mergeEnv(user.env ?? [], image.Env ?? []),
    entrypoint,
    ...(user.entrypoint?.length === 0 && { isEntrypointEmpty: true }),
    cmd,
    volumes: [...new Set([...(user.volumes ?? []), ...Object.keys(image.Volumes ?? {})])],
    workingDir: workingDir === "" ? "" : cleanPath(workingDir),
    labels: { ...image.Labels, ...user.labels },
    stopSignal: user.stopSignal || (image.StopSignal ?? ""),
  };
}

const BLANK_CONFIG = {
  domainname: "",
  attachStdin: false,
  attachStdout: false,
  attachStderr: false,
  tty: false,
  openStdin: false,
  stdinOnce: false,
} as const;

function mergeCommand(
  user: Partial<ContainerConfig>,
  image: ImageRunConfig,
): { entrypoint: readonly string[]; cmd: readonly string[] } {
  const userEntrypoint = user.entrypoint;
  if (userEntrypoint !== undefined && userEntrypoint.length > 0) {
    // `--entrypoint ""` arrives as one empty word.
    const cleared = userEntrypoint.length === 1 && userEntrypoint[0] === "";
    return { entrypoint: cleared ? [] : userEntrypoint, cmd: user.cmd ?? [] };
  }
  const cmd = user.cmd !== undefined && user.cmd.length > 0 ? user.cmd : (image.Cmd ?? []);
  return { entrypoint: userEntrypoint ?? image.Entrypoint ?? [], cmd };
}

/** The user's variables, then the image's that he did not set. */
function mergeEnv(user: readonly string[], image: readonly string[]): readonly string[] {
  const nameOf = (variable: string): string => variable.split("=", 1)[0] as string;
  const set = new Set(user.map(nameOf));
  return [...user, ...image.filter((variable) => !set.has(nameOf(variable)))];
}

function mergePorts(user: readonly PortSpec[], image: readonly PortSpec[]): readonly PortSpec[] {
  return [...new Map([...image, ...user].map((port) => [formatPortSpec(port), port])).values()];
}

/** `80/tcp`, `53/udp`, `80`. @throws EngineError invalid-argument */
export function parsePortSpec(text: string): PortSpec {
  const [port = "", protocol = "tcp"] = text.split("/", 2);
  const number = Number(port);
  if (!/^\d+$/.test(port) || number > 65535)
    throw new EngineError("invalid-argument", `invalid port specification: "${text}"`);
  if (protocol !== "tcp" && protocol !== "udp" && protocol !== "sctp")
    throw new EngineError("invalid-argument", `invalid proto: ${protocol}`);
  return { port: number, protocol };
}

function formatPortSpec({ port, protocol }: PortSpec): string {
  return `${port}/${protocol}`;
}

export const DEFAULT_LOG: LogConfig = { type: "json-file", options: {} };

/** The engine's driver unless the user names one; its options belong to it alone. */
function mergeLogConfig(user: LogConfig | undefined, log: LogConfig): LogConfig {
  const type = user?.type || log.type;
  return { type, options: { ...(type === log.type && log.options), ...user?.options } };
}

/** Docker's defaults for what the user did not say; `log`: the engine's log driver. */
export function completeHostConfig(user: Partial<HostConfig>, log: LogConfig = DEFAULT_LOG): HostConfig {
  const { networkMode } = user;
  return {
    autoRemove: false,
    binds: [],
    tmpfs: {},
    portBindings: [],
    publishAllPorts: false,
    pidMode: "",
    utsMode: "",
    privileged: false,
    readonlyRootfs: false,
    capAdd: [],
    capDrop: [],
    securityOpt: [],
    extraHosts: [],
    dns: [],
    groupAdd: [],
    sysctls: {},
    ulimits: [],
    restartPolicy: { name: "no", maximumRetryCount: 0 },
    ...user,
    logConfig: mergeLogConfig(user.logConfig, log),
    ipcMode: user.ipcMode || "private",
    cgroupnsMode: user.cgroupnsMode || "private",
    shmSizeBytes: user.shmSizeBytes || DEFAULT_SHM_BYTES,
    networkMode: networkMode === undefined || networkMode === "" || networkMode === "default" ? "bridge" : networkMode,
    resources: { ...NO_LIMITS, ...user.resources },
  };
}
