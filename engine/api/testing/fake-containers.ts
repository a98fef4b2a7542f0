import { EngineError } from "../../base/errors.ts";
import { Queue } from "../../base/queue.ts";
import type { ContainerUpdate } from "../../containers/update-container.ts";
import type { ContainerStats } from "../../containers/container-stats.ts";
import type { Container } from "../../containers/container.ts";
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
  OutputChunk,
  WaitCondition,
} from "../../containers/container-service.ts";
import { EventBus } from "../../containers/event-bus.ts";
import type { ImageService } from "../../images/image-service.ts";
import { type Deferred, deferred } from "../../base/deferred.ts";
import type { FakeClock } from "./fake-clock.ts";
import { FakeExecs } from "./fake-execs.ts";
import { attachmentOf, FakeProcess, findProgram } from "./fake-process.ts";
import { fakeEndpoints, fakeId, fakeRecord, isRunning, nameConflict } from "./fake-records.ts";

const RUNC_CREATE =
  "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ";

interface Entry {
  container: Container;
  process?: FakeProcess;
  /** Attached before the start. */
  waiting: Queue<OutputChunk>[];
  logs: LogEntry[];
  started: Deferred<FakeProcess>;
  ended: Deferred<number>;
  removed: Deferred<void>;
}

/** Containers in memory, whose processes are a handful of programs (`FAKE_PROGRAMS`). Errors are Docker's. */
export class FakeContainers implements ContainerService {
  readonly #images: ImageService;
  readonly #clock: FakeClock;
  readonly #entries = new Map<string, Entry>();
  readonly #execs = new FakeExecs();
  readonly #events: EventBus;
  #count = 0;
  /** Every connect and disconnect that was asked for. */
  readonly networkCalls: (readonly [verb: string, reference: string, network: string])[] = [];
  /** Every resize that was asked for, newest last. */
  readonly resizes: (readonly [id: string, rows: number, columns: number])[] = [];

  constructor(images: ImageService, clock: FakeClock, events = new EventBus(clock)) {
    this.#images = images;
    this.#clock = clock;
    this.#events = events;
  }

