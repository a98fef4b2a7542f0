import type { Digest } from "../oci/digest.ts";

/** The saved record of a container. Not a process: the running thing is a Task. */
export interface Container {
  readonly id: string;
  /** Without the leading slash. */
  name: string;
  readonly createdAt: string;
  readonly image: { readonly id: Digest; /** as the user typed it */ readonly reference: string };
  readonly config: ContainerConfig;
  readonly host: HostConfig;
  state: ContainerState;
  /** Where it is (or was) on its networks, by network name. While it does not run the addresses are empty. */
  endpoints: Readonly<Record<string, EndpointRecord>>;
  restartCount: number;
  /** Binds and volumes, decided when it was created. */
  readonly mounts: readonly MountRecord[];
}

/** A mount as `docker inspect` lists it (Docker's `MountPoint`), with what a start needs to make it. */
export interface MountRecord {
  readonly type: "bind" | "volume" | "tmpfs" | "image";
  /** The volume's, or the image's as it was asked for. */
  readonly name?: string;
  /** Path on the machine; empty for a tmpfs. */
  readonly source: string;
  readonly destination: string;
  /** Options as given: `ro,z`. */
  readonly mode: string;
  readonly readWrite: boolean;
  /** Binds only: `rprivate` unless asked otherwise. */
  readonly propagation: string;
  /** A volume that goes with its last container. */
  readonly isAnonymous?: boolean;
  /** While the volume is empty it gets what the image has at its place. */
  readonly copyUp?: boolean;
  /** What of the volume or image is mounted, relative; all when not set. */
  readonly subpath?: string;
  /** A missing source of a bind is made, as a directory. */
  readonly createSource?: boolean;
  /** The propagation is the engine's choice: a machine that cannot do it does without. */
  readonly propagationIsDefault?: boolean;
  /** Mounts below a bind's source stay outside. */
  readonly nonRecursive?: boolean;
  /** Mounts below a read-only bind's source stay writable. */
  readonly readOnlyNonRecursive?: boolean;
  readonly readOnlyForceRecursive?: boolean;
  /** mount(8)'s options of a tmpfs. */
  readonly tmpfs?: readonly string[];
  /** Key of the snapshot that shows an image. */
  readonly snapshot?: string;
  /** The image's, which stays while a container shows it. */
  readonly imageId?: Digest;
}

/** One entry of Docker's `HostConfig.Mounts`. */
export interface MountRequest {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Kept for `inspect`: it means something to Docker Desktop only. */
  readonly consistency: string;
  readonly bind?:
    | {
        readonly propagation: string;
        readonly nonRecursive: boolean;
        readonly createMountpoint: boolean;
        readonly readOnlyNonRecursive: boolean;
        readonly readOnlyForceRecursive: boolean;
      }
    | undefined;
  readonly volume?:
    | {
        readonly noCopy: boolean;
        readonly labels: Readonly<Record<string, string>>;
        readonly subpath: string;
        readonly driver?: { readonly name: string; readonly options: Readonly<Record<string, string>> } | undefined;
      }
    | undefined;
  readonly tmpfs?:
    | {
        /** 0: as much as the kernel allows. */
        readonly sizeBytes: number;
        /** 0: not said. */
        readonly mode: number;
        /** A word, or a word and its value. */
        readonly options: readonly (readonly string[])[];
      }
    | undefined;
  readonly image?: { readonly subpath: string } | undefined;
}

export type ContainerStatus = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";

export interface ContainerState {
  readonly status: ContainerStatus;
  readonly pid: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** Why the last start failed, in runc's words. */
  readonly error: string;
  /** RFC 3339; `0001-01-01T00:00:00Z` for never. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Of a container that says how it is looked after, since its first start. */
  readonly health?: {
    readonly status: "starting" | "healthy" | "unhealthy";
    readonly failingStreak: number;
    /** The last five, oldest first. */
    readonly log: readonly HealthResult[];
  };
}

/** What one probe said. */
export interface HealthResult {
  /** RFC 3339. */
  readonly start: string;
  readonly end: string;
  /** -1: it could not run, or took too long. */
  readonly exitCode: number;
  /** At most 4096 bytes. */
  readonly output: string;
}

