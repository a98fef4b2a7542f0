import { EngineError } from "../base/errors.ts";
import { resolveUser } from "../runtime/user.ts";
import { attachContainer } from "./attach-container.ts";
import { type ContainerFiles, type ContainerLayers, containerLayers, withContainerFiles } from "./container-files.ts";
import { systemRandom } from "./container-id.ts";
import type {
  AttachOptions,
  Attachment,
  ContainerService,
  CreateContainer,
  EngineEvent,
  ExecConfig,
  ExecState,
  LogEntry,
  LogOptions,
  WaitCondition,
} from "./container-service.ts";
import { isActive, isRunning, transition } from "./container-state.ts";
import { type ContainerStats, containerStats, type StatsOptions } from "./container-stats.ts";
import { connectNetwork, disconnectNetwork, missingEndpoint } from "./connect-network.ts";
import { removeLink } from "./container-links.ts";
import { ContainerStore } from "./container-store.ts";
import type { WaitResult } from "./container-waits.ts";
import type { Container, ContainerState, EndpointRequest } from "./container.ts";
import { createContainer } from "./create-container.ts";
import { type ContainerPorts, type EngineContext, publish } from "./engine-context.ts";
import { EventBus } from "./event-bus.ts";
import { ExecProcesses } from "./exec-processes.ts";
import { stopMonitor } from "./health-monitor.ts";
import type { LiveContainer } from "./live-container.ts";
import { listProcesses } from "./top-container.ts";
import type { ProcessTable } from "./list-processes.ts";
import { DEFAULT_LOG } from "./merge-config.ts";
import { readLogs } from "./read-logs.ts";
import { cannotRemove, endForRemoval } from "./remove-container.ts";
import { renameContainer } from "./rename-container.ts";
import { restoreContainers } from "./restore-containers.ts";
import {
  endsContainer,
  killContainer,
  markStopped,
  refuseRestarting,
  requireRunning,
  stopRun,
  type StopOptions,
} from "./stop-container.ts";
import { StatsSampler } from "./stats-sampler.ts";
import { Supervisor } from "./supervisor.ts";
import { type ContainerUpdate, updateContainer } from "./update-container.ts";
import { UserDatabases } from "./user-databases.ts";
import { warmUp, type WarmUpOptions } from "./warm-up.ts";

/** Docker's containers. Each method is one verb of the API; what a verb does in detail is in the file of its name. */
export class Containers implements ContainerService, AsyncDisposable {
  readonly #context: EngineContext;
  readonly #store: ContainerStore;
  readonly #execs: ExecProcesses;
  readonly #users: UserDatabases;
  readonly #supervisor: Supervisor;
  readonly #sampler: StatsSampler;

