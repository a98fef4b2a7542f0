import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { BootProgress, BootStep } from "../../engine/index.ts";
import type { DockerFetch, EngineClient, EngineListener } from "../data/engine-client.ts";
import type { Failure, Ready } from "../worker-api.ts";

/** The page keeps this much of the kernel's console. */
const CONSOLE_LIMIT = 256 << 10;
const PING_EVERY_MS = 5_000;
const PING_PATIENCE_MS = 15_000;

export type EnginePhase = "booting" | "ready" | "failed";

/** What other controllers want to know of the engine. */
export interface EngineObserver {
  /** A new engine is up. */
  engineReady?(client: EngineClient): void;
  /** The engine is gone; its shells too. */
  engineLost?(): void;
  /** The kernel's console, while booting and later. */
  engineConsole?(text: string): void;
}

/** The life of the machine behind the page: boot, ready, failed, restarted. */
export class EngineController implements ReactiveController, EngineListener {
  phase: EnginePhase = "booting";
  /** The latest word on each step, in the order in which they came. */
  progress: ReadonlyMap<BootStep, BootProgress> = new Map();
  readyInfo: Ready | undefined;
  kernelRelease: string | undefined;
  failure: Failure | undefined;
  consoleText = "";
  /** False when the worker has not answered for long while the page was visible. */
  isAnswering = true;

  readonly #host: ReactiveControllerHost;
  readonly #observers: readonly EngineObserver[];
  readonly #create: (options: { coldBoot: boolean }) => EngineClient;
  #client: EngineClient | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    host: ReactiveControllerHost,
    options: { create: (options: { coldBoot: boolean }) => EngineClient; observers: readonly EngineObserver[] },
  ) {
    this.#host = host;
    this.#create = options.create;
    this.#observers = options.observers;
    host.addController(this);
  }

  hostConnected(): void {
    this.#timer = setInterval(() => void this.#watch(), PING_EVERY_MS);
  }

  hostDisconnected(): void {
    clearInterval(this.#timer);
  }

  get client(): EngineClient | undefined {
    return this.#client;
  }

  /** The Docker Engine API; rejects while there is no engine. */
  readonly fetch: DockerFetch = (path, init) => {
    if (this.phase !== "ready" || !this.#client) return Promise.reject(new Error("the machine is not up"));
    return this.#client.fetch(path, init);
  };

  /** Takes an engine that is booting. */
  adopt(client: EngineClient): void {
    this.#client = client;
    client.listen(this);
  }

  /** A failure before there was an engine. */
  refuse(failure: Failure): void {
    this.onFailed(failure);
  }

  /** A new worker on the same stores. */
  async restart(options: { coldBoot: boolean } = { coldBoot: false }): Promise<void> {
    const old = this.#client;
    this.#client = undefined;
    if (this.phase === "ready") for (const observer of this.#observers) observer.engineLost?.();
    this.phase = "booting";
    this.progress = new Map();
    this.readyInfo = undefined;
    this.failure = undefined;
    this.consoleText = "";
    this.isAnswering = true;
    this.#host.requestUpdate();
    await old?.stop();
    this.adopt(this.#create(options));
  }

  /** Ends the machine for good, so that its stores can be erased. */
  async stop(): Promise<void> {
    await this.#client?.stop();
    this.#client = undefined;
  }

  onProgress(progress: BootProgress): void {
    this.progress = new Map(this.progress).set(progress.step, progress);
    this.#host.requestUpdate();
  }

  onConsole(text: string): void {
    this.consoleText = (this.consoleText + text).slice(-CONSOLE_LIMIT);
    for (const observer of this.#observers) observer.engineConsole?.(text);
  }

  onReady(ready: Ready): void {
    this.phase = "ready";
    this.readyInfo = ready;
    performance.mark("drydock:engine-ready");
    const client = this.#client;
    if (client) for (const observer of this.#observers) observer.engineReady?.(client);
    void this.#readRelease();
    this.#host.requestUpdate();
  }

  onFailed(failure: Failure): void {
    const wasReady = this.phase === "ready";
    this.phase = "failed";
    this.failure = failure;
    void this.#client?.stop();
    if (wasReady) for (const observer of this.#observers) observer.engineLost?.();
    this.#host.requestUpdate();
  }

  async #readRelease(): Promise<void> {
    const response = await this.fetch("/version").catch(() => undefined);
    const version = (await response?.json().catch(() => undefined)) as { KernelVersion?: unknown } | undefined;
    if (typeof version?.KernelVersion === "string") this.kernelRelease = version.KernelVersion;
    this.#host.requestUpdate();
  }

  async #watch(): Promise<void> {
    const client = this.#client;
    if (this.phase !== "ready" || !client || document.hidden) return;
    const answered = client.ping().then(
      () => true,
      () => true,
    );
    const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), PING_PATIENCE_MS));
    const isAnswering = await Promise.race([answered, late]);
    if (client !== this.#client || isAnswering === this.isAnswering) return;
    this.isAnswering = isAnswering;
    this.#host.requestUpdate();
  }
}
