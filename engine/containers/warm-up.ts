import { isKind } from "../base/errors.ts";
import type { HostOp, Task } from "../runtime/runtime.ts";
import { createId } from "./container-id.ts";
import { makeExecProcess, makeSpec } from "./container-spec.ts";
import { CREATED_STATE } from "./container-state.ts";
import { NO_DEVICES } from "./container-devices.ts";
import type { Container } from "./container.ts";
import type { EngineContext } from "./engine-context.ts";
import { completeHostConfig, mergeConfig } from "./merge-config.ts";
import { etcFiles, specMounts } from "./spec-mounts.ts";

export interface WarmUpOptions {
  /** How many containers are run. */
  readonly runs: number;
  /** Milliseconds between them, for what else the guest has to do. */
  readonly pauseMs: number;
  /** Stops after the run that is under way: the user has come. */
  readonly signal?: AbortSignal;
}

const SNAPSHOT = "warm-up";
const ROOT = { uid: 0, gid: 0, groups: [], home: "/root" };
/** The highest address, so that the first real container still gets the first one. */
const ADDRESS = "172.17.255.254";

/**
 * Runs containers that nobody sees, of the guest's own files. The emulator compiles the guest's code as it is used: after some runs a
 * start takes a fraction of the first one's time. Nothing of it is left, and nothing is told of it.
 */
export async function warmUp(context: EngineContext, { runs, pauseMs, signal }: WarmUpOptions): Promise<void> {
  await Promise.all([context.runtime.prepare(), context.networks.ready()]);
  await context.snapshots.remove(SNAPSHOT);
  await context.snapshots.prepare(SNAPSHOT, []);
  try {
    for (let run = 0; run < runs && !signal?.aborted; run++) {
      await context.trace.measure("warm-up", () => runOnce(context));
      await context.clock.sleep(pauseMs, signal ? { signal } : {}).catch(() => undefined);
    }
  } catch (error) {
    if (!isKind(error, "unavailable")) context.report("warm-up", error);
  } finally {
    await context.snapshots.remove(SNAPSHOT);
  }
}

async function runOnce(context: EngineContext): Promise<void> {
  const container = hiddenContainer(createId(context.random));
  const { endpoint, ops } = context.networks.connect({
    containerId: container.id,
    containerName: container.name,
    network: "bridge",
    deviceIndex: 0,
    ports: [],
    ipAddress: ADDRESS,
  });
  let task: Task | undefined;
  try {
    task = await start(context, container, ops);
    const exec = {
      cmd: ["true"],
      env: [],
      workingDir: "/",
      user: "",
      tty: false,
      attachStdin: false,
      attachStdout: true,
      attachStderr: true,
      privileged: false,
    };
    const process = await task.exec({
      process: makeExecProcess(container, exec, ROOT),
      stdio: { mode: "pipes", stdin: false },
    });
    await Promise.all([process.stdout?.cancel(), process.stderr?.cancel(), process.exited]);
    await task.kill(9);
    await task.exited;
  } finally {
    const cleanup = context.networks.disconnect(endpoint.endpointId);
    if (task === undefined) await context.runtime.run(cleanup);
    else await task.delete(cleanup);
  }
}

async function start(context: EngineContext, container: Container, networkOps: readonly HostOp[]): Promise<Task> {
  const rootfs = context.snapshots.mounts(SNAPSHOT);
  const files = etcFiles(SNAPSHOT, { hosts: "\n", hostname: "\n", resolvConf: "\n" });
  const spec = makeSpec(container, {
    rootfs: rootfs.target,
    user: ROOT,
    mounts: specMounts({
      mounts: container.mounts.map((mount) => ({ ...mount, mount })),
      tmpfs: {},
      files,
      readonlyRootfs: false,
    }),
    shared: {},
    devices: NO_DEVICES,
  });
  const task = await context.runtime.start({
    id: container.id,
    spec,
    rootfs,
    files,
    networkOps,
    stdio: { mode: "pipes", stdin: false },
  });
  void task.stdout?.cancel();
  void task.stderr?.cancel();
  return task;
}

/** Like any other, but for its files: the guest's programs, read-only. */
function hiddenContainer(id: string): Container {
  return {
    id,
    name: SNAPSHOT,
    createdAt: "",
    image: { id: "" as Container["image"]["id"], reference: "" },
    config: mergeConfig({ cmd: ["sleep", "60"], env: ["PATH=/usr/bin"] }, {}, SNAPSHOT),
    host: completeHostConfig({}),
    state: CREATED_STATE,
    endpoints: {},
    restartCount: 0,
    mounts: [
      { type: "bind", source: "/usr", destination: "/usr", mode: "ro", readWrite: false, propagation: "rprivate" },
    ],
  };
}