/** Docker's `HealthConfig`: durations in nanoseconds, 0 for the default. */
export interface Healthcheck {
  /** Empty: as the image says; otherwise `NONE`, or `CMD` or `CMD-SHELL` and words. */
  readonly test: readonly string[];
  readonly intervalNs: number;
  readonly timeoutNs: number;
  readonly startPeriodNs: number;
  readonly startIntervalNs: number;
  readonly retries: number;
}

/** Portable part (Docker's `Config`), image defaults already merged in. */
export interface ContainerConfig {
  readonly hostname: string;
  readonly domainname: string;
  readonly user: string;
  readonly attachStdin: boolean;
  readonly attachStdout: boolean;
  readonly attachStderr: boolean;
  readonly exposedPorts: readonly PortSpec[];
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly stdinOnce: boolean;
  readonly env: readonly string[];
  /** What runs: `entrypoint` then `cmd`. */
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly volumes: readonly string[];
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal: string;
  readonly stopTimeoutSeconds?: number;
  readonly healthcheck?: Healthcheck;
  /** Came as an empty list, which `inspect` shows as one. */
  readonly isEntrypointEmpty?: boolean;
  /** No network but the loopback device. */
  readonly networkDisabled?: boolean;
  /** The old place for the MAC address of the container's one network. */
  readonly macAddress?: string;
  /** Kept for `inspect` and `commit`: nothing here reads them. */
  readonly shell?: readonly string[];
  readonly onBuild?: readonly string[];
  readonly argsEscaped?: boolean;
}

export interface PortSpec {
  readonly port: number;
  readonly protocol: "tcp" | "udp" | "sctp";
}

export interface PortBinding {
  readonly container: PortSpec;
  /** Empty: all addresses. */
  readonly hostIp: string;
  /** 0: pick one. */
  readonly hostPort: number;
  /** With it the first free port from `hostPort` to here. */
  readonly hostPortEnd?: number;
}

/** Non-portable part (Docker's `HostConfig`). Issue by issue this grows to the whole of it. */
export interface HostConfig {
  readonly autoRemove: boolean;
  readonly logConfig: LogConfig;
  readonly binds: readonly string[];
  readonly mounts?: readonly MountRequest[];
  /** Containers, by id or name, with `:ro` or `:rw`. */
  readonly volumesFrom?: readonly string[];
  /** Of the volumes that `binds` and the image name; `local` when not set. */
  readonly volumeDriver?: string;
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly portBindings: readonly PortBinding[];
  readonly publishAllPorts: boolean;
  /** `bridge` (default), `host`, `none`, `container:<id>`, or a network's name. */
  readonly networkMode: string;
  readonly pidMode: string;
  readonly ipcMode: string;
  readonly utsMode: string;
  readonly privileged: boolean;
  readonly readonlyRootfs: boolean;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly securityOpt: readonly string[];
  readonly extraHosts: readonly string[];
  /** Containers of the default bridge, each `name:alias` (`--link`). */
  readonly links?: readonly string[];
  readonly dns: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];
  readonly groupAdd: readonly string[];
  /** Undefined: not said, which is no. */
  readonly init?: boolean;
  readonly shmSizeBytes: number;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  readonly resources: Resources;
  readonly restartPolicy: {
    readonly name: "no" | "always" | "on-failure" | "unless-stopped";
    readonly maximumRetryCount: number;
  };
  /** `private` (default) or `host`. */
  readonly cgroupnsMode?: string;
  /** Absolute path below the cgroup root; `/docker` when not set. */
  readonly cgroupParent?: string;
  readonly usernsMode?: string;
  readonly oomScoreAdj?: number;
  readonly isolation?: string;
  readonly runtime?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly storageOpt?: Readonly<Record<string, string>>;
  /** Undefined: Docker's own lists. */
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly devices?: readonly DeviceMapping[];
  readonly deviceCgroupRules?: readonly string[];
  readonly deviceRequests?: readonly DeviceRequest[];
  readonly containerIdFile?: string;
  readonly cgroup?: string;
  /** Fields of the wire's `HostConfig` that came as an empty list or map: `inspect` shows those as they came, others as null. */
  readonly emptyFields?: readonly string[];
  readonly consoleSize?: readonly [rows: number, columns: number];
}

