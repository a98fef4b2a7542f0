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

/** A bind or volume as `docker inspect` lists it (Docker's `MountPoint`). */
export interface MountRecord {
  readonly type: "bind" | "volume";
  /** Volumes only. */
  readonly name?: string;
  /** Path on the machine. */
  readonly source: string;
  readonly destination: string;
  /** Options as given: `ro,z`. */
  readonly mode: string;
  readonly readWrite: boolean;
  /** Binds only: `rprivate` unless asked otherwise. */
  readonly propagation: string;
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
}

/** Non-portable part (Docker's `HostConfig`). Issue by issue this grows to the whole of it. */
export interface HostConfig {
  readonly autoRemove: boolean;
  readonly binds: readonly string[];
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
  readonly dns: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];
  readonly groupAdd: readonly string[];
  readonly init: boolean;
  readonly shmSizeBytes: number;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  readonly resources: Resources;
  readonly restartPolicy: {
    readonly name: "no" | "always" | "on-failure" | "unless-stopped";
    readonly maximumRetryCount: number;
  };
  readonly consoleSize?: readonly [rows: number, columns: number];
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
}

export interface EndpointRecord {
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
