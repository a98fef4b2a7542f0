import type {
  RuntimeSpec,
  SpecLinux,
  SpecMount,
  SpecNamespace,
  SpecProcess,
  SpecResources,
} from "../oci/runtime-spec.ts";
import { tweakCapabilities } from "../runtime/capabilities.ts";
import {
  DEFAULT_DEVICE_RULES,
  DEFAULT_DEVICES,
  DEFAULT_MOUNTS,
  DEFAULT_SYSCTLS,
  MASKED_PATHS,
  PRIVILEGED_MOUNTS,
  READONLY_PATHS,
} from "../runtime/default-spec.ts";
import { defaultSeccompProfile } from "../runtime/seccomp/default-profile.ts";
import type { ResolvedUser } from "../runtime/user.ts";
import type { ExecConfig } from "./container-service.ts";
import type { Container, HostConfig, Resources } from "./container.ts";

/** What the container's record does not say. */
export interface SpecContext {
  readonly rootfs: string;
  readonly user: ResolvedUser;
  /** Volumes, binds, and the three files of `/etc`, in the order of their depth. */
  readonly mounts: readonly SpecMount[];
  /** Host pids of containers whose namespaces this one shares, by namespace. */
  readonly shared: Readonly<Partial<Record<"network" | "pid" | "ipc", number>>>;
}

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
    mounts: [...baseMounts(container.host), ...tmpfsMounts(host), ...context.mounts],
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
    args: [...config.entrypoint, ...config.cmd],
    env: withHome(makeEnv(config.env, { hostname: config.hostname, tty: config.tty }), user),
    cwd: config.workingDir === "" ? "/" : config.workingDir,
    capabilities: processCapabilities(capabilities, user.uid),
    rlimits: host.ulimits.map(({ name, soft, hard }) => ({ type: `RLIMIT_${name.toUpperCase()}`, soft, hard })),
    noNewPrivileges: host.securityOpt.some((option) => /^no-new-privileges(?:[:=]true)?$/.test(option)),
  };
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

function baseMounts(host: HostConfig): readonly SpecMount[] {
  const base = host.privileged ? PRIVILEGED_MOUNTS : DEFAULT_MOUNTS;
  if (host.ipcMode === "none") return base;
  const shm: SpecMount = {
    destination: "/dev/shm",
    type: "tmpfs",
    source: "shm",
    options: ["nosuid", "noexec", "nodev", "mode=1777", `size=${host.shmSizeBytes}`],
  };
  return [...base, shm];
}

/** `--tmpfs /run:size=1m` */
function tmpfsMounts(host: HostConfig): readonly SpecMount[] {
  return Object.entries(host.tmpfs).map(([destination, options]) => ({
    destination,
    type: "tmpfs",
    source: "tmpfs",
    options: ["noexec", "nosuid", "nodev", ...options.split(",").filter((option) => option !== "")],
  }));
}

function makeLinux({ id, host }: Container, { shared }: SpecContext): SpecLinux {
  const unconfined = host.privileged || host.securityOpt.some((option) => /^seccomp[:=]unconfined$/.test(option));
  const capabilities = tweakCapabilities(host.capAdd, host.capDrop, host.privileged);
  return {
    namespaces: makeNamespaces(host, shared),
    cgroupsPath: `/docker/${id}`,
    resources: {
      ...makeResources(host.resources),
      devices: host.privileged ? [{ allow: true, type: "a", access: "rwm" }] : DEFAULT_DEVICE_RULES,
    },
    devices: DEFAULT_DEVICES,
    sysctl: { ...(host.networkMode === "host" ? {} : DEFAULT_SYSCTLS), ...host.sysctls },
    ...(!unconfined && { seccomp: defaultSeccompProfile(capabilities) }),
    maskedPaths: host.privileged ? [] : MASKED_PATHS,
    readonlyPaths: host.privileged ? [] : READONLY_PATHS,
  };
}

function makeNamespaces(host: HostConfig, shared: SpecContext["shared"]): readonly SpecNamespace[] {
  const join = (type: "network" | "pid" | "ipc", mode: string, file: string): readonly SpecNamespace[] => {
    const pid = shared[type];
    if (pid !== undefined) return [{ type, path: `/proc/${pid}/ns/${file}` }];
    return mode === "host" ? [] : [{ type }];
  };
  return [
    { type: "mount" },
    ...join("network", host.networkMode, "net"),
    ...(host.utsMode === "host" ? [] : [{ type: "uts" as const }]),
    ...join("pid", host.pidMode, "pid"),
    ...join("ipc", host.ipcMode, "ipc"),
    { type: "cgroup" },
  ];
}

export function makeResources(limits: Resources): SpecResources {
  const {
    memoryBytes,
    memorySwapBytes,
    memoryReservationBytes,
    nanoCpus,
    cpuShares,
    cpuPeriodUs,
    cpuQuotaUs,
    cpusetCpus,
    pidsLimit,
  } = limits;
  const period = nanoCpus > 0 ? 100_000 : cpuPeriodUs;
  const quota = nanoCpus > 0 ? Math.floor(nanoCpus / 10_000) : cpuQuotaUs;
  // Without a swap limit of its own a container gets as much swap as memory.
  const swap = memoryBytes > 0 && memorySwapBytes === 0 ? memoryBytes * 2 : memorySwapBytes;
  return {
    ...(memoryBytes !== 0 || swap !== 0 || memoryReservationBytes !== 0
      ? {
          memory: {
            ...(memoryBytes !== 0 && { limit: memoryBytes }),
            ...(memoryReservationBytes !== 0 && { reservation: memoryReservationBytes }),
            ...(swap !== 0 && { swap }),
          },
        }
      : {}),
    ...(period !== 0 || quota !== 0 || cpuShares !== 0 || cpusetCpus !== ""
      ? {
          cpu: {
            ...(cpuShares !== 0 && { shares: cpuShares }),
            ...(quota !== 0 && { quota }),
            ...(period !== 0 && { period }),
            ...(cpusetCpus !== "" && { cpus: cpusetCpus }),
          },
        }
      : {}),
    ...(pidsLimit !== 0 && { pids: { limit: pidsLimit } }),
  };
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
    noNewPrivileges: host.securityOpt.some((option) => /^no-new-privileges(?:[:=]true)?$/.test(option)),
  };
}