/** Docker's `LogConfig`: a log driver and its options. */
export interface LogConfig {
  /** `json-file`, `local`, `none`, … */
  readonly type: string;
  readonly options: Readonly<Record<string, string>>;
}

/** cgroup v2 limits; 0 means none. */
export interface Resources {
  readonly memoryBytes: number;
  readonly memorySwapBytes: number;
  readonly memoryReservationBytes: number;
  readonly nanoCpus: number;
  readonly cpuShares: number;
  readonly cpuPeriodUs: number;
  readonly cpuQuotaUs: number;
  readonly cpusetCpus: string;
  readonly pidsLimit: number;
  readonly oomKillDisable: boolean;
  readonly cpusetMems?: string;
  /** 10 to 1000. */
  readonly blkioWeight?: number;
  readonly blkioWeightDevices?: readonly DeviceWeight[];
  readonly blkioReadBps?: readonly DeviceRate[];
  readonly blkioWriteBps?: readonly DeviceRate[];
  readonly blkioReadIops?: readonly DeviceRate[];
  readonly blkioWriteIops?: readonly DeviceRate[];
  /** What a cgroup of version 2 has no file for: Docker drops them with a warning, or refuses. */
  readonly memorySwappiness?: number;
  readonly kernelMemoryBytes?: number;
  readonly kernelMemoryTcpBytes?: number;
  readonly cpuRealtimePeriodUs?: number;
  readonly cpuRealtimeRuntimeUs?: number;
  /** Windows' own: kept for `inspect`, or dropped with a warning. */
  readonly cpuCount?: number;
  readonly cpuPercent?: number;
  readonly ioMaximumIops?: number;
  readonly ioMaximumBandwidth?: number;
}

/** `--device`: a node of the machine, or every one below a directory. */
export interface DeviceMapping {
  readonly pathOnHost: string;
  readonly pathInContainer: string;
  /** Of `r`, `w` and `m`. */
  readonly cgroupPermissions: string;
}

/** `--gpus` and the like. */
export interface DeviceRequest {
  readonly driver: string;
  readonly count: number;
  readonly deviceIds: readonly string[] | null;
  readonly capabilities: readonly (readonly string[])[] | null;
  readonly options: Readonly<Record<string, string>> | null;
}

export interface DeviceWeight {
  readonly path: string;
  readonly weight: number;
}

export interface DeviceRate {
  readonly path: string;
  /** Bytes or operations a second. */
  readonly rate: number;
}

/** What a container asks of a network: the part of Docker's `EndpointSettings` that is configuration. */
export interface EndpointRequest {
  readonly aliases?: readonly string[];
  /** `--ip`, `--ip6` */
  readonly ipAddress?: string;
  readonly ipv6Address?: string;
  readonly linkLocalIps?: readonly string[];
  /** An `IPAMConfig` was given, be it an empty one. */
  readonly hasIpamConfig?: boolean;
  readonly macAddress?: string;
  /** `name:alias` */
  readonly links?: readonly string[];
  readonly driverOptions?: Readonly<Record<string, string>>;
  /** Of those that could be the container's way out, the highest is. */
  readonly gatewayPriority?: number;
}

export interface EndpointRecord {
  /** What was asked for. */
  readonly request?: EndpointRequest;
  readonly ipv6Address?: string;
  readonly ipv6PrefixLength?: number;
  readonly ipv6Gateway?: string;
  /** What the embedded resolver knows it by; undefined on Docker's own networks. */
  readonly dnsNames?: readonly string[];
  readonly networkId: string;
  readonly endpointId: string;
  readonly macAddress: string;
  readonly ipAddress: string;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly aliases: readonly string[];
  /** What is published now (host ports decided). */
  readonly ports: readonly PortBinding[];
}
