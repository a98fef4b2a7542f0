/**
 * The OCI runtime specification's `config.json`, as far as the engine writes it. The keys are the specification's own.
 * https://github.com/opencontainers/runtime-spec/blob/main/config.md and config-linux.md
 */
export interface RuntimeSpec {
  readonly ociVersion: string;
  readonly process: SpecProcess;
  readonly root: { readonly path: string; readonly readonly?: boolean };
  readonly hostname?: string;
  readonly domainname?: string;
  /** In the order they are made. */
  readonly mounts: readonly SpecMount[];
  readonly linux: SpecLinux;
}

export interface SpecProcess {
  readonly terminal: boolean;
  readonly consoleSize?: { readonly height: number; readonly width: number };
  readonly user: SpecUser;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly capabilities?: SpecCapabilities;
  readonly rlimits?: readonly SpecRlimit[];
  readonly noNewPrivileges?: boolean;
  readonly oomScoreAdj?: number;
}

export interface SpecUser {
  readonly uid: number;
  readonly gid: number;
  readonly umask?: number;
  readonly additionalGids?: readonly number[];
}

/** Names such as `CAP_CHOWN`. */
export interface SpecCapabilities {
  readonly bounding: readonly string[];
  readonly effective: readonly string[];
  readonly permitted: readonly string[];
  readonly inheritable: readonly string[];
  readonly ambient: readonly string[];
}

export interface SpecRlimit {
  /** `RLIMIT_NOFILE` */
  readonly type: string;
  /** -1: unlimited. */
  readonly soft: number;
  readonly hard: number;
}

export interface SpecMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  /** Options of mount(8): flags (`nosuid`), propagation (`rprivate`) and the file system's own (`size=65536k`). */
  readonly options?: readonly string[];
}

export type SpecNamespaceType = "pid" | "network" | "mount" | "ipc" | "uts" | "cgroup";

export interface SpecNamespace {
  readonly type: SpecNamespaceType;
  /** `/proc/<pid>/ns/net` of a namespace to join; a new one otherwise. */
  readonly path?: string;
}

export interface SpecLinux {
  readonly namespaces: readonly SpecNamespace[];
  /** Below `/sys/fs/cgroup`: `/docker/<id>`. */
  readonly cgroupsPath: string;
  readonly resources?: SpecResources;
  readonly devices?: readonly SpecDevice[];
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly seccomp?: SeccompProfile;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
}

export interface SpecDevice {
  readonly path: string;
  readonly type: "c" | "b" | "p";
  readonly major: number;
  readonly minor: number;
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface SpecDeviceRule {
  readonly allow: boolean;
  /** `a` is every device. */
  readonly type: "a" | "c" | "b";
  /** undefined: every number. */
  readonly major?: number;
  readonly minor?: number;
  /** Of `r`, `w` and `m`. */
  readonly access: string;
}

export interface SpecResources {
  readonly memory?: { readonly limit?: number; readonly reservation?: number; readonly swap?: number };
  readonly cpu?: {
    readonly shares?: number;
    readonly quota?: number;
    readonly period?: number;
    readonly cpus?: string;
    readonly mems?: string;
  };
  readonly pids?: { readonly limit: number };
  readonly devices?: readonly SpecDeviceRule[];
  readonly blockIO?: {
    readonly weight?: number;
    readonly weightDevice?: readonly SpecWeightDevice[];
    readonly throttleReadBpsDevice?: readonly SpecThrottle[];
    readonly throttleWriteBpsDevice?: readonly SpecThrottle[];
    readonly throttleReadIOPSDevice?: readonly SpecThrottle[];
    readonly throttleWriteIOPSDevice?: readonly SpecThrottle[];
  };
}

export interface SpecWeightDevice {
  readonly major: number;
  readonly minor: number;
  /** 10 to 1000. */
  readonly weight: number;
}

export interface SpecThrottle {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

export type SeccompAction =
  | "SCMP_ACT_ALLOW"
  | "SCMP_ACT_ERRNO"
  | "SCMP_ACT_KILL"
  | "SCMP_ACT_KILL_PROCESS"
  | "SCMP_ACT_KILL_THREAD"
  | "SCMP_ACT_LOG"
  | "SCMP_ACT_TRACE"
  | "SCMP_ACT_TRAP";

export type SeccompOperator =
  | "SCMP_CMP_EQ"
  | "SCMP_CMP_GE"
  | "SCMP_CMP_GT"
  | "SCMP_CMP_LE"
  | "SCMP_CMP_LT"
  | "SCMP_CMP_MASKED_EQ"
  | "SCMP_CMP_NE";

export interface SeccompProfile {
  readonly defaultAction: SeccompAction;
  readonly defaultErrnoRet?: number;
  /** `SECCOMP_FILTER_FLAG_LOG` and the like. */
  readonly flags?: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}

export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: SeccompAction;
  readonly errnoRet?: number;
  /** All must hold. */
  readonly args?: readonly SeccompArgument[];
}

export interface SeccompArgument {
  readonly index: number;
  readonly op: SeccompOperator;
  readonly value: number;
  readonly valueTwo?: number;
}
