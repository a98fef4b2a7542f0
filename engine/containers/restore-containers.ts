import { isKind } from "../base/errors.ts";
import { transition } from "./container-state.ts";
import { LOST_EXIT_CODE, releaseVolumes } from "./container-run.ts";
import { offline } from "./container-networks.ts";
import type { EngineContext } from "./engine-context.ts";
import { formatTime } from "./event-bus.ts";
import { LiveContainer, type StoredContainer } from "./live-container.ts";
import { LogBuffer } from "./log-buffer.ts";
import { logLimits } from "./log-config.ts";
import { RecordLogStore } from "./log-store.ts";
import { startsWithEngine } from "./restart-policy.ts";

/**
 * Takes over the records of an earlier engine: what ran has ended with its guest. Answers the containers that their restart policy
 * wants running, already in state `restarting`.
 */
export async function restoreContainers(context: EngineContext): Promise<readonly LiveContainer[]> {
  const records = await context.store.load();
  const toStart: LiveContainer[] = [];
  for (const record of [...records].sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))) {
    const container = new LiveContainer(
      record,
      new LogBuffer(
        new RecordLogStore(context.records, record.id, { onError: (error) => context.report("log", error) }),
        logLimits(record.host.logConfig),
      ),
    );
    await container.logs.load();
    context.store.add(container);
    for (const { type, name = "" } of record.mounts) if (type === "volume") context.volumes.adopt(name, record.id);
    endLostRun(context, container);
    if (record.host.autoRemove || record.state.status === "dead") {
      discard(context, container);
      continue;
    }
    // The snapshotter may have taken it up already.
    await context.snapshots.prepare(record.id, record.layers).catch((error: unknown) => {
      if (!isKind(error, "conflict")) context.report("snapshot", error);
    });
    const { exitCode } = record.state;
    const hasRun = record.state.status === "exited";
    if (
      hasRun &&
      startsWithEngine(record.host.restartPolicy, {
        exitCode,
        stoppedByUser: record.stoppedByUser,
        restartCount: record.restartCount,
      })
    ) {
      record.state = transition(record.state, "await-restart");
      toStart.push(container);
    }
  }
  return toStart;
}

function endLostRun(context: EngineContext, container: LiveContainer): void {
  const record: StoredContainer = container.record;
  const { status, exitCode } = record.state;
  if (status !== "running" && status !== "paused" && status !== "restarting" && status !== "removing") return;
  record.endpoints = Object.fromEntries(
    Object.entries(record.endpoints).map(([name, endpoint]) => [name, offline(endpoint)]),
  );
  record.state = transition(record.state, "lost", {
    pid: 0,
    exitCode: status === "running" || status === "paused" ? LOST_EXIT_CODE : exitCode,
    finishedAt: formatTime(context.events.timeNs()),
  });
  context.store.save(container);
}

function discard(context: EngineContext, container: LiveContainer): void {
  context.store.remove(container);
  void releaseVolumes(context, container.record, { volumes: true });
  void container.logs.clear().catch((error: unknown) => context.report("log", error));
}
