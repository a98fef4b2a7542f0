import type { ByteStream } from "../base/streams.ts";
import type { Op } from "../guest/ops.ts";
import type { MountSources } from "./mount-sources.ts";
import type { RuntimeStats } from "./task-stats.ts";
import type { RuntimeSpec, SpecDevice, SpecProcess, SpecResources } from "../oci/runtime-spec.ts";

/** Makes tasks: running containers (after containerd's `core/runtime`). */
export interface Runtime {
  readonly sources: MountSources;
  /** Makes what all containers need. Starts do it themselves when nobody did: earlier is faster. */
  prepare(): Promise<void>;
  /**
   * Starts a container's process; resolves when its program runs.
   * @throws EngineError in runc's words; `startExitCode` of `runc-errors.ts` tells the exit code Docker gives it
   */
  start(request: TaskRequest): Promise<Task>;
  /** Contents of a root's user database, before it is mounted: the first layer (top first) that has the file wins. */
  readUserDatabase(layers: readonly string[]): Promise<UserDatabase>;
  /** Makes missing directories of the machine, as `docker run -v /missing:/x` does. */
  ensureDirectories(paths: readonly string[]): Promise<void>;
  /** Shows a root that no task uses, at its `target`, while `work` runs. */
  withRootfs<T>(rootfs: Rootfs, work: (path: string) => Promise<T>): Promise<T>;
  /** Counters of tasks and of the machine at one moment, by one question. A task that is gone is missing. */
  stats(tasks: readonly Task[]): Promise<RuntimeStats>;
  /**
   * The device node at a path of the machine, symlinks followed, or all those below a directory; empty when it is neither.
   * @throws EngineError not-found `no such file or directory`
   */
  deviceNodes(path: string): Promise<readonly DeviceNode[]>;
  /** Runs operations that belong to no task, for example those that a network's removal asks for. */
  run(ops: readonly HostOp[]): Promise<void>;
}

/** What other layers carry from `network/` to here without looking inside. */
export type HostOp = Op;

export interface TaskRequest {
  readonly id: string;
  readonly spec: RuntimeSpec;
  readonly rootfs: Rootfs;
  /** Written on the machine before the container's mounts are made. */
  readonly files: readonly HostFile[];
  /** Run on the machine once the process exists and its namespaces are known: network devices, port rules. */
  readonly networkOps: readonly HostOp[];
  readonly stdio: TaskStdio;
  /** A tmpfs of the machine that lives as long as the task, to be bound into it and into others: `/dev/shm` that can be shared. */
  readonly shm?: { readonly path: string; readonly options: readonly string[] };
}

/** A device of the machine: what makes another node of it. */
export type DeviceNode = Required<SpecDevice>;

/** The overlay that becomes the container's root (`Snapshotter.mounts`). */
export interface Rootfs {
  readonly target: string;
  readonly upper: string;
  readonly data: string;
}

export interface HostFile {
  readonly path: string;
  readonly content: string;
  readonly mode?: number;
}

export type TaskStdio =
  | { readonly mode: "pipes"; readonly stdin: boolean }
  | { readonly mode: "pty"; readonly rows: number; readonly columns: number };

/** A process in a container: its first one, or one of `docker exec`. */
export interface ContainerProcess {
  /** In the machine's own pid namespace. */
  readonly pid: number;
  readonly stdin: WritableStream<Uint8Array> | undefined;
  /** With a pty: all output. Must be read or cancelled. */
  readonly stdout: ByteStream | undefined;
  readonly stderr: ByteStream | undefined;
  readonly exited: Promise<ProcessExit>;
  kill(signal: number): Promise<void>;
  resize(rows: number, columns: number): Promise<void>;
}

export interface ProcessExit {
  /** 128 + signal for a death by signal. */
  readonly code: number;
  readonly signal: number | undefined;
}

export interface Task extends ContainerProcess {
  readonly id: string;
  exec(request: ExecRequest): Promise<ContainerProcess>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  update(resources: SpecResources): Promise<void>;
  /** Did the kernel kill a process of this container for want of memory? Known until {@link delete}. */
  oomKilled(): Promise<boolean>;
  /** Its processes, in the machine's numbers. */
  processes(): Promise<readonly ProcessInfo[]>;
  /** The container's `/etc/passwd` and `/etc/group` as they are now. */
  readUserDatabase(): Promise<UserDatabase>;
  /** Takes away what an ended task left: cgroup, overlay mount, and what `networkOps` ask for. Never throws for what is gone already. */
  delete(networkOps: readonly HostOp[]): Promise<void>;
}

/** What `ps` tells of a process. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parentPid: number;
  readonly uid: number;
  /** Short name. */
  readonly name: string;
  readonly state: string;
  readonly command: string;
  /** `pts/0`, `?` */
  readonly terminal: string;
  /** Milliseconds of CPU time so far. */
  readonly cpuMs: number;
  /** Milliseconds since the machine came up. */
  readonly startedMs: number;
  readonly virtualBytes: number;
  readonly residentBytes: number;
}

export interface ExecRequest {
  readonly process: SpecProcess;
  readonly stdio: TaskStdio;
}

export interface UserDatabase {
  /** Text of `/etc/passwd`; empty when there is none. */
  readonly passwd: string;
  readonly group: string;
}
