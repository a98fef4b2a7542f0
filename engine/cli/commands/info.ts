import { binarySize } from "../../wire/sizes.ts";
import { NOT_GO } from "../../wire/system.ts";
import { API_VERSION, DOCKER_VERSION } from "../../wire/version.ts";
import { type Command, type Invocation, NO_ARGUMENTS } from "../command.ts";
import { FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { printFormatted } from "../format/single.ts";
import { complain, print } from "../output.ts";

export const infoCommand: Command = {
  name: "info",
  synopsis: "[OPTIONS]",
  short: "Display system-wide information",
  alsoKnownAs: "docker system info, docker info",
  flags: defineFlags(FORMAT),
  takes: NO_ARGUMENTS,
  section: "common",
  run: info,
};

/** What of `GET /info` is shown. */
interface Info {
  readonly [field: string]: unknown;
  readonly DriverStatus: readonly (readonly [string, string])[] | null;
  readonly Plugins: {
    readonly Volume: readonly string[];
    readonly Network: readonly string[];
    readonly Log: readonly string[];
  };
  readonly Runtimes: Readonly<Record<string, unknown>>;
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
  readonly Warnings: readonly string[] | null;
}

async function info({ client, context, flags }: Invocation): Promise<number> {
  const server = await client.json<Info>({ method: "GET", path: "/info" });
  const format = flags.string("format");
  if (format !== "") {
    await printFormatted(context, format, { ...server, ClientInfo: clientInfo() }, { typeName: "system.dockerInfo" });
    return 0;
  }
  const lines = [
    "Client:",
    ` Version:    ${DOCKER_VERSION}`,
    " Context:    default",
    " Debug Mode: false",
    "",
    "Server:",
    ...serverLines(server),
    "",
  ];
  await print(context.stdout, `${lines.join("\n")}\n`);
  for (const warning of server.Warnings ?? []) await complain(context, warning);
  return 0;
}

function clientInfo(): object {
  return {
    Debug: false,
    Version: DOCKER_VERSION,
    GitCommit: NOT_GO.gitCommit,
    GoVersion: NOT_GO.goVersion,
    Os: "linux",
    Arch: "386",
    BuildTime: NOT_GO.buildTime,
    Context: "default",
    Plugins: [],
    Warnings: null,
    ApiVersion: API_VERSION,
  };
}

function serverLines(info: Info): readonly string[] {
  const line = (title: string, field: string): string => ` ${title}: ${String(info[field])}`;
  return [
    line("Containers", "Containers"),
    ` ${line("Running", "ContainersRunning")}`,
    ` ${line("Paused", "ContainersPaused")}`,
    ` ${line("Stopped", "ContainersStopped")}`,
    line("Images", "Images"),
    line("Server Version", "ServerVersion"),
    line("Storage Driver", "Driver"),
    ...(info.DriverStatus ?? []).map(([name, value]) => `  ${name}: ${value}`),
    line("Logging Driver", "LoggingDriver"),
    line("Cgroup Driver", "CgroupDriver"),
    line("Cgroup Version", "CgroupVersion"),
    " Plugins:",
    ...(["Volume", "Network", "Log"] as const).map((kind) => `  ${kind}: ${info.Plugins[kind].join(" ")}`),
    ...section("CDI spec directories", info.CDISpecDirs ?? []),
    ` Swarm: ${info.Swarm.LocalNodeState}`,
    ` Runtimes: ${Object.keys(info.Runtimes).toSorted().join(" ")}`,
    line("Default Runtime", "DefaultRuntime"),
    line("Init Binary", "InitBinary"),
    ` containerd version: ${commitOf(info["ContainerdCommit"])}`,
    ` runc version: ${commitOf(info["RuncCommit"])}`,
    ` init version: ${commitOf(info["InitCommit"])}`,
    ...securityLines(info.SecurityOptions ?? []),
    line("Kernel Version", "KernelVersion"),
    line("Operating System", "OperatingSystem"),
    line("OSType", "OSType"),
    line("Architecture", "Architecture"),
    line("CPUs", "NCPU"),
    ` Total Memory: ${binarySize(info.MemTotal)}`,
    line("Name", "Name"),
    line("ID", "ID"),
    line("Docker Root Dir", "DockerRootDir"),
    line("Debug Mode", "Debug"),
    ...section("Labels", info.Labels ?? []),
    line("Experimental", "ExperimentalBuild"),
    ...registryLines(info),
    line("Live Restore Enabled", "LiveRestoreEnabled"),
  ];
}

function section(title: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [` ${title}:`, ...items.map((item) => `  ${item}`)];
}

function commitOf(commit: unknown): string {
  return (commit as { readonly ID?: string } | undefined)?.ID ?? "";
}

/** `name=seccomp,profile=builtin` is the name, with the rest below it. */
function securityLines(options: readonly string[]): readonly string[] {
  const lines = options.flatMap((option) => {
    const fields = option.split(",").map((field) => field.split("=") as [string, string]);
    const name = fields.find(([key]) => key === "name")?.[1] ?? "";
    const others = fields.filter(([key]) => key !== "name");
    return [`  ${name}`, ...others.map(([key, value]) => `   ${key.charAt(0).toUpperCase()}${key.slice(1)}: ${value}`)];
  });
  return lines.length === 0 ? [] : [" Security Options:", ...lines];
}

function registryLines({ RegistryConfig: config }: Info): readonly string[] {
  if (config === null) return [];
  const insecure = Object.values(config.IndexConfigs).filter(({ Secure }) => !Secure);
  return [
    ...section("Insecure Registries", [...insecure.map(({ Name }) => Name), ...(config.InsecureRegistryCIDRs ?? [])]),
    ...section("Registry Mirrors", config.Mirrors ?? []),
  ];
}
