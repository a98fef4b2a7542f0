/**
 * The worker that holds the engine and the emulator, so that the page never waits for either. The only file that imports the
 * engine at run time, and lazily: downloads of a boot start before the engine's own code has arrived.
 */
import "./data/polyfills.ts";
import { artifacts } from "virtual:drydock-artifacts";
import emulatorUrl from "v86/build/v86.wasm?url";
import type { Engine, EngineOptions } from "../engine/index.ts";
import { HttpAssetSource } from "./data/asset-source.ts";
import { BootLog } from "./data/boot-log.ts";
import { EngineCalls } from "./data/engine-calls.ts";
import { failureOf, isStorageFull, type FailureContext } from "./data/failure.ts";
import { MessageStreams } from "./data/message-streams.ts";
import { toWireError, type FromPage, type FromWorker, type StartOptions } from "./worker-api.ts";

type Storage = Awaited<EngineOptions["storage"]>;

/** What this worker needs of `engine/index.ts` (or of the fake one). */
export interface EngineModule {
  createEngine(options: EngineOptions): Promise<Engine>;
  openBrowserStorage(options: { readonly scope?: string }): Promise<Storage>;
  /** Keeps nothing beyond this worker: for browsers that refuse IndexedDB. */
  openMemoryStorage(): Storage;
  readonly EngineError: new (kind: "not-found" | "unavailable", message: string, options?: ErrorOptions) => Error;
}

const post = (message: FromWorker, transfer: Transferable[] = []): void => self.postMessage(message, { transfer });

const streams = new MessageStreams(post);
let calls: EngineCalls | undefined;

async function loadEngine(name: string | undefined): Promise<EngineModule> {
  if (__DRYDOCK_ENGINES__ !== "real" && name !== undefined)
    return (await import("./testing/fake-engine.ts")).fakeModule(name);
  if (__DRYDOCK_ENGINES__ === "fake") throw new Error("this build has the fake engine only: add ?engine=fake");
  return import("../engine/index.ts");
}

async function start(options: StartOptions): Promise<void> {
  const loading = loadEngine(options.engine);
  loading.catch(() => undefined);
  const assets = new HttpAssetSource({
    baseUrl: options.baseUrl,
    emulatorUrl: new URL(emulatorUrl, import.meta.url).href,
    artifacts,
    makeError: async (kind, message, cause) => new (await loading).EngineError(kind, message, { cause }),
  });
  const log = new BootLog((text) => post({ type: "console", text }));
  const context: FailureContext = { assetFailure: (error) => assets.failureOf(error), console: () => log.text };
  if (!options.engine) assets.prefetch(options);
  try {
    const module = await loading;
    const opening = openStorage(module, options);
    const engine = await module.createEngine({
      assets,
      storage: opening.then(({ storage }) => storage),
      coldBoot: options.coldBoot,
      ...(options.memoryBytes !== undefined && { memoryBytes: options.memoryBytes }),
      ...(options.workspace !== undefined && { workspace: options.workspace }),
      onProgress: (progress) => {
        if (!log.take(progress)) post({ type: "progress", progress });
      },
    });
    const { isLasting, storage } = await opening;
    assets.dropUnread();
    if (log.text === "") post({ type: "console", text: engine.console.text() });
    serve(engine);
    post({
      type: "ready",
      ready: {
        ...engine.boot,
        machine: `${storage.machine ?? 1}${options.scope === undefined ? "" : "s"}`,
        isStorageLasting: isLasting,
      },
    });
  } catch (error) {
    post({ type: "failed", failure: failureOf(error, context) });
  }
}

/** Stores that outlive the tab, or, where the browser refuses them, stores that do not. */
async function openStorage(
  module: EngineModule,
  { scope }: StartOptions,
): Promise<{ storage: Storage; isLasting: boolean }> {
  try {
    return { storage: await module.openBrowserStorage({ ...(scope !== undefined && { scope }) }), isLasting: true };
  } catch (error) {
    if (isStorageFull(error)) throw error;
    return { storage: module.openMemoryStorage(), isLasting: false };
  }
}

function serve(engine: Engine): void {
  engine.console.subscribe((text) => post({ type: "console", text }));
  calls = new EngineCalls(engine, streams);
  void engine.died.then((death) => {
    if (death.reason === "disposed") return;
    const failure = { kind: "guest-died", message: death.detail, console: engine.console.text() } as const;
    post({ type: "died", failure });
  });
}

self.addEventListener("message", (event: MessageEvent<FromPage>) => {
  const message = event.data;
  switch (message.type) {
    case "start":
      void start(message.options);
      return;
    case "call":
      void answer(message);
      return;
    case "abort":
      calls?.abort(message.id);
      return;
    default:
      streams.handle(message);
  }
});

async function answer(message: Extract<FromPage, { type: "call" }>): Promise<void> {
  try {
    if (message.name === "ping") return post({ type: "answer", id: message.id });
    if (!calls) throw new Error("the engine is not up yet");
    post({ type: "answer", id: message.id, value: await calls.run(message) });
  } catch (error) {
    post({ type: "answer", id: message.id, error: toWireError(error) });
  }
}