  list({ all }: { all: boolean }): readonly Container[] {
    const containers = [...this.#entries.values()].map(({ container }) => container).toReversed();
    return all ? containers : containers.filter(({ state }) => state.status === "running" || state.status === "paused");
  }

  get(reference: string): Container {
    return this.#entry(reference).container;
  }

  async connectNetwork(reference: string, network: string): Promise<void> {
    this.#entry(reference);
    this.networkCalls.push(["connect", reference, network]);
  }

  async disconnectNetwork(reference: string, network: string): Promise<void> {
    this.#entry(reference);
    this.networkCalls.push(["disconnect", reference, network]);
  }

  async removeLink(reference: string): Promise<void> {
    this.#entry(reference);
  }

  async create(request: CreateContainer): Promise<{ container: Container; warnings: readonly string[] }> {
    const image = await this.#images.resolve(request.image);
    const taken = this.list({ all: true }).find((other) => other.name === request.name);
    if (taken) throw new EngineError("conflict", nameConflict(taken));
    this.#count += 1;
    const container = fakeRecord(request, image, { count: this.#count, createdAt: this.#time() });
    this.#entries.set(container.id, { container, waiting: [], logs: [], ...freshPromises(), removed: deferred() });
    this.#emit(container, "create");
    return { container, warnings: [] };
  }

  async start(reference: string): Promise<void> {
    const entry = this.#entry(reference);
    const { container } = entry;
    if (container.state.status === "running") throw new EngineError("not-modified", "container already running");
    const argv = [...container.config.entrypoint, ...container.config.cmd];
    let program;
    try {
      program = findProgram(argv[0] ?? "", RUNC_CREATE);
    } catch (error) {
      const exitCode = (error as Error).message.includes("not found") ? 127 : 126;
      container.state = { ...container.state, exitCode, error: (error as Error).message };
      entry.ended.resolve(exitCode);
      if (container.host.autoRemove) this.#forget(entry);
      throw error;
    }
    container.endpoints = fakeEndpoints(container);
    container.state = {
      ...container.state,
      status: "running",
      pid: 1000 + this.#count,
      exitCode: 0,
      startedAt: this.#time(),
    };
    const log = new Queue<OutputChunk>();
    const { env, workingDir, user, tty } = container.config;
    const process = new FakeProcess(program, { argv, env, workingDir, user, tty }, [...entry.waiting, log]);
    entry.process = process;
    entry.waiting = [];
    entry.started.resolve(process);
    void this.#record(entry, log);
    this.#emit(container, "start");
    void process.exited.then((exitCode) => this.#exited(entry, exitCode));
  }

  async stop(reference: string): Promise<void> {
    const entry = this.#entry(reference);
    if (!isRunning(entry.container)) throw new EngineError("not-modified", "container is already stopped");
    entry.process?.signal("TERM");
    await entry.ended.promise;
  }

  async restart(reference: string): Promise<void> {
    const entry = this.#entry(reference);
    if (isRunning(entry.container)) await this.stop(reference);
    await this.start(reference);
  }

  async kill(reference: string, signal: string): Promise<void> {
    const entry = this.#entry(reference);
    if (!isRunning(entry.container)) {
      throw new EngineError(
        "conflict",
        `cannot kill container: ${reference}: container ${entry.container.id} is not running`,
      );
    }
    entry.process?.signal(signal);
    this.#emit(entry.container, "kill", { signal });
  }

  async pause(reference: string): Promise<void> {
    const { container } = this.#running(reference);
    container.state = { ...container.state, status: "paused" };
  }

  async unpause(reference: string): Promise<void> {
    const { container } = this.#entry(reference);
    if (container.state.status !== "paused")
      throw new EngineError("conflict", `Container ${container.id} is not paused`);
    container.state = { ...container.state, status: "running" };
  }

  async rename(reference: string, name: string): Promise<void> {
    const { container } = this.#entry(reference);
    const taken = this.list({ all: true }).find((other) => other.name === name);
    if (taken) throw new EngineError("conflict", nameConflict(taken));
    container.name = name;
  }

  async update(reference: string, { restartPolicy }: ContainerUpdate): Promise<readonly string[]> {
    const entry = this.#entry(reference);
    const { container } = entry;
    const host = { ...container.host, ...(restartPolicy && { restartPolicy }) };
    entry.container = { ...container, host };
    return [];
  }

  async remove(reference: string, { force }: { force: boolean }): Promise<void> {
    const entry = this.#entry(reference);
    if (isRunning(entry.container)) {
      if (!force) {
        const reason = "container is running: stop the container before removing or force remove";
        throw new EngineError("conflict", `cannot remove container "${reference}": ${reason}`);
      }
      entry.process?.signal("KILL");
      await entry.ended.promise;
    }
    this.#forget(entry);
  }

  async wait(
    reference: string,
    condition: WaitCondition,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<{ exitCode: number }> {
    const entry = this.#entry(reference);
    if (condition === "not-running" && !isRunning(entry.container)) return { exitCode: entry.container.state.exitCode };
    const aborted = new Promise<never>((_, reject) =>
      signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
    );
    const exitCode = await Promise.race([entry.ended.promise, aborted]);
    if (condition === "removed") await Promise.race([entry.removed.promise, aborted]);
    return { exitCode };
  }

  async resize(reference: string, rows: number, columns: number): Promise<void> {
    const { process, container } = this.#running(reference);
    if (process) process.size = [rows, columns];
    this.resizes.push([container.id, rows, columns]);
  }

  async attach(reference: string, options: AttachOptions): Promise<Attachment> {
    const entry = this.#entry(reference);
    const { container } = entry;
    if (container.state.status === "paused")
      throw new EngineError("conflict", `container ${container.id} is paused, unpause the container before attach`);
    const output = new Queue<OutputChunk>();
    if (entry.process && isRunning(container)) entry.process.read(output);
    else {
      entry.waiting.push(output);
      void entry.ended.promise.then(() => output.close());
    }
    const wantsInput = options.stdin && container.config.openStdin;
    return attachmentOf(
      container.config.tty,
      output,
      wantsInput ? () => entry.process ?? entry.started.promise : undefined,
    );
  }

  async *logs(reference: string, options: LogOptions): AsyncGenerator<readonly LogEntry[], void, undefined> {
    const entry = this.#entry(reference);
    const wanted = (line: LogEntry): boolean =>
      options[line.stream] && Number(line.timeNs) / 1e6 >= (options.since ?? 0);
    const past = entry.logs.filter(wanted);
    yield options.tail === undefined ? past : past.slice(Math.max(0, past.length - options.tail));
    if (!options.follow || !isRunning(entry.container) || entry.process === undefined) return;
    const output = new Queue<OutputChunk>();
    entry.process.read(output);
    options.signal?.addEventListener("abort", () => output.close(), { once: true });
    for await (const chunk of output) if (options[chunk.stream]) yield [{ ...chunk, timeNs: this.#timeNs() }];
  }

  async *stats(reference: string): AsyncGenerator<ContainerStats, void, undefined> {
    const { id, name } = this.#entry(reference).container;
    yield { id, name: `/${name}`, sample: undefined, previous: undefined };
  }

  async createExec(reference: string, config: ExecConfig): Promise<string> {
    const { container } = this.#running(reference);
    if (container.state.status === "paused")
      throw new EngineError("conflict", `Container ${reference} is paused, unpause the container before exec`);
    this.#count += 1;
    const id = fakeId(this.#count);
    this.#execs.create(id, container.id, config);
    return id;
  }

  async startExec(id: string, options: { consoleSize?: readonly [number, number] }): Promise<Attachment> {
    return this.#execs.start(id, options);
  }

  async resizeExec(id: string, rows: number, columns: number): Promise<void> {
    this.#execs.resize(id, [rows, columns]);
    this.resizes.push([id, rows, columns]);
  }

  inspectExec(id: string): ExecState {
    return this.#execs.inspect(id);
  }

  execIds(): readonly string[] {
    return [];
  }

  subscribe(listener: (event: EngineEvent) => void): Disposable {
    return this.#events.subscribe(listener);
  }

  async #record(entry: Entry, log: Queue<OutputChunk>): Promise<void> {
    for await (const chunk of log) entry.logs.push({ ...chunk, timeNs: this.#timeNs() });
  }

  #exited(entry: Entry, exitCode: number): void {
    const { container } = entry;
    container.state = { ...container.state, status: "exited", pid: 0, exitCode, finishedAt: this.#time() };
    this.#emit(container, "die", { exitCode: String(exitCode) });
    entry.ended.resolve(exitCode);
    Object.assign(entry, freshPromises());
    if (container.host.autoRemove) this.#forget(entry);
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.container.id);
    entry.removed.resolve();
    this.#emit(entry.container, "destroy");
  }

  #entry(reference: string): Entry {
    const exact = [...this.#entries.values()].find(
      ({ container }) => container.id === reference || container.name === reference.replace(/^\//, ""),
    );
    const byPrefix = [...this.#entries.values()].filter(({ container }) => container.id.startsWith(reference));
    const entry = exact ?? (byPrefix.length === 1 ? byPrefix[0] : undefined);
    if (entry === undefined) throw new EngineError("not-found", `No such container: ${reference}`);
    return entry;
  }

  #running(reference: string): Entry {
    const entry = this.#entry(reference);
    if (!isRunning(entry.container))
      throw new EngineError("conflict", `container ${entry.container.id} is not running`);
    return entry;
  }

  #emit(container: Container, action: string, more: Readonly<Record<string, string>> = {}): void {
    const attributes = { ...container.config.labels, ...more, image: container.image.reference, name: container.name };
    this.#events.publish({ type: "container", action, id: container.id, attributes });
  }

  #time(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  #timeNs(): bigint {
    return BigInt(Math.round(this.#clock.now())) * 1_000_000n;
  }
}

function freshPromises(): Pick<Entry, "started" | "ended"> {
  return { started: deferred<FakeProcess>(), ended: deferred<number>() };
}
