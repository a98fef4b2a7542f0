import { chunksOf } from "../base/streams.ts";
import type { ByteStream } from "../base/streams.ts";
import type { ContainerProcess, ProcessExit, Task } from "../runtime/runtime.ts";
import { SIGKILL } from "../runtime/signals.ts";
import { shortId } from "./container-id.ts";
import { disconnectNetworks } from "./container-networks.ts";
import { transition } from "./container-state.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import { formatTime } from "./event-bus.ts";
import { stopMonitor } from "./health-monitor.ts";
import type { Container } from "./container.ts";
import type { LiveContainer } from "./live-container.ts";

/** moby's `container/stream`: how long the last output may take after the process has ended. */
const DRAIN_MS = 2000;
/** What Docker says of a container whose end nobody saw. */
export const LOST_EXIT_CODE = 255;

export interface RunHooks {
  /** The policy says: start again after this delay. */
  restart(container: LiveContainer, delayMs: number): void;
  /** `--rm` */
  autoRemove(container: LiveContainer): void;
}

/** Follows a run from its start to the end: output into the log and to the attached, then the exit and what comes of it. */
export function followRun(context: EngineContext, container: LiveContainer, task: Task, hooks: RunHooks): void {
  const startedMs = context.clock.monotonic();
  const pumps = pumpOutput(task, (stream, bytes) => {
    const saving = container.logs.append(stream, bytes, context.events.timeNs());
    const reading = container.io.write({ stream, bytes });
    return saving === undefined || reading === undefined ? (saving ?? reading) : saving.then(() => reading);
  });
  container.exited = task.exited
    .catch((error: unknown): ProcessExit => {
      // The guest has died, and the container with it.
      context.report("run", error);
      return { code: LOST_EXIT_CODE, signal: undefined };
    })
    .then(async (exit) => {
      const detail = shortId(container.id);
      const ranMs = context.clock.monotonic() - startedMs;
      context.trace.add({ name: "container.run", startMs: startedMs, durationMs: ranMs, detail });
      await context.trace.measure("container.drain", () => drained(context, pumps), detail);
      const oomKilled = await wasOutOfMemory(container, task, exit);
      endRun(context, container, { exit, oomKilled, ranMs, task }, hooks);
    })
    .catch((error: unknown) => context.report("run", error));
}

/** Reads both streams to their end, in the order their pieces come. */
export function pumpOutput(
  process: Pick<ContainerProcess, "stdout" | "stderr">,
  write: (stream: "stdout" | "stderr", bytes: Uint8Array) => Promise<void> | undefined,
): Promise<unknown> {
  const pump = async (stream: "stdout" | "stderr", source: ByteStream | undefined): Promise<void> => {
    if (source === undefined) return;
    for await (const bytes of chunksOf(source)) {
      const slow = write(stream, bytes);
      if (slow !== undefined) await slow;
    }
  };
  return Promise.allSettled([pump("stdout", process.stdout), pump("stderr", process.stderr)]);
}

/** Waits for the last output, but not for ever: a process left behind may hold the pipe. */
export async function drained({ clock }: EngineContext, pumps: Promise<unknown>): Promise<void> {
  const timeout = new AbortController();
  const late = clock.sleep(DRAIN_MS, { signal: timeout.signal }).catch(() => undefined);
  await Promise.race([pumps, late]);
  timeout.abort();
}

/** Asked only where it can be: the others end without a question to the guest. */
async function wasOutOfMemory(container: LiveContainer, task: Task, exit: ProcessExit): Promise<boolean> {
  if (exit.signal !== SIGKILL && container.record.host.resources.memoryBytes === 0) return false;
  return task.oomKilled().catch(() => false);
}

interface EndedRun {
  readonly exit: ProcessExit;
  readonly oomKilled: boolean;
  readonly ranMs: number;
  readonly task: Task;
}

/** Everything that people see of an exit happens here, at once; the guest is tidied up behind. */
function endRun(
  context: EngineContext,
  container: LiveContainer,
  { exit, oomKilled, ranMs, task }: EndedRun,
  hooks: RunHooks,
): void {
  const { record } = container;
  const delayMs = container.restarts.next(record.host.restartPolicy, {
    exitCode: exit.code,
    ranMs,
    stoppedByUser: record.stoppedByUser,
    restartCount: record.restartCount,
  });
  record.state = transition(record.state, delayMs === undefined ? "exit" : "await-restart", {
    pid: 0,
    exitCode: exit.code,
    oomKilled,
    finishedAt: formatTime(context.events.timeNs()),
  });
  container.task = undefined;
  stopMonitor(container);
  container.logs.finish(!record.host.autoRemove);
  if (oomKilled) publish(context, container, "oom");
  const networkOps = disconnectNetworks(context, container);
  container.io.end();
  tidyUp(context, container, task, networkOps);
  releaseMounts(container);
  publish(context, container, "die", { execDuration: String(Math.floor(ranMs / 1000)), exitCode: String(exit.code) });
  context.store.save(container);
  container.waits.exited({ exitCode: exit.code });
  if (delayMs !== undefined) hooks.restart(container, delayMs);
  else if (record.host.autoRemove) hooks.autoRemove(container);
}

function tidyUp(
  context: EngineContext,
  container: LiveContainer,
  task: Task,
  networkOps: Parameters<Task["delete"]>[0],
): void {
  container.cleanup = Promise.allSettled(container.viewers)
    .then(() => context.trace.measure("container.cleanup", () => task.delete(networkOps)))
    .catch((error: unknown) => context.report("cleanup", error));
}

/** What a start has prepared is not needed any more. */
export function releaseMounts(container: LiveContainer): void {
  const released = container.mounts?.release();
  container.mounts = undefined;
  if (released !== undefined) container.cleanup = container.cleanup.then(() => released);
}

/** `docker rm`, `--rm`: the container is gone at once, its files and volumes follow. */
export function forget(context: EngineContext, container: LiveContainer, options: { volumes: boolean }): void {
  const { record } = container;
  record.state = transition(record.state, "remove");
  context.store.remove(container);
  // At once: nobody is told any more that the container has them.
  const released = releaseVolumes(context, record, options);
  publish(context, container, "destroy");
  container.io.end();
  container.cleanup = container.cleanup
    .then(async () => {
      await container.prepared.catch(() => undefined);
      await context.snapshots.remove(record.id);
      for (const { snapshot } of record.mounts) if (snapshot !== undefined) await context.snapshots.remove(snapshot);
      await released;
      await container.logs.clear();
    })
    .catch((error: unknown) => context.report("remove", error));
  container.waits.removed({ exitCode: record.state.exitCode });
}

/** Anonymous volumes go with the last container that has them, when that is wished. */
export async function releaseVolumes(
  context: EngineContext,
  { id, mounts }: Container,
  { volumes }: { volumes: boolean },
): Promise<void> {
  const releases = mounts.flatMap(({ type, name = "", isAnonymous = false }) =>
    type === "volume" ? [context.volumes.release(name, id, { remove: volumes && isAnonymous })] : [],
  );
  for (const release of await Promise.allSettled(releases))
    if (release.status === "rejected") context.report("remove volume", release.reason);
}
