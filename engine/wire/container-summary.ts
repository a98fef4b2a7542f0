import type { ContainerModel } from "./model.ts";
import { formatStatus } from "./durations.ts";
import { namesByLink } from "./links.ts";
import { toWireMounts, type WireMount } from "./mounts.ts";
import { publishedPorts, toWireEndpoints, isOnline, type WireEndpoint } from "./network-settings.ts";
import { publishedAddresses } from "./ports.ts";
import { parseTimeMs } from "./times.ts";

/** One element of `GET /containers/json`, in Docker's order of fields. */
export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly Command: string;
  /** Seconds since 1970. */
  readonly Created: number;
  readonly Ports: readonly WirePort[];
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Labels: Readonly<Record<string, string>>;
  readonly State: string;
  readonly Status: string;
  readonly HostConfig: { readonly NetworkMode: string; readonly Annotations?: Readonly<Record<string, string>> };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, WireEndpoint>> };
  readonly Mounts: readonly WireMount[];
}

export interface WirePort {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

export interface SizeInput {
  readonly rwBytes: number;
  readonly rootFsBytes: number;
}

/**
 * `image`: the name to show (the id when the name now points elsewhere). `sizes`: only when the client asked for them. `all`: those that
 * may have given it a name by linking to it.
 */
export function toContainerSummary(
  container: ContainerModel,
  image: string,
  nowMs: number,
  { sizes, all = [] }: { readonly sizes?: SizeInput | undefined; readonly all?: readonly ContainerModel[] } = {},
): ContainerSummary {
  const { config, state } = container;
  return {
    Id: container.id,
    Names: [`/${container.name}`, ...namesByLink(container, all)],
    Image: image,
    ImageID: container.image.id,
    Command: commandLine([...config.entrypoint, ...config.cmd]),
    Created: Math.floor((parseTimeMs(container.createdAt) ?? 0) / 1000),
    Ports: toWirePorts(container),
    ...(sizes && sizes.rwBytes > 0 && { SizeRw: sizes.rwBytes }),
    ...(sizes && { SizeRootFs: sizes.rootFsBytes }),
    Labels: config.labels,
    State: state.status,
    Status: formatStatus(state, nowMs),
    HostConfig: {
      NetworkMode: container.host.networkMode,
      ...(container.host.annotations && { Annotations: container.host.annotations }),
    },
    NetworkSettings: { Networks: toWireEndpoints(container) },
    Mounts: toWireMounts(container.mounts),
  };
}

/** Docker quotes arguments that hold a space or a quote. */
function commandLine([path = "", ...rest]: readonly string[]): string {
  const quoted = rest.map((argument) => (/[ '"]/.test(argument) ? `'${argument}'` : argument));
  return [path, ...quoted].join(" ");
}

function toWirePorts(container: ContainerModel): readonly WirePort[] {
  if (!isOnline(container)) return [];
  const published = publishedPorts(container);
  const isPublished = (port: number, protocol: string): boolean =>
    published.some((binding) => binding.container.port === port && binding.container.protocol === protocol);
  return [
    ...published.flatMap((binding) =>
      publishedAddresses(binding).map((IP) => ({
        IP,
        PrivatePort: binding.container.port,
        PublicPort: binding.hostPort,
        Type: binding.container.protocol,
      })),
    ),
    ...container.config.exposedPorts
      .filter(({ port, protocol }) => !isPublished(port, protocol))
      .map(({ port, protocol }) => ({ PrivatePort: port, Type: protocol })),
  ];
}
