import { diffLayer } from "../../archive/layer-diff.ts";
import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import type { TreeGuest } from "../../archive/place.ts";
import { EngineError, messageOf } from "../../base/errors.ts";
import { S_IFMT, S_IFREG } from "../../base/file-types.ts";
import { type ByteStream, collectText, encodeUtf8 } from "../../base/streams.ts";
import type { Trace } from "../../base/trace.ts";
import { pumpOutput } from "../../containers/container-run.ts";
import { quote } from "../../dockerfile/go-text.ts";
import type { Connection, Networks } from "../../network/network.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Runtime, Task, UserDatabase } from "../../runtime/runtime.ts";
import { SIGKILL } from "../../runtime/signals.ts";
import { type ResolvedUser, resolveUser } from "../../runtime/user.ts";
import type { Snapshotter } from "../../snapshots/snapshotter.ts";
import { resolvePath } from "../files/tree-path.ts";
import type { PlannedRun } from "../plan/build-plan.ts";
import { joinDirectory } from "../plan/edit-config.ts";
import type { PreparedMounts } from "./prepare-run-mounts.ts";
import {
  makeRunSpec,
  networkFilesOf,
  networkOf,
  newRunId,
  newSnapshotKey,
  type RunFile,
  type RunSettings,
} from "./run-spec.ts";

export interface RunPorts {
  readonly snapshots: Snapshotter;
  readonly runtime: Runtime;
  readonly networks: Networks;
  readonly guest: TreeGuest;
  readonly trace: Trace;
}

