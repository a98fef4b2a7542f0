import { toWireConfig, type WireConfig } from "./container-config.ts";
import { toWireHealth, type WireHealth } from "./healthcheck.ts";
import type { ContainerModel, StateModel } from "./model.ts";
import { toWireHostConfig } from "./host-config.ts";
import { linksOf } from "./links.ts";
import { toWireMounts } from "./mounts.ts";
import { toNetworkSettings } from "./network-settings.ts";
import { parseTimeMs } from "./times.ts";
import type { SizeInput } from "./container-summary.ts";

/** What clients read of `GET /containers/{id}/json`; there is more in it. */
export interface ContainerInspect {
  readonly Id: string;
  readonly Name: string;
  readonly State: WireState;
  readonly Config: WireConfig;
  readonly HostConfig: Readonly<Record<string, unknown>> & {
    readonly AutoRemove: boolean;
    readonly NetworkMode: string;
  };
  readonly NetworkSettings: Readonly<Record<string, unknown>>;
}

interface WireState {
  readonly Status: string;
  readonly Running: boolean;
  readonly Paused: boolean;
  readonly Restarting: boolean;
  readonly OOMKilled: boolean;
  readonly Dead: boolean;
  readonly Pid: number;
  readonly ExitCode: number;
  readonly Error: string;
  readonly StartedAt: string;
  readonly FinishedAt: string;
  readonly Health?: WireHealth;
}

export interface InspectExtras {
  readonly execIds: readonly string[];
  /** The snapshot's guest paths, when the engine has them at hand. */
  readonly overlay?: {
    readonly lower: readonly string[];
    readonly upper: string;
    readonly work: string;
    readonly target: string;
  };
  readonly sizes?: SizeInput;
}

/** `GET /containers/{id}/json`, in Docker's order of fields. */
export function toContainerInspect(
  container: ContainerModel,
  extras: InspectExtras,
): ContainerInspect & Record<string, unknown> {
  const { id, config } = container;
  const [path = "", ...args] = [...config.entrypoint, ...config.cmd];
  const directory = `/var/lib/docker/containers/${id}`;
  return {
    Id: id,
    Created: container.createdAt,
    Path: path,
    Args: args,
    State: toWireState(container.state),
    Image: container.image.id,
    ResolvConfPath: wasStarted(container) ? `${directory}/resolv.conf` : "",
    HostnamePath: wasStarted(container) ? `${directory}/hostname` : "",
    HostsPath: wasStarted(container) ? `${directory}/hosts` : "",
    LogPath: hasLogFile(container) ? `${directory}/${id}-json.log` : "",
    Name: `/${container.name}`,
    RestartCount: container.restartCount,
    Driver: "overlay2",
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: appArmorProfile(container.host.securityOpt),
    ExecIDs: extras.execIds.length > 0 ? extras.execIds : null,
    HostConfig: {
      ...toWireHostConfig(container.host),
      Links: linksOf(container),
    } as unknown as ContainerInspect["HostConfig"],
    GraphDriver: { Data: graphData(id, extras.overlay), Name: "overlay2" },
    ...(extras.sizes && { SizeRw: extras.sizes.rwBytes, SizeRootFs: extras.sizes.rootFsBytes }),
    Mounts: toWireMounts(container.mounts),
    Config: toWireConfig(config, container.image.reference),
    NetworkSettings: toNetworkSettings(container),
  };
}

/** Docker tells a path once the driver was opened, and only of this driver. */
function hasLogFile(container: ContainerModel): boolean {
  return container.host.logConfig.type === "json-file" && wasStarted(container);
}

/** A start that failed counts: its files are there. */
function wasStarted({ state }: ContainerModel): boolean {
  return parseTimeMs(state.startedAt) !== undefined || state.error !== "";
}

/** The kernel has no AppArmor: what was asked for can only be `unconfined`. */
function appArmorProfile(options: readonly string[]): string {
  return options.flatMap((option) => /^apparmor[=:](.*)$/.exec(option)?.[1] ?? []).at(-1) ?? "";
}

function graphData(id: string, overlay: InspectExtras["overlay"]): Record<string, string> | null {
  if (overlay === undefined) return null;
  return {
    ID: id,
    LowerDir: overlay.lower.join(":"),
    MergedDir: overlay.target,
    UpperDir: overlay.upper,
    WorkDir: overlay.work,
  };
}

/** Docker says `Running` also for a paused or restarting container. */
function toWireState(state: StateModel): WireState {
  const { status } = state;
  return {
    Status: status,
    Running: status === "running" || status === "paused" || status === "restarting",
    Paused: status === "paused",
    Restarting: status === "restarting",
    OOMKilled: state.oomKilled,
    Dead: status === "dead",
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt,
    FinishedAt: state.finishedAt,
    ...(state.health && { Health: toWireHealth(state.health) }),
  };
}
