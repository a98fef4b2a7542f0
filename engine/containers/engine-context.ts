import type { Clock } from "../base/clock.ts";
import type { Trace } from "../base/trace.ts";
import type { ImageService } from "../images/image-service.ts";
import type { RecordStore } from "../content/record-store.ts";
import type { Networks } from "../network/network.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Snapshotter } from "../snapshots/snapshotter.ts";
import type { ContainerVolumes } from "../volumes/volume.ts";
import type { RandomBytes } from "./container-id.ts";
import type { ContainerStore } from "./container-store.ts";
import type { EventBus } from "./event-bus.ts";
import type { LogConfig } from "./container.ts";
import type { LiveContainer } from "./live-container.ts";

/** What the containers need of the rest of the engine. */
export interface ContainerPorts {
  readonly images: Pick<ImageService, "resolve">;
  readonly snapshots: Snapshotter;
  readonly runtime: Runtime;
  readonly networks: Networks;
  readonly records: RecordStore;
  readonly clock: Clock;
  readonly trace: Trace;
  /** The engine's one bus; one of its own when nobody shares it. */
  readonly events?: EventBus;
  readonly volumes: ContainerVolumes;
  readonly random?: RandomBytes;
  /** Name servers of the machine, for `/etc/resolv.conf` of containers. */
  readonly nameServers?: readonly string[];
  /** Name of the machine, for containers on its network. */
  readonly machineName?: string;
  /** The log driver of containers that name none. */
  readonly logConfig?: LogConfig;
  /** What can be given to one container: `--cpus` and the like are checked against it. */
  readonly cpus?: number;
}

/** What the parts of this folder share. */
export interface EngineContext extends Required<Omit<ContainerPorts, "nameServers">> {
  readonly nameServers: readonly string[];
  readonly store: ContainerStore;
  /** Trouble that no caller waits for: kept in the trace. */
  report(what: string, error: unknown): void;
}

/** Tells the world about a container (https://docs.docker.com/reference/cli/docker/system/events/). */
export function publish(
  { events }: EngineContext,
  { record }: LiveContainer,
  action: string,
  attributes: Readonly<Record<string, string>> = {},
): void {
  events.publish({
    type: "container",
    action,
    id: record.id,
    attributes: {
      ...record.config.labels,
      ...attributes,
      image: record.image.reference,
      name: attributes["name"] ?? record.name,
    },
  });
}
