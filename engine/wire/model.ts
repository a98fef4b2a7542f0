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
  readonly stopTimeoutSeconds?: number;
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
}

export type RestartPolicyName = "no" | "always" | "on-failure" | "unless-stopped";

export interface HostModel {
  readonly autoRemove: boolean;
  readonly binds: readonly string[];
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
  readonly groupAdd: readonly string[];
  readonly init: boolean;
  readonly shmSizeBytes: number;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  readonly resources: ResourcesModel;
  readonly restartPolicy: { readonly name: RestartPolicyName; readonly maximumRetryCount: number };
  readonly consoleSize?: readonly [rows: number, columns: number];
}

export interface StateModel {
  readonly status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
  readonly pid: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly error: string;
  readonly startedAt: string;
  readonly finishedAt: string;
}

export interface EndpointModel {
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
  readonly type: "bind" | "volume";
  readonly name?: string;
  readonly source: string;
  readonly destination: string;
  readonly mode: string;
  readonly readWrite: boolean;
  readonly propagation: string;
}

export interface NetworkRequestModel {
  readonly aliases?: readonly string[];
  readonly ipAddress?: string;
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
}

export interface ExecModel {
  readonly id: string;
  readonly containerId: string;
  readonly config: ExecConfigModel;
  readonly running: boolean;
  readonly exitCode: number | undefined;
  readonly pid: number;
}

export interface EventModel {
  readonly type: string;
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly timeNs: bigint;
}