export interface RunRequest {
  readonly step: PlannedRun;
  readonly settings: RunSettings;
  /** What it runs on, bottom first. */
  readonly layers: readonly Digest[];
  /** The same as files. */
  readonly lower: ReadableLowerFiles;
  readonly mounts: PreparedMounts;
  readonly onOutput: (stream: "stdout" | "stderr", bytes: Uint8Array) => void;
  /** Takes over what nobody has to wait for. */
  readonly afterwards: (work: () => Promise<void>) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs a step's process on the layers below, and hands what it has written to `store` as a layer's tar. Nothing of it stays in the guest, though the
 * last of it may go a moment later.
 * @throws EngineError `process "/bin/sh -c false" did not complete successfully: exit code: 1`
 */
export async function runStep<T>(
  ports: RunPorts,
  request: RunRequest,
  store: (tar: ByteStream) => Promise<T>,
): Promise<T> {
  const { snapshots, guest, trace } = ports;
  const key = newSnapshotKey();
  const { step, layers, signal, lower, mounts } = request;
  const user = await userOf(request);
  signal.throwIfAborted();
  let end = async (): Promise<void> => undefined;
  const cleanUp = async (): Promise<void> => {
    await end();
    await snapshots.remove(key);
  };
  let result: T;
  try {
    await trace.measure("build.prepare", () => snapshots.prepare(key, layers));
    signal.throwIfAborted();
    const run = await trace.measure("build.run", () => runProcess(ports, { ...request, id: newRunId(), key, user }));
    ({ end } = run);
    signal.throwIfAborted();
    if (run.code !== 0) throw failure(step, `exit code: ${run.code}`);
    const { upper } = snapshots.mounts(key);
    result = await trace.measure("build.diff", () => store(diffLayer(guest, upper, lower, mounts.places)));
  } catch (error) {
    await cleanUp();
    throw error;
  }
  request.afterwards(cleanUp);
  return result;
}

async function userOf({ step, lower }: RunRequest): Promise<ResolvedUser> {
  try {
    return resolveUser(step.user, await userDatabase(lower));
  } catch (error) {
    throw failure(step, messageOf(error), error);
  }
}

async function userDatabase(lower: ReadableLowerFiles): Promise<UserDatabase> {
  const read = async (path: string): Promise<string> => {
    const real = resolvePath(lower, path);
    const file = lower.find(real);
    if (file === undefined || (file.mode & S_IFMT) !== S_IFREG) return "";
    return await collectText(lower.read(real), MAX_DATABASE_BYTES);
  };
  return { passwd: await read("etc/passwd"), group: await read("etc/group") };
}

const MAX_DATABASE_BYTES = 4 << 20;

function failure({ args }: PlannedRun, reason: string, cause?: unknown): EngineError {
  return new EngineError("internal", `process ${quote(args.join(" "))} did not complete successfully: ${reason}`, {
    cause,
  });
}

interface RunningRequest extends RunRequest {
  readonly id: string;
  /** Of its snapshot. */
  readonly key: string;
  readonly user: ResolvedUser;
}

/** A process that has ended. */
interface EndedRun {
  readonly code: number;
  /** Gives back what it had: its cgroup, mount and network. */
  readonly end: () => Promise<void>;
}

async function runProcess(ports: RunPorts, request: RunningRequest): Promise<EndedRun> {
  const { runtime, networks } = ports;
  await networks.ready();
  const connection = connect(ports, request);
  const { endpointId } = connection.endpoint;
  let task: Task;
  try {
    task = await startTask(ports, request, connection);
  } catch (error) {
    await runtime.run(networks.disconnect(endpointId));
    const failed = startFailure(error);
    if (failed === undefined) throw error;
    request.onOutput("stderr", encodeUtf8(`${failed.output}\n`));
    return { code: failed.exitCode, end: async () => undefined };
  }
  const end = (): Promise<void> => task.delete(networks.disconnect(endpointId));
  const kill = (): void => void task.kill(SIGKILL).catch(() => undefined);
  request.signal.addEventListener("abort", kill, { once: true });
  if (request.signal.aborted) kill();
  try {
    return { code: await follow(task, request), end };
  } catch (error) {
    await end();
    throw error;
  } finally {
    request.signal.removeEventListener("abort", kill);
  }
}

/** Reads a process's output to its end. */
async function follow(task: Task, { onOutput, signal }: RunningRequest): Promise<number> {
  const pumps = pumpOutput(task, (stream, bytes) => {
    onOutput(stream, bytes);
    return undefined;
  });
  const { code } = await task.exited;
  await pumps;
  if (code !== 0 && !signal.aborted && (await task.oomKilled().catch(() => false)))
    onOutput("stderr", encodeUtf8("[Warning] the kernel ended a process of this step for want of memory\n"));
  return code;
}

function connect({ networks }: RunPorts, { id, step }: RunningRequest): Connection {
  return networks.connect({
    containerId: id,
    containerName: id,
    network: networkOf(step),
    deviceIndex: 0,
    ports: [],
    isGateway: true,
  });
}

async function startTask(ports: RunPorts, request: RunningRequest, connection: Connection): Promise<Task> {
  const { snapshots, runtime } = ports;
  const { id, key, step, settings, mounts } = request;
  const rootfs = snapshots.mounts(key);
  const directory = rootfs.target.slice(0, rootfs.target.lastIndexOf("/"));
  const script: readonly RunFile[] =
    step.script === undefined
      ? []
      : [
          {
            path: `${directory}/script`,
            destination: joinDirectory("/dev/pipes", step.script.name),
            content: step.script.content,
            mode: 0o755,
          },
        ];
  const files = networkFilesOf(directory, settings);
  const scripts = script.map(({ path, destination }) => ({
    destination,
    type: "bind",
    source: path,
    options: ["rbind", "ro"],
  }));
  const spec = makeRunSpec({ ...request, rootfs, mounts: [...mounts.mounts, ...scripts], env: mounts.env }, files);
  return await runtime.start({
    id,
    spec,
    rootfs,
    files: [...files, ...script],
    networkOps: connection.ops,
    stdio: { mode: "pipes", stdin: false },
  });
}

const CREATE_FAILED = /^failed to create task for container: .*?: (unable to start container process: .*|.*)$/s;

/** A program that could not be started counts as one that failed: runc says why, in the step's output. */
function startFailure(error: unknown): { readonly exitCode: number; readonly output: string } | undefined {
  const reason = error instanceof EngineError ? CREATE_FAILED.exec(error.message)?.[1] : undefined;
  if (reason === undefined) return undefined;
  const text = reason
    .slice(Math.max(0, reason.indexOf("unable to start container process")))
    // That is dockerd's addition.
    .replace(/(: is a directory): permission denied$/, "$1");
  return { exitCode: 1, output: `runc run failed: ${text}` };
}
