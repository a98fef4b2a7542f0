import { EngineError, messageOf } from "../base/errors.ts";
import { formatHosts, formatResolvConf } from "../network/resolv.ts";
import type { HostOp, Task, TaskRequest } from "../runtime/runtime.ts";
import { startExitCode } from "../runtime/runc-errors.ts";
import { type ResolvedUser, resolveUser } from "../runtime/user.ts";
import { etcFiles, specMounts } from "./container-mounts.ts";
import { announceNetworks, connectNetworks, disconnectNetworks, sharedContainer } from "./container-networks.ts";
import { makeSpec } from "./container-spec.ts";
import { transition } from "./container-state.ts";
import type { Container } from "./container.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import { shortId } from "./container-id.ts";
import { formatTime } from "./event-bus.ts";
import type { LiveContainer } from "./live-container.ts";
import type { UserDatabases } from "./user-databases.ts";

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
    if (cleanup.length > 0)
      container.cleanup = container.cleanup
        .then(() => context.runtime.run(cleanup))
        .catch((reason) => context.report("cleanup", reason));
    const message = messageOf(error);
    record.state = transition(record.state, "start-failed", {
      pid: 0,
      exitCode: startExitCode(message),
      error: message,
    });
    context.store.save(container);
    throw error instanceof EngineError ? error : new EngineError("internal", message, { cause: error });
  }
}

async function startTask(context: EngineContext, container: LiveContainer, users: UserDatabases): Promise<Task> {
  const { record } = container;
  const { config, host } = record;
  await Promise.all([container.prepared, container.cleanup, context.networks.ready()]);
  const database = await users.of(container);
  const user = resolveUser(config.user, database, host.groupAdd);
  const shared = sharedNamespaces(context, container);
  const networkOps = connectNetworks(context, container);
  if (record.mounts.length > 0) await prepareMounts(context, record);
  return context.runtime.start(makeRequest(context, container, { user, shared, networkOps }));
}

/** Missing directories are made; volumes that are empty get what the image has there. */
async function prepareMounts({ runtime, snapshots }: EngineContext, { id, mounts }: Container): Promise<void> {
  await runtime.ensureDirectories(mounts.map(({ source }) => source));
  const volumes = mounts.filter(({ type, mode }) => type === "volume" && !mode.split(",").includes("nocopy"));
  if (volumes.length > 0) await runtime.populateVolumes(snapshots.mounts(id), volumes);
}

function makeRequest(
  context: EngineContext,
  { record }: LiveContainer,
  parts: { user: ResolvedUser; shared: SharedNamespaces; networkOps: readonly HostOp[] },
): TaskRequest {
  // Who shares another's network has its name and files too.
  const network = parts.shared.network?.record ?? record;
  const view = { ...record, config: { ...record.config, hostname: network.config.hostname } };
  const rootfs = context.snapshots.mounts(record.id);
  const files = etcFiles(network.id, fileContents(context, view));
  const pids = Object.fromEntries(Object.entries(parts.shared).map(([type, other]) => [type, other.task?.pid]));
  const spec = makeSpec(view, {
    rootfs: rootfs.target,
    user: parts.user,
    mounts: specMounts(record.mounts, files),
    shared: pids,
  });
  const { height: rows = 0, width: columns = 0 } = spec.process.consoleSize ?? {};
  return {
    id: record.id,
    spec,
    rootfs,
    files: network === record ? files : [],
    networkOps: parts.networkOps,
    stdio: record.config.tty ? { mode: "pty", rows, columns } : { mode: "pipes", stdin: record.config.openStdin },
  };
}

function fileContents(context: EngineContext, { config, host, endpoints }: Container): Parameters<typeof etcFiles>[1] {
  const gateway = Object.values(endpoints).find((endpoint) => endpoint.gateway !== "")?.gateway ?? "";
  return {
    hosts: formatHosts({
      hostname: config.hostname,
      domainname: config.domainname,
      addresses: Object.values(endpoints).flatMap(({ ipAddress }) => (ipAddress === "" ? [] : [ipAddress])),
      extraHosts: host.extraHosts.map((entry) => entry.replace(/:host-gateway$/, `:${gateway}`)),
    }),
    hostname: `${config.hostname}\n`,
    resolvConf: formatResolvConf({
      machine: context.nameServers,
      dns: host.dns,
      search: host.dnsSearch ?? [],
      options: host.dnsOptions ?? [],
    }),
  };
}

type SharedNamespaces = Readonly<Partial<Record<"network" | "pid" | "ipc", LiveContainer>>>;

/** @throws EngineError when the container to share with is not there or does not run */
function sharedNamespaces(context: EngineContext, { record }: LiveContainer): SharedNamespaces {
  const modes = { network: record.host.networkMode, pid: record.host.pidMode, ipc: record.host.ipcMode };
  const shared: Partial<Record<keyof typeof modes, LiveContainer>> = {};
  for (const [type, mode] of Object.entries(modes)) {
    const reference = sharedContainer(mode);
    if (reference !== undefined) shared[type as keyof typeof modes] = runningContainer(context, reference, type);
  }
  return shared;
}

function runningContainer(context: EngineContext, reference: string, type: string): LiveContainer {
  const words = type === "network" ? "network" : type.toUpperCase();
  let other: LiveContainer;
  try {
    other = context.store.get(reference);
  } catch (error) {
    throw new EngineError("not-found", `joining ${words} namespace of container: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (other.task !== undefined) return other;
  throw new EngineError(
    "conflict",
    `cannot join ${words} namespace of a non running container: container ${other.id} is ${other.state.status}`,
  );
}
