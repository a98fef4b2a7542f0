import { EngineError, messageOf } from "../base/errors.ts";
import type { HostOp, Task, TaskRequest } from "../runtime/runtime.ts";
import { startExitCode } from "../runtime/runc-errors.ts";
import { type ResolvedUser, resolveUser } from "../runtime/user.ts";
import { withLinkEnv } from "./container-links.ts";
import { networkFiles } from "./container-network-files.ts";
import { announceNetworks, connectNetworks, disconnectNetworks } from "./container-networks.ts";
import { releaseMounts } from "./container-run.ts";
import { makeSpec } from "./container-spec.ts";
import { transition } from "./container-state.ts";
import { type ContainerDevices, findDevices } from "./container-devices.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import { shortId } from "./container-id.ts";
import { formatTime } from "./event-bus.ts";
import { openLog } from "./log-config.ts";
import type { LiveContainer } from "./live-container.ts";
import { prepareMounts } from "./prepare-mounts.ts";
import { specMounts } from "./spec-mounts.ts";
import { sharedMemory, type SharedNamespaces, sharedNamespaces } from "./shared-namespaces.ts";
import type { UserDatabases } from "./user-databases.ts";

const UNKNOWN_EXIT_CODE = 128;

/** What a start hands on: a run that has begun. */
export type OnStarted = (container: LiveContainer, task: Task) => void;

/**
 * Starts the container's process: everything is decided here, and the guest is asked once.
 * @throws EngineError; the record says why, and what was taken is given back
 */
export async function startContainer(
  context: EngineContext,
  container: LiveContainer,
  users: UserDatabases,
  onStarted: OnStarted,
): Promise<void> {
  const { record } = container;
  try {
    const task = await context.trace.measure(
      "container.start",
      () => startTask(context, container, users),
      shortId(record.id),
    );
    container.task = task;
    record.state = transition(record.state, "start", {
      pid: task.pid,
      startedAt: formatTime(context.events.timeNs()),
      exitCode: 0,
      error: "",
      oomKilled: false,
    });
    container.io.begin(task.stdin);
    context.store.save(container);
    announceNetworks(context, container);
    publish(context, container, "start");
    onStarted(container, task);
  } catch (error) {
    const cleanup = disconnectNetworks(context, container);
    releaseMounts(container);
    if (cleanup.length > 0)
      container.cleanup = container.cleanup
        .then(() => context.runtime.run(cleanup))
        .catch((reason) => context.report("cleanup", reason));
    const message = messageOf(error);
    record.state = transition(record.state, "start-failed", {
      pid: 0,
      exitCode: isRuncs(message) ? startExitCode(message) : UNKNOWN_EXIT_CODE,
      error: message,
    });
    context.store.save(container);
    throw error instanceof EngineError ? error : new EngineError("internal", message, { cause: error });
  }
}

/** What failed before runc was asked has no exit code of its own. */
function isRuncs(message: string): boolean {
  return message.startsWith("failed to create task for container: ");
}

async function startTask(context: EngineContext, container: LiveContainer, users: UserDatabases): Promise<Task> {
  const { record } = container;
  const { config, host } = record;
  await Promise.all([container.prepared, container.cleanup, context.networks.ready()]);
  const database = await users.of(container);
  const user = resolveUser(config.user, database, host.groupAdd);
  const shared = sharedNamespaces(context, container);
  const devices = await findDevices(context.runtime, host);
  openLog(host.logConfig);
  const networkOps = connectNetworks(context, container);
  container.mounts = await prepareMounts(context, record);
  return context.runtime.start(makeRequest(context, container, { user, shared, devices, networkOps }));
}

function makeRequest(
  context: EngineContext,
  { record, mounts }: LiveContainer,
  parts: {
    user: ResolvedUser;
    shared: SharedNamespaces;
    devices: ContainerDevices;
    networkOps: readonly HostOp[];
  },
): TaskRequest {
  // Who shares another's network has its name and files too.
  const network = parts.shared.network?.record ?? record;
  const linked = withLinkEnv(context, record);
  const view = { ...linked, config: { ...linked.config, hostname: network.config.hostname } };
  const rootfs = context.snapshots.mounts(record.id);
  const files = networkFiles(context, network);
  const pids = Object.fromEntries(Object.entries(parts.shared).map(([type, other]) => [type, other.task?.pid]));
  const shm = sharedMemory(record.id, record.host);
  const spec = makeSpec(view, {
    rootfs: rootfs.target,
    user: parts.user,
    mounts: specMounts({
      mounts: mounts?.mounts ?? [],
      tmpfs: record.host.tmpfs,
      ...(mounts && { tmpfsModes: mounts.tmpfsModes }),
      files,
      readonlyRootfs: record.host.readonlyRootfs,
    }),
    shared: pids,
    devices: parts.devices,
    ...(shm && { shm: shm.path }),
  });
  const { height: rows = 0, width: columns = 0 } = spec.process.consoleSize ?? {};
  return {
    id: record.id,
    spec,
    rootfs,
    files: network === record ? files : [],
    networkOps: parts.networkOps,
    ...(shm?.own && { shm: shm.own }),
    stdio: record.config.tty ? { mode: "pty", rows, columns } : { mode: "pipes", stdin: record.config.openStdin },
  };
}
