import { binarySize } from "../../wire/sizes.ts";

/** What of `GET /info` is shown. */
export interface Info {
  readonly [field: string]: unknown;
  readonly DriverStatus: readonly (readonly [string, string])[] | null;
  readonly Plugins: {
    readonly Volume: readonly string[] | null;
    readonly Network: readonly string[] | null;
    readonly Log: readonly string[] | null;
    readonly Authorization?: readonly string[] | null;
  };
  readonly Runtimes: Readonly<Record<string, unknown>> | null;
  readonly Swarm: { readonly LocalNodeState: string };
  readonly SecurityOptions: readonly string[] | null;
  readonly MemTotal: number;
  readonly RegistryConfig: {
    readonly InsecureRegistryCIDRs: readonly string[] | null;
    readonly Mirrors: readonly string[] | null;
    readonly IndexConfigs: Readonly<Record<string, { readonly Name: string; readonly Secure: boolean }>>;
  } | null;
  readonly Labels: readonly string[] | null;
  readonly CDISpecDirs: readonly string[] | null;
  readonly DefaultAddressPools?: readonly { readonly Base: string; readonly Size: number }[] | null;
  readonly Warnings: readonly string[] | null;
}

/** `docker info`, below `Server:`. */
export function infoLines(info: Info): readonly string[] {
  return [...engineLines(info), ...machineLines(info), ...settingLines(info)];
}

/** Always there. */
const line = (title: string, value: unknown): string => ` ${title}: ${String(value)}`;
/** Left out when there is nothing to say. */
const known = (title: string, value: unknown): readonly string[] =>
  value === undefined || value === null || value === "" ? [] : [line(title, value)];
const section = (title: string, items: readonly string[] | null | undefined): readonly string[] =>
  (items ?? []).length === 0 ? [] : [` ${title}:`, ...(items ?? []).map((item) => `  ${item}`)];
const joined = (items: readonly string[] | null | undefined): string => (items ?? []).join(" ");

function engineLines(info: Info): readonly string[] {
  const { Plugins, Runtimes } = info;
  return [
    line("Containers", info["Containers"]),
    ` ${line("Running", info["ContainersRunning"])}`,
    ` ${line("Paused", info["ContainersPaused"])}`,
    ` ${line("Stopped", info["ContainersStopped"])}`,
    line("Images", info["Images"]),
    ...known("Server Version", info["ServerVersion"]),
    ...known("Storage Driver", info["Driver"]),
    ...(info.DriverStatus ?? []).map(([name, value]) => `  ${name}: ${value}`),
    ...known("Logging Driver", info["LoggingDriver"]),
    ...known("Cgroup Driver", info["CgroupDriver"]),
    ...known("Cgroup Version", info["CgroupVersion"]),
    " Plugins:",
    ` ${line("Volume", joined(Plugins.Volume))}`,
    ` ${line("Network", joined(Plugins.Network))}`,
    ...(joined(Plugins.Authorization) === "" ? [] : [` ${line("Authorization", joined(Plugins.Authorization))}`]),
    ` ${line("Log", joined(Plugins.Log))}`,
    ...section("CDI spec directories", info.CDISpecDirs),
    line("Swarm", info.Swarm.LocalNodeState),
    ...(Runtimes === null || Object.keys(Runtimes).length === 0
      ? []
      : [
          line("Runtimes", Object.keys(Runtimes).toSorted().join(" ")),
          line("Default Runtime", info["DefaultRuntime"]),
        ]),
  ];
}

function machineLines(info: Info): readonly string[] {
  return [
    line("Init Binary", info["InitBinary"]),
    line("containerd version", commitOf(info["ContainerdCommit"])),
    line("runc version", commitOf(info["RuncCommit"])),
    line("init version", commitOf(info["InitCommit"])),
    ...securityLines(info.SecurityOptions ?? []),
    ...known("Kernel Version", info["KernelVersion"]),
    ...known("Operating System", info["OperatingSystem"]),
    ...known("OSType", info["OSType"]),
    ...known("Architecture", info["Architecture"]),
    line("CPUs", info["NCPU"]),
    line("Total Memory", binarySize(info.MemTotal)),
    ...known("Name", info["Name"]),
    ...known("ID", info["ID"]),
  ];
}

function settingLines(info: Info): readonly string[] {
  return [
    line("Docker Root Dir", info["DockerRootDir"]),
    line("Debug Mode", info["Debug"]),
    ...(info["Debug"] === true
      ? [
          ` ${line("File Descriptors", info["NFd"])}`,
          ` ${line("Goroutines", info["NGoroutines"])}`,
          ` ${line("System Time", info["SystemTime"])}`,
          ` ${line("EventsListeners", info["NEventsListener"])}`,
        ]
      : []),
    ...known("HTTP Proxy", info["HttpProxy"]),
    ...known("HTTPS Proxy", info["HttpsProxy"]),
    ...known("No Proxy", info["NoProxy"]),
    ...section("Labels", info.Labels),
    line("Experimental", info["ExperimentalBuild"]),
    ...registryLines(info),
    line("Live Restore Enabled", info["LiveRestoreEnabled"]),
    ...known("Product License", info["ProductLicense"]),
    ...section(
      "Default Address Pools",
      (info.DefaultAddressPools ?? []).map(({ Base, Size }) => ` Base: ${Base}, Size: ${Size}`),
    ),
  ];
}

function commitOf(commit: unknown): string {
  return (commit as { readonly ID?: string } | undefined)?.ID ?? "";
}

/** `name=seccomp,profile=builtin` is the name, with its profile below. */
function securityLines(options: readonly string[]): readonly string[] {
  const lines = options.flatMap((option) => {
    const fields = new Map(option.split(",").map((field) => field.split("=") as [string, string]));
    const profile = fields.get("profile");
    return [`  ${fields.get("name") ?? ""}`, ...(profile === undefined ? [] : [`   Profile: ${profile}`])];
  });
  return lines.length === 0 ? [] : [" Security Options:", ...lines];
}

/** The title of insecure registries is there also when all are secure. */
function registryLines({ RegistryConfig: config }: Info): readonly string[] {
  if (config === null) return [];
  const indexes = Object.values(config.IndexConfigs);
  const ranges = config.InsecureRegistryCIDRs ?? [];
  const names = indexes.filter(({ Secure }) => !Secure).map(({ Name }) => Name);
  const hasTitle = ranges.length > 0 || indexes.length > 0;
  return [
    ...(hasTitle ? [" Insecure Registries:", ...[...names, ...ranges].map((item) => `  ${item}`)] : []),
    ...section("Registry Mirrors", config.Mirrors),
  ];
}
