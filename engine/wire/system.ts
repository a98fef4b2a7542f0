import { API_VERSION, DOCKER_VERSION, MIN_API_VERSION } from "./version.ts";

/** What Docker reports and has no meaning here: no part of this engine is written in Go or built by a compiler. */
export const NOT_GO = { goVersion: "none (TypeScript)", gitCommit: "drydock", buildTime: "-" } as const;

export interface SystemModel {
  /** `6.12.57` */
  readonly kernelRelease: string;
  readonly memoryBytes: number;
  readonly cpuCount: number;
  readonly hostname: string;
  /** A UUID that stays the same across reloads. */
  readonly engineId: string;
  /** `Drydock (Linux in v86)` */
  readonly operatingSystem: string;
  /** For `docker info`: `overlay2` and what it sits on. */
  readonly storageStatus?: readonly (readonly [name: string, value: string])[];
  /** Of containers that name none; `json-file` unless said otherwise. */
  readonly loggingDriver?: string;
  readonly registryMirrors?: readonly string[];
  /** Registries without TLS: `host:port`, or ranges of addresses. */
  readonly insecureRegistries?: readonly string[];
}

/** `GET /version`, in Docker's order of fields. */
export interface VersionResponse {
  readonly Platform: { readonly Name: string };
  readonly Components: readonly {
    readonly Name: string;
    readonly Version: string;
    readonly Details?: Readonly<Record<string, string>>;
  }[];
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion: string;
  readonly GitCommit: string;
  readonly GoVersion: string;
  readonly Os: string;
  readonly Arch: string;
  readonly KernelVersion: string;
  readonly Experimental?: boolean;
  readonly BuildTime: string;
}

export function toVersion({ kernelRelease }: SystemModel): VersionResponse {
  const details = {
    ApiVersion: API_VERSION,
    Arch: "386",
    BuildTime: NOT_GO.buildTime,
    Experimental: "false",
    GitCommit: NOT_GO.gitCommit,
    GoVersion: NOT_GO.goVersion,
    KernelVersion: kernelRelease,
    MinAPIVersion: MIN_API_VERSION,
    Os: "linux",
  };
  return {
    Platform: { Name: "Drydock" },
    Components: [{ Name: "Engine", Version: DOCKER_VERSION, Details: details }],
    Version: DOCKER_VERSION,
    ApiVersion: API_VERSION,
    MinAPIVersion: MIN_API_VERSION,
    GitCommit: NOT_GO.gitCommit,
    GoVersion: NOT_GO.goVersion,
    Os: "linux",
    Arch: "386",
    KernelVersion: kernelRelease,
    BuildTime: NOT_GO.buildTime,
  };
}

export interface CountsModel {
  readonly running: number;
  readonly paused: number;
  readonly stopped: number;
  readonly images: number;
  /** Clients that listen to `/events`. */
  readonly listeners: number;
}

/** `GET /info`, in Docker's order of fields. */
export function toInfo(system: SystemModel, counts: CountsModel, now: string): Record<string, unknown> {
  return {
    ID: system.engineId,
    Containers: counts.running + counts.paused + counts.stopped,
    ContainersRunning: counts.running,
    ContainersPaused: counts.paused,
    ContainersStopped: counts.stopped,
    Images: counts.images,
    Driver: "overlay2",
    DriverStatus: system.storageStatus ?? [
      ["Backing Filesystem", "tmpfs"],
      ["Supports d_type", "true"],
      ["Native Overlay Diff", "true"],
    ],
    Plugins: {
      Volume: ["local"],
      Network: ["bridge", "host", "null"],
      Authorization: null,
      Log: ["journald", "json-file", "local", "syslog"],
    },
    ...capabilities(),
    SystemTime: now,
    LoggingDriver: system.loggingDriver ?? "json-file",
    CgroupDriver: "cgroupfs",
    CgroupVersion: "2",
    NEventsListener: counts.listeners,
    KernelVersion: system.kernelRelease,
    OperatingSystem: system.operatingSystem,
    OSVersion: "",
    OSType: "linux",
    Architecture: "i686",
    IndexServerAddress: "https://index.docker.io/v1/",
    RegistryConfig: registryConfig(system),
    NCPU: system.cpuCount,
    MemTotal: system.memoryBytes,
    GenericResources: null,
    DockerRootDir: "/var/lib/docker",
    HttpProxy: "",
    HttpsProxy: "",
    NoProxy: "",
    Name: system.hostname,
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: DOCKER_VERSION,
    Runtimes: { runc: { path: "runc" } },
    DefaultRuntime: "runc",
    ...FIXED_FACTS,
    Warnings: null,
  };
}

/** What is the same on every engine of this kind. */
const FIXED_FACTS = {
  Swarm: {
    NodeID: "",
    NodeAddr: "",
    LocalNodeState: "inactive",
    ControlAvailable: false,
    Error: "",
    RemoteManagers: null,
  },
  LiveRestoreEnabled: false,
  Isolation: "",
  InitBinary: "docker-init",
  ContainerdCommit: { ID: "" },
  RuncCommit: { ID: "" },
  InitCommit: { ID: "" },
  SecurityOptions: ["name=seccomp,profile=builtin", "name=cgroupns"],
  CDISpecDirs: [],
  FirewallBackend: { Driver: "nftables" },
};

function capabilities(): Record<string, unknown> {
  return {
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    IPv4Forwarding: true,
    Debug: false,
    NFd: 0,
    OomKillDisable: false,
    NGoroutines: 0,
  };
}

function registryConfig(system: SystemModel): Record<string, unknown> {
  const Mirrors = (system.registryMirrors ?? []).map((url) => (url.endsWith("/") ? url : `${url}/`));
  const insecure = system.insecureRegistries ?? [];
  const hosts = insecure.filter((entry) => !entry.includes("/"));
  const ranges = insecure.filter((entry) => entry.includes("/"));
  return {
    IndexConfigs: {
      ...Object.fromEntries(hosts.map((Name) => [Name, { Mirrors: [], Name, Official: false, Secure: false }])),
      "docker.io": { Mirrors, Name: "docker.io", Official: true, Secure: true },
    },
    InsecureRegistryCIDRs: [...ranges, "::1/128", "127.0.0.0/8"],
    Mirrors,
  };
}
