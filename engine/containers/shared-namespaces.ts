import { EngineError, messageOf } from "../base/errors.ts";
import type { TaskRequest } from "../runtime/runtime.ts";
import { sharedContainer } from "./container-networks.ts";
import { shmOptions } from "./container-spec.ts";
import type { HostConfig } from "./container.ts";
import type { EngineContext } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";

/** The containers whose namespaces one shares. */
export type SharedNamespaces = Readonly<Partial<Record<"network" | "pid" | "ipc", LiveContainer>>>;

/** @throws EngineError when the container to share with is not there, does not run, or does not share */
export function sharedNamespaces(context: EngineContext, { record }: LiveContainer): SharedNamespaces {
  const modes = { network: record.host.networkMode, pid: record.host.pidMode, ipc: record.host.ipcMode };
  const shared: Partial<Record<keyof typeof modes, LiveContainer>> = {};
  for (const [type, mode] of Object.entries(modes) as (readonly [keyof typeof modes, string])[]) {
    const reference = sharedContainer(mode);
    if (reference === undefined) continue;
    const other = type === "network" ? networkOf(context, reference) : namespaceOf(context, reference, type);
    if (type === "ipc") requireShareable(other);
    shared[type] = other;
  }
  return shared;
}

function networkOf(context: EngineContext, reference: string): LiveContainer {
  const other = find(context, reference, "joining network namespace of container", "internal");
  if (other.task !== undefined) return other;
  throw new EngineError(
    "conflict",
    `cannot join network namespace of a non running container: container ${other.record.name} is ${other.state.status}`,
  );
}

function namespaceOf(context: EngineContext, reference: string, type: "pid" | "ipc"): LiveContainer {
  const failed = `failed to join ${type.toUpperCase()} namespace`;
  const other = find(context, reference, failed, "invalid-argument");
  if (other.task !== undefined) return other;
  throw new EngineError("conflict", `${failed}: container ${other.id} is not running`);
}

function find(
  { store }: EngineContext,
  reference: string,
  failed: string,
  kind: "internal" | "invalid-argument",
): LiveContainer {
  try {
    return store.get(reference);
  } catch (error) {
    throw new EngineError(kind, `${failed}: ${messageOf(error)}`, { cause: error });
  }
}

function requireShareable({ id, record }: LiveContainer): void {
  if (record.host.ipcMode === "shareable") return;
  throw new EngineError(
    "invalid-argument",
    `failed to join IPC namespace: container ${id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
  );
}

/** `/dev/shm` when it is not a container's alone. */
interface SharedMemory {
  /** Directory of the machine. */
  readonly path: string;
  /** The tmpfs that the container brings. */
  readonly own?: NonNullable<TaskRequest["shm"]>;
}

/** Undefined: one of its own, or none. */
export function sharedMemory(id: string, host: HostConfig): SharedMemory | undefined {
  if (host.ipcMode === "host") return { path: "/dev/shm" };
  const donor = sharedContainer(host.ipcMode);
  if (donor !== undefined) return { path: shmPath(donor) };
  if (host.ipcMode !== "shareable") return undefined;
  return { path: shmPath(id), own: { path: shmPath(id), options: shmOptions(host) } };
}

function shmPath(id: string): string {
  return `/var/lib/docker/containers/${id}/mounts/shm`;
}