  constructor(ports: ContainerPorts) {
    const report = (what: string, error: unknown): void =>
      ports.trace.add({
        name: `error.${what}`,
        startMs: ports.clock.monotonic(),
        durationMs: 0,
        detail: String(error),
      });
    this.#store = new ContainerStore(ports.records, (error) => report("records", error));
    this.#context = {
      random: systemRandom,
      nameServers: [],
      machineName: "drydock",
      cpus: 1,
      logConfig: DEFAULT_LOG,
      events: new EventBus(ports.clock),
      ...ports,
      store: this.#store,
      report,
    };
    this.#execs = new ExecProcesses(this.#context);
    this.#users = new UserDatabases(this.#context);
    const { runtime, clock, events } = this.#context;
    this.#sampler = new StatsSampler({ runtime, clock, timeNs: () => events.timeNs() });
    this.#supervisor = new Supervisor(this.#context, this.#users, this.#execs);
  }

  /** Takes over what an earlier engine left: call once, before anything else. */
  async restore(): Promise<void> {
    const toStart = await restoreContainers(this.#context);
    const { runtime, networks } = this.#context;
    // Behind, so that the first start finds them done. What fails here fails there too, and is told there.
    for (const work of [runtime.prepare(), networks.ready()])
      work?.catch((error: unknown) => this.#context.report("prepare", error));
    for (const container of toStart)
      void this.#supervisor.restart(container).catch((error: unknown) => this.#context.report("restore", error));
  }

  list({ all }: { all: boolean }): readonly Container[] {
    return this.#store
      .list()
      .filter(({ state }) => all || isActive(state))
      .map(({ record }) => record);
  }

  get(reference: string): Container {
    return this.#store.get(reference).record;
  }

  create(request: CreateContainer): Promise<{ readonly container: Container; readonly warnings: readonly string[] }> {
    return this.#context.trace.measure("container.create", () => createContainer(this.#context, request, this.#users));
  }

  async start(reference: string): Promise<void> {
    const container = this.#store.get(reference);
    await container.changes.run(async () => {
      const { status } = container.state;
      if (status === "paused")
        throw new EngineError("conflict", "cannot start a paused container, try unpause instead");
      // Between two attempts of its restart policy it counts as running.
      if (status === "running" || status === "restarting")
        throw new EngineError("not-modified", "container is already running");
      if (status === "removing" || status === "dead")
        throw new EngineError("conflict", "container is marked for removal and cannot be started");
      forgetAttempts(container);
      await this.#supervisor.begin(container);
    });
  }

  async stop(reference: string, options: StopOptions = {}): Promise<void> {
    const container = this.#store.get(reference);
    container.pendingRestart?.abort();
    await container.changes.run(async () => {
      if (!isActive(container.state)) throw new EngineError("not-modified", "container is already stopped");
      markStopped(this.#context, container);
      if (!isRunning(container.state)) return this.#supervisor.giveUpRestart(container);
      try {
        await stopRun(this.#context, container, options);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        throw new EngineError("internal", `cannot stop container: ${reference}: ${error.message}`, { cause: error });
      }
      publish(this.#context, container, "stop");
    });
  }

  async restart(reference: string, options: StopOptions = {}): Promise<void> {
    const container = this.#store.get(reference);
    await container.changes.run(async () => {
      container.pendingRestart?.abort();
      try {
        if (isRunning(container.state)) {
          markStopped(this.#context, container);
          await stopRun(this.#context, container, options);
          publish(this.#context, container, "stop");
        } else if (container.state.status === "restarting") this.#supervisor.giveUpRestart(container);
        forgetAttempts(container);
        await this.#supervisor.begin(container);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        const kind = error.message.startsWith("invalid signal: ") ? "internal" : error.kind;
        throw new EngineError(kind, `Cannot restart container ${reference}: ${error.message}`, { cause: error });
      }
      publish(this.#context, container, "restart");
    });
  }

  async kill(reference: string, signal: string): Promise<void> {
    const container = this.#store.get(reference);
    if (container.state.status !== "restarting") await killContainer(this.#context, container, reference, signal);
    else if (endsContainer(container, signal)) {
      // No process to send it to: the next attempt is called off.
      container.pendingRestart?.abort();
      markStopped(this.#context, container);
      this.#supervisor.giveUpRestart(container);
    }
  }

  async pause(reference: string): Promise<void> {
    const container = this.#store.get(reference);
    await container.changes.run(async () => {
      refuseRestarting(container);
      const task = requireRunning(container);
      if (container.state.status === "paused")
        throw new EngineError("conflict", `Container ${container.id} is already paused`);
      await task.pause();
      this.#change(container, "pause");
      stopMonitor(container);
    });
  }

  async unpause(reference: string): Promise<void> {
    const container = this.#store.get(reference);
    await container.changes.run(async () => {
      if (container.state.status !== "paused")
        throw new EngineError("internal", `Container ${container.id} is not paused`);
      await container.task?.resume();
      this.#change(container, "unpause");
      this.#supervisor.resumed(container);
    });
  }

  async rename(reference: string, name: string): Promise<void> {
    renameContainer(this.#context, this.#store.get(reference), name);
  }

  /** `docker update`. Answers warnings. */
  update(reference: string, update: ContainerUpdate): Promise<readonly string[]> {
    const container = this.#store.get(reference);
    return container.changes.run(() => updateContainer(this.#context, container, update));
  }

  /** `docker top` */
  async top(reference: string, psArguments: string): Promise<ProcessTable> {
    return listProcesses(this.#context, this.#store.get(reference), psArguments);
  }

  /** The container's files as directories of the machine, while `work` runs: for copies and exports. */
  async withFiles<T>(reference: string, work: (files: ContainerFiles) => Promise<T>): Promise<T> {
    return withContainerFiles(this.#context, this.#store.get(reference), work);
  }

  /** Where its own layer is, and what is below: for commits and comparisons. */
  async layers(reference: string): Promise<ContainerLayers> {
    return containerLayers(this.#context, this.#store.get(reference));
  }

  /** The user its processes run as. */
  async user(reference: string): Promise<{ readonly uid: number; readonly gid: number }> {
    const container = this.#store.get(reference);
    return resolveUser(container.record.config.user, await this.#users.of(container), []);
  }

  /** Tells the world what was done to a container from elsewhere. */
  announce(reference: string, action: string, attributes: Readonly<Record<string, string>> = {}): void {
    publish(this.#context, this.#store.get(reference), action, attributes);
  }

  async remove(reference: string, options: { force: boolean; volumes: boolean }): Promise<void> {
    const container = this.#store.get(reference);
    if (isActive(container.state)) {
      if (!options.force) throw cannotRemove(container);
      // At once: a stop that takes its time is not waited for.
      await this.#endForRemoval(container);
    }
    await container.changes.run(async () => {
      // A start or restart may have come between, and `--rm` may have been faster.
      if (isActive(container.state) && !options.force) throw cannotRemove(container);
      if (isActive(container.state)) await this.#endForRemoval(container);
      if (this.#store.has(container)) this.#supervisor.forget(container, options);
    });
    await container.cleanup;
  }

  wait(reference: string, condition: WaitCondition, options: { signal?: AbortSignal } = {}): Promise<WaitResult> {
    let container: LiveContainer;
    try {
      container = this.#store.get(reference);
    } catch (error) {
      return Promise.reject(error);
    }
    if (condition === "not-running" && !isActive(container.state)) return Promise.resolve(endOf(container.state));
    return container.waits.register(condition, options.signal);
  }

  async resize(reference: string, rows: number, columns: number): Promise<void> {
    const container = this.#store.get(reference);
    const task = requireRunning(container);
    // Without a terminal there is nothing to resize, and Docker does not mind.
    if (!container.record.config.tty) return;
    await task.resize(rows, columns);
    publish(this.#context, container, "resize", { height: String(rows), width: String(columns) });
  }

  async connectNetwork(reference: string, network: string, request: EndpointRequest): Promise<void> {
    const container = this.#store.get(reference);
    await container.changes.run(() => connectNetwork(this.#context, container, network, request));
  }

  async disconnectNetwork(reference: string, network: string, options: { force: boolean }): Promise<void> {
    let container: LiveContainer;
    try {
      container = this.#store.get(reference);
    } catch (error) {
      throw missingEndpoint(error, reference, options.force);
    }
    await container.changes.run(() => disconnectNetwork(this.#context, container, network));
  }

  async removeLink(reference: string): Promise<void> {
    removeLink(this.#context, reference);
  }

  async attach(reference: string, options: AttachOptions): Promise<Attachment> {
    return attachContainer(this.#context, this.#store.get(reference), { ...options, reference });
  }

  logs(reference: string, options: LogOptions): AsyncIterable<readonly LogEntry[]> {
    return readLogs(this.#context.clock, this.#store.get(reference), options);
  }

  stats(reference: string, options: StatsOptions): AsyncIterable<ContainerStats> {
    return containerStats(this.#sampler, this.#store.get(reference), options);
  }

  async createExec(reference: string, config: ExecConfig): Promise<string> {
    return this.#execs.create(this.#store.get(reference), config);
  }

  startExec(
    execId: string,
    options: { detach: boolean; tty: boolean; consoleSize?: readonly [rows: number, columns: number] },
  ): Promise<Attachment> {
    return this.#execs.start(execId, options);
  }

  resizeExec(execId: string, rows: number, columns: number): Promise<void> {
    return this.#execs.resize(execId, rows, columns);
  }

  inspectExec(execId: string): ExecState {
    return this.#execs.inspect(execId);
  }

  /** Lets the emulator compile what starting a container takes, before anybody starts one. Never fails. */
  warmUp(options: WarmUpOptions): Promise<void> {
    return warmUp(this.#context, options).catch((error: unknown) => this.#context.report("warm-up", error));
  }

  /** Ids of the execs that are made or run, for `docker inspect`. */
  execIds(reference: string): readonly string[] {
    return [...this.#store.get(reference).execIds];
  }

  subscribe(listener: (event: EngineEvent) => void): Disposable {
    return this.#context.events.subscribe(listener);
  }

  /** Everything written; nothing is started again. The containers are left to the guest. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#supervisor.close();
    for (const container of this.#store.list()) container.logs.flush();
    await this.#store.flush();
  }

  #change(container: LiveContainer, name: "pause" | "unpause"): void {
    container.record.state = transition(container.state, name);
    this.#store.save(container);
    publish(this.#context, container, name);
  }

  async #endForRemoval(container: LiveContainer): Promise<void> {
    container.pendingRestart?.abort();
    if (container.state.status === "restarting") this.#supervisor.giveUpRestart(container);
    else await endForRemoval(this.#context, container);
  }
}

/** The user has started it: its restart policy begins anew. */
function forgetAttempts(container: LiveContainer): void {
  container.record.stoppedByUser = false;
  container.record.restartCount = 0;
  container.restarts.reset();
}

/** How it ended, and why it could not even begin. */
function endOf({ exitCode, error }: ContainerState): WaitResult {
  return { exitCode, ...(error !== "" && { error }) };
}
