import type { ContainerUpdate } from "./update-container.ts";
import type { ContainerStats, StatsOptions } from "./container-stats.ts";
import type { Container, ContainerConfig, HostConfig, EndpointRequest } from "./container.ts";

/** What `api/` asks of containers. Names and errors are Docker's. */
export interface ContainerService {
  /** `all`: also those that are not running. Newest first. */
  list(options: { all: boolean }): readonly Container[];
  /** By id, unique id prefix or name. @throws EngineError not-found `No such container: x` */
  get(reference: string): Container;
  /** Image must be here already (not-found otherwise: the client pulls). @throws conflict for a taken name. */
  create(request: CreateContainer): Promise<{ readonly container: Container; readonly warnings: readonly string[] }>;
  /** @throws not-modified when it runs; runc-worded EngineError when the process cannot start. */
  start(reference: string): Promise<void>;
  /** @throws not-modified when it does not run. */
  stop(reference: string, options?: { timeoutSeconds?: number; signal?: string }): Promise<void>;
  restart(reference: string, options?: { timeoutSeconds?: number; signal?: string }): Promise<void>;
  kill(reference: string, signal: string): Promise<void>;
  pause(reference: string): Promise<void>;
  unpause(reference: string): Promise<void>;
  rename(reference: string, name: string): Promise<void>;
  /** Changes limits and restart policy. Answers warnings. */
  update(reference: string, update: ContainerUpdate): Promise<readonly string[]>;
  remove(reference: string, options: { force: boolean; volumes: boolean }): Promise<void>;
  /** Resolves with the exit code. Registration happens before the first await, so a later start is never missed. */
  wait(
    reference: string,
    condition: WaitCondition,
    options?: { signal?: AbortSignal },
  ): Promise<{ readonly exitCode: number; readonly error?: string }>;
  resize(reference: string, rows: number, columns: number): Promise<void>;
  /** Puts it on a network, also while it runs. @throws EngineError in Docker's words */
  connectNetwork(reference: string, network: string, request: EndpointRequest): Promise<void>;
  /** `force`: a container that is not there is no error. */
  disconnectNetwork(reference: string, network: string, options: { force: boolean }): Promise<void>;
  /** `docker rm --link`: `web/db` ends the link of that name. */
  removeLink(reference: string): Promise<void>;
  /** Live streams of the task (before or after its start); `logs`: what was written before comes first. */
  attach(reference: string, options: AttachOptions): Promise<Attachment>;
  /** In batches, as they are at hand. @throws EngineError, at once: not-found, not-implemented for a driver that keeps nothing */
  logs(reference: string, options: LogOptions): AsyncIterable<readonly LogEntry[]>;
  /** What it uses, once or each second until it is removed. @throws EngineError not-found, at once */
  stats(reference: string, options: StatsOptions): AsyncIterable<ContainerStats>;
  createExec(reference: string, config: ExecConfig): Promise<string>;
  startExec(
    execId: string,
    options: { detach: boolean; tty: boolean; consoleSize?: readonly [rows: number, columns: number] },
  ): Promise<Attachment>;
  resizeExec(execId: string, rows: number, columns: number): Promise<void>;
  inspectExec(execId: string): ExecState;
  /** Ids of a container's execs that are made or run. */
  execIds(reference: string): readonly string[];
  /** Everything that happens, for `/events` and the page. */
  subscribe(listener: (event: EngineEvent) => void): Disposable;
}

export interface CreateContainer {
  readonly name?: string;
  readonly image: string;
  /** As the client wrote it; undefined: any that runs here. */
  readonly platform?: string;
  /** Only what the user set: image defaults are merged by the service. `entrypoint: []` clears the image's. */
  readonly config: Partial<ContainerConfig>;
  readonly host: Partial<HostConfig>;
  /** What `EndpointsConfig` asks for, by network name. */
  readonly networks?: Readonly<Record<string, EndpointRequest>>;
}

export type WaitCondition = "not-running" | "next-exit" | "removed";

export interface AttachOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly stream: boolean;
  readonly logs: boolean;
  /** For example `ctrl-p,ctrl-q` (the default); the sequence ends the attachment, not the process. */
  readonly detachKeys?: string;
}

/** One end of an attached process. With a tty all output is `stdout` and raw. */
export interface Attachment {
  readonly tty: boolean;
  readonly stdin: WritableStream<Uint8Array> | undefined;
  /** Chunks in the order they were written. Ends when the process has ended and its output is drained, or on detach. Cancel to detach. */
  readonly output: ReadableStream<OutputChunk>;
}

export interface OutputChunk {
  readonly stream: "stdout" | "stderr";
  readonly bytes: Uint8Array;
}

export interface LogOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly follow: boolean;
  /** Number of lines from the end; undefined: all. */
  readonly tail?: number;
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly until?: number;
  /** Also what the driver's options pick of labels and environment. */
  readonly details?: boolean;
  readonly signal?: AbortSignal;
}

export interface LogEntry extends OutputChunk {
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint;
  /** When asked for: `label=value,env=value`. */
  readonly details?: string;
}

export interface ExecConfig {
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  readonly tty: boolean;
  readonly attachStdin: boolean;
  readonly attachStdout: boolean;
  readonly attachStderr: boolean;
  readonly privileged: boolean;
  readonly detachKeys?: string;
  /** Of its terminal, unless the start says otherwise. */
  readonly consoleSize?: readonly [rows: number, columns: number];
}

export interface ExecState {
  readonly id: string;
  readonly containerId: string;
  readonly config: ExecConfig;
  readonly running: boolean;
  readonly exitCode: number | undefined;
  readonly pid: number;
  /** The bytes of `config.detachKeys`. */
  readonly detachKeyCodes?: readonly number[];
}

/** https://docs.docker.com/reference/cli/docker/system/events/ */
export interface EngineEvent {
  readonly type: "container" | "image" | "network" | "volume" | "daemon";
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint;
}
