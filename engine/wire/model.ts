/**
 * The engine's side of every conversion in this folder, stated structurally: `containers/` and `images/` records satisfy these
 * types, so `wire/` needs to know neither. camelCase on this side, Docker's PascalCase on the other.
 */

export interface PortSpecModel {
  readonly port: number;
  readonly protocol: "tcp" | "udp" | "sctp";
}

export interface PortBindingModel {
  readonly container: PortSpecModel;
  readonly hostIp: string;
  readonly hostPort: number;
  readonly hostPortEnd?: number;
}

export interface ConfigModel {
  readonly hostname: string;
  readonly domainname: string;
  readonly user: string;
  readonly attachStdin: boolean;
  readonly attachStdout: boolean;
  readonly attachStderr: boolean;
  readonly exposedPorts: readonly PortSpecModel[];
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly stdinOnce: boolean;
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly volumes: readonly string[];
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal: string;
  readonly macAddress?: string;
  readonly stopTimeoutSeconds?: number;
  readonly healthcheck?: HealthcheckModel;
  /** Came as an empty list, which `inspect` shows as one. */
  readonly isEntrypointEmpty?: boolean;
  /** No network but the loopback device. */
  readonly networkDisabled?: boolean;
  /** Kept for `inspect` and `commit`: nothing here reads them. */
  readonly shell?: readonly string[];
  readonly onBuild?: readonly string[];
  readonly argsEscaped?: boolean;
}

export interface ResourcesModel {
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
  readonly blkioWeightDevices?: readonly DeviceWeightModel[];
  readonly blkioReadBps?: readonly DeviceRateModel[];
  readonly blkioWriteBps?: readonly DeviceRateModel[];
  readonly blkioReadIops?: readonly DeviceRateModel[];
  readonly blkioWriteIops?: readonly DeviceRateModel[];
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

export type RestartPolicyName = "no" | "always" | "on-failure" | "unless-stopped";

export interface HostModel {
  readonly autoRemove: boolean;
  readonly logConfig: { readonly type: string; readonly options: Readonly<Record<string, string>> };
  readonly binds: readonly string[];
  readonly mounts?: readonly MountRequestModel[];
  readonly volumesFrom?: readonly string[];
  readonly volumeDriver?: string;
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly portBindings: readonly PortBindingModel[];
  readonly publishAllPorts: boolean;
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
  readonly dns: readonly string[];
  readonly dnsOptions?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly links?: readonly string[];
  readonly groupAdd: readonly string[];
  /** Undefined: not said, which is no. */
  readonly init?: boolean;
  readonly shmSizeBytes: number;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  readonly resources: ResourcesModel;
  readonly restartPolicy: { readonly name: RestartPolicyName; readonly maximumRetryCount: number };
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
  readonly devices?: readonly DeviceMappingModel[];
  readonly deviceCgroupRules?: readonly string[];
  readonly deviceRequests?: readonly DeviceRequestModel[];
  readonly containerIdFile?: string;
  readonly cgroup?: string;
  /** Fields of the wire's `HostConfig` that came as an empty list or map: `inspect` shows those as they came, others as null. */
  readonly emptyFields?: readonly string[];
  readonly consoleSize?: readonly [rows: number, columns: number];
}

/** `--device`: a node of the machine, or every one below a directory. */
export interface DeviceMappingModel {
  readonly pathOnHost: string;
  readonly pathInContainer: string;
  /** Of `r`, `w` and `m`. */
  readonly cgroupPermissions: string;
}

/** `--gpus` and the like. */
export interface DeviceRequestModel {
  readonly driver: string;
  readonly count: number;
  readonly deviceIds: readonly string[] | null;
  readonly capabilities: readonly (readonly string[])[] | null;
  readonly options: Readonly<Record<string, string>> | null;
}

export interface DeviceWeightModel {
  readonly path: string;
  readonly weight: number;
}

export interface DeviceRateModel {
  readonly path: string;
  /** Bytes or operations a second. */
  readonly rate: number;
}

export interface StateModel {
  readonly status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
  readonly pid: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly error: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly health?: HealthModel;
}

export interface HealthModel {
  readonly status: "starting" | "healthy" | "unhealthy";
  readonly failingStreak: number;
  readonly log: readonly {
    readonly start: string;
    readonly end: string;
    readonly exitCode: number;
    readonly output: string;
  }[];
}

export interface HealthcheckModel {
  readonly test: readonly string[];
  readonly intervalNs: number;
  readonly timeoutNs: number;
  readonly startPeriodNs: number;
  readonly startIntervalNs: number;
  readonly retries: number;
}

export interface EndpointModel {
  readonly request?: NetworkRequestModel;
  readonly dnsNames?: readonly string[];
  readonly ipv6Address?: string;
  readonly ipv6PrefixLength?: number;
  readonly ipv6Gateway?: string;
  readonly networkId: string;
  readonly endpointId: string;
  readonly macAddress: string;
  readonly ipAddress: string;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly aliases: readonly string[];
  readonly ports: readonly PortBindingModel[];
}

export interface MountModel {
  readonly type: "bind" | "volume" | "tmpfs" | "image";
  readonly name?: string;
  readonly source: string;
  readonly destination: string;
  readonly mode: string;
  readonly readWrite: boolean;
  readonly propagation: string;
}

/** One entry of Docker's `HostConfig.Mounts`. */
export interface MountRequestModel {
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

export interface NetworkRequestModel {
  readonly aliases?: readonly string[];
  readonly ipAddress?: string;
  readonly ipv6Address?: string;
  readonly linkLocalIps?: readonly string[];
  readonly hasIpamConfig?: boolean;
  readonly macAddress?: string;
  readonly links?: readonly string[];
  readonly driverOptions?: Readonly<Record<string, string>>;
  readonly gatewayPriority?: number;
}

export interface ContainerModel {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly image: { readonly id: string; readonly reference: string };
  readonly config: ConfigModel;
  readonly host: HostModel;
  readonly state: StateModel;
  readonly endpoints: Readonly<Record<string, EndpointModel>>;
  readonly restartCount: number;
  readonly mounts: readonly MountModel[];
}

/** An image's saved defaults: the OCI image specification's own JSON. */
interface ImageConfigModel {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly created?: string;
  readonly author?: string;
  readonly config?: Readonly<Record<string, unknown>> | object;
  readonly history?: readonly ImageHistoryModel[];
}

export interface ImageHistoryModel {
  readonly created?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

export interface ImageModel {
  readonly id: string;
  readonly config: ImageConfigModel;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly layers: readonly string[];
  readonly sizeBytes: number;
  readonly manifest: { readonly mediaType: string; readonly digest: string; readonly size: number };
  /** RFC 3339. */
  readonly lastTagTime?: string;
  readonly parent?: string;
}

export interface ExecConfigModel {
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  readonly tty: boolean;
  readonly attachStdin: boolean;
  readonly attachStdout: boolean;
  readonly attachStderr: boolean;
  readonly privileged: boolean;
  readonly detachKeys?: string;
  readonly consoleSize?: readonly [rows: number, columns: number];
}

export interface ExecModel {
  readonly id: string;
  readonly containerId: string;
  readonly config: ExecConfigModel;
  readonly running: boolean;
  readonly exitCode: number | undefined;
  readonly pid: number;
  readonly detachKeyCodes?: readonly number[];
}

export interface EventModel {
  readonly type: string;
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly timeNs: bigint;
}
