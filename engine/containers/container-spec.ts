import type { RuntimeSpec, SpecMount, SpecProcess } from "../oci/runtime-spec.ts";
import { tweakCapabilities } from "../runtime/capabilities.ts";
import { DEFAULT_MOUNTS } from "../runtime/default-spec.ts";
import type { ResolvedUser } from "../runtime/user.ts";
import type { ExecConfig } from "./container-service.ts";
import type { ContainerDevices } from "./container-devices.ts";
import type { Container, HostConfig } from "./container.ts";
import { makeLinux } from "./linux-spec.ts";
import { parseSecurityOptions, type SecurityOptions } from "./security-options.ts";
import { withoutOverridden } from "./spec-mounts.ts";

/** What the container's record does not say. */
export interface SpecContext {
  readonly rootfs: string;
  readonly user: ResolvedUser;
  /** Volumes, binds, tmpfs and the three files of `/etc`, in the order of their depth. */
  readonly mounts: readonly SpecMount[];
  /** Host pids of containers whose namespaces this one shares, by namespace. */
  readonly shared: Readonly<Partial<Record<"network" | "pid" | "ipc", number>>>;
  readonly devices: ContainerDevices;
  /** A directory of the machine to be `/dev/shm`; undefined: one of its own. */
  readonly shm?: string;
}

/** Where Docker's init is, on the machine and in a container. */
const INIT_PATH = "/sbin/docker-init";

const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The OCI spec that Docker would write for this container (moby's `daemon/oci_linux.go`). */
export function makeSpec(container: Container, context: SpecContext): RuntimeSpec {
  const { config, host } = container;
  return {
    ociVersion: "1.2.0",
    process: makeProcess(container, context.user),
    root: { path: context.rootfs, readonly: host.readonlyRootfs },
    ...(host.utsMode !== "host" && { hostname: config.hostname }),
    ...(config.domainname !== "" && { domainname: config.domainname }),
    mounts: [
      ...withoutOverridden(baseMounts(container.host, context.shm), context.mounts),
      ...context.mounts,
      ...(hasInit(host) ? [{ destination: INIT_PATH, type: "bind", source: INIT_PATH, options: ["bind", "ro"] }] : []),
    ],
    linux: makeLinux(container, context),
  };
}

function makeProcess({ config, host }: Container, user: ResolvedUser): SpecProcess {
  const capabilities = tweakCapabilities(host.capAdd, host.capDrop, host.privileged);
  const size = host.consoleSize;
  return {
    terminal: config.tty,
    ...(size !== undefined && size[0] > 0 && { consoleSize: { height: size[0], width: size[1] } }),
    user: { uid: user.uid, gid: user.gid, additionalGids: [user.gid, ...user.groups] },
    args: [...(hasInit(host) ? [INIT_PATH, "--"] : []), ...config.entrypoint, ...config.cmd],
    env: withHome(makeEnv(config.env, { hostname: config.hostname, tty: config.tty }), user),
    cwd: config.workingDir === "" ? "/" : config.workingDir,
    capabilities: processCapabilities(capabilities, user.uid),
    ...confinement(host),
  };
}

/** What every process of a container has, those of `docker exec` too: runc takes their settings from the container's first. */
function confinement(host: HostConfig): Pick<SpecProcess, "rlimits" | "noNewPrivileges" | "oomScoreAdj"> {
  return {
    rlimits: host.ulimits.map(({ name, soft, hard }) => ({ type: `RLIMIT_${name.toUpperCase()}`, soft, hard })),
    noNewPrivileges: parseSecurityOptions(host.securityOpt).noNewPrivileges,
    oomScoreAdj: host.oomScoreAdj ?? 0,
  };
}

/** In another's pid namespace there is an init already. */
function hasInit({ init, pidMode }: HostConfig): boolean {
  return init === true && pidMode === "";
}

/** Users other than root have none that work, as after execve(2), but may gain what the bounding set has. */
function processCapabilities(names: readonly string[], uid: number): NonNullable<SpecProcess["capabilities"]> {
  const own = uid === 0 ? names : [];
  return { bounding: names, effective: own, permitted: own, inheritable: [], ambient: [] };
}

/** moby's `container/env.go` and `CreateDaemonEnvironment`: Docker's variables, then the container's, which win. */
function makeEnv(env: readonly string[], { hostname, tty }: { hostname: string; tty: boolean }): readonly string[] {
  const base = [DEFAULT_PATH, `HOSTNAME=${hostname}`, ...(tty ? ["TERM=xterm"] : [])];
  return replaceOrAppend(base, env);
}

/** `NAME` alone takes the variable away. */
function replaceOrAppend(base: readonly string[], overrides: readonly string[]): readonly string[] {
  const result = new Map(base.map((entry) => [entry.split("=", 1)[0] as string, entry]));
  for (const entry of overrides) {
    const name = entry.split("=", 1)[0] as string;
    if (entry.includes("=")) result.set(name, entry);
    else result.delete(name);
  }
  return [...result.values()];
}

/** runc's init adds it last. */
function withHome(env: readonly string[], user: ResolvedUser): readonly string[] {
  return env.some((entry) => entry.startsWith("HOME=")) ? env : [...env, `HOME=${user.home}`];
}

function baseMounts(host: HostConfig, shm: string | undefined): readonly SpecMount[] {
  const options = parseSecurityOptions(host.securityOpt);
  const base = DEFAULT_MOUNTS.map((mount) => (isWritable(mount, host, options) ? withoutReadonly(mount) : mount));
  if (host.ipcMode === "none") return base;
  if (shm !== undefined)
    return [...base, { destination: "/dev/shm", type: "bind", source: shm, options: ["rbind", "rprivate"] }];
  return [...base, { destination: "/dev/shm", type: "tmpfs", source: "shm", options: shmOptions(host) }];
}

/** Of the tmpfs at `/dev/shm`. */
export function shmOptions({ shmSizeBytes }: HostConfig): readonly string[] {
  return ["nosuid", "noexec", "nodev", "mode=1777", `size=${shmSizeBytes}`];
}

/** `--privileged` may write to `/sys` and to cgroups. */
function isWritable({ type }: SpecMount, { privileged }: HostConfig, { writableCgroups }: SecurityOptions): boolean {
  return type === "cgroup" ? (writableCgroups ?? privileged) : type === "sysfs" && privileged;
}

function withoutReadonly(mount: SpecMount): SpecMount {
  return { ...mount, options: mount.options?.filter((option) => option !== "ro") ?? [] };
}

/** The process of `docker exec` (moby's `daemon/exec_linux.go`). */
export function makeExecProcess({ config, host }: Container, exec: ExecConfig, user: ResolvedUser): SpecProcess {
  const capabilities = exec.privileged
    ? tweakCapabilities([], [], true)
    : tweakCapabilities(host.capAdd, host.capDrop, host.privileged);
  const containerEnv = makeEnv(config.env, { hostname: config.hostname, tty: exec.tty });
  return {
    terminal: exec.tty,
    user: { uid: user.uid, gid: user.gid, additionalGids: [user.gid, ...user.groups] },
    args: exec.cmd,
    env: withHome(replaceOrAppend(containerEnv, exec.env), user),
    cwd: exec.workingDir || config.workingDir || "/",
    capabilities: processCapabilities(capabilities, user.uid),
    ...confinement(host),
  };
}
