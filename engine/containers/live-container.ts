import type { Task } from "../runtime/runtime.ts";
import type { Digest } from "../oci/digest.ts";
import { ContainerIo } from "./container-io.ts";
import { ContainerWaits } from "./container-waits.ts";
import type { Container, ContainerState, HostConfig, MountRecord } from "./container.ts";
import type { LogBuffer } from "./log-buffer.ts";
import type { PreparedMounts } from "./prepare-mounts.ts";
import { RestartPolicy } from "./restart-policy.ts";
import { Serial } from "../base/serial.ts";

/** What the store keeps of a container beyond what people see. */
export interface StoredContainer extends Container {
  mounts: readonly MountRecord[];
  host: HostConfig;
  /** Uncompressed layers of its image, bottom first: its root can be made again without the image's name. */
  readonly layers: readonly Digest[];
  /** `docker stop` or `kill` ended the last run: `unless-stopped` and the next engine leave it alone. */
  stoppedByUser: boolean;
}

/** A container's record with everything that lives only while this engine does. */
export class LiveContainer {
  readonly record: StoredContainer;
  readonly io = new ContainerIo();
  readonly waits = new ContainerWaits();
  readonly logs: LogBuffer;
  readonly restarts = new RestartPolicy();
  /** One life-cycle change at a time. */
  readonly changes = new Serial();
  readonly execIds = new Set<string>();
  /** Its root is being prepared, since its creation: a start waits for it. */
  prepared: Promise<void> = Promise.resolve();
  /** While it runs. */
  task: Task | undefined;
  /** Network devices that this run has had: the next is `eth<devices>`. */
  devices = 0;
  /** From the preparation of a start to the end of its run. */
  mounts: PreparedMounts | undefined;
  /** Resolves when the current run is over and its state says so. */
  exited: Promise<void> = Promise.resolve();
  /** What the last run left in the guest is being taken away; a start waits for it. */
  cleanup: Promise<void> = Promise.resolve();
  /** Work that is looking at its files while it runs: they stay in their place until it is done, also when the process has ended. */
  readonly viewers = new Set<Promise<unknown>>();
  /** Ends the watch over its health; set while there is one. */
  healthMonitor: AbortController | undefined;
  /** Cancels the wait before the next attempt of a restart policy. */
  pendingRestart: AbortController | undefined;

  constructor(record: StoredContainer, logs: LogBuffer) {
    this.record = record;
    this.logs = logs;
  }

  get id(): string {
    return this.record.id;
  }

  get state(): ContainerState {
    return this.record.state;
  }
}
