import type { BootProgress, CommandRequest } from "../../engine/index.ts";
import {
  fromWireError,
  type CallName,
  type Calls,
  type Failure,
  type FromPage,
  type FromWorker,
  type Ready,
  type StartOptions,
  type StreamRef,
  type TerminalSize,
} from "../worker-api.ts";
import { MessageStreams } from "./message-streams.ts";

/** A shell in the guest, as the page sees it. */
export interface ClientTerminal {
  readonly output: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly exited: Promise<{ readonly code: number }>;
  resize(size: TerminalSize): void;
  close(): void;
}

/** A command that runs in the guest, as the page sees it. */
export interface ClientCommand {
  readonly output: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly exited: Promise<{ readonly code: number }>;
}

/** What happens to an engine, told to whoever shows it. */
export interface EngineListener {
  onProgress(progress: BootProgress): void;
  onConsole(text: string): void;
  onReady(ready: Ready): void;
  onFailed(failure: Failure): void;
}

/** How the Docker Engine API is reached, after `fetch`. */
export type DockerFetch = (path: string, init?: RequestInit) => Promise<Response>;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** An engine that hangs is ended without its consent. */
const STOP_PATIENCE_MS = 1_000;
const STREAM_TYPES = new Set(["chunk", "end", "error", "credit", "cancel"]);
/** Statuses whose responses have no body: `Response` insists. */
const BODILESS = new Set([204, 205, 304]);

/** The page's side of one engine worker. When the engine is lost, everything under way fails and the client stays dead. */
export class EngineClient {
  readonly #worker: Worker;
  #listener: EngineListener | undefined;
  /** Notices that came before anybody listened. */
  #early: ((listener: EngineListener) => void)[] = [];
  readonly #streams: MessageStreams;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #lost: Error | undefined;
  #machine = "1";

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#streams = new MessageStreams((message, transfer) => this.#post(message, transfer));
    worker.addEventListener("message", (event: MessageEvent<FromWorker>) => this.#receive(event.data));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#lose({ kind: "worker-lost", message: event.message || "the engine's worker could not be loaded" });
    });
    worker.addEventListener("messageerror", () => {
      this.#lose({ kind: "worker-lost", message: "a message of the engine's worker could not be read" });
    });
  }

  /** Tells `listener` what has happened so far and what happens from now on. */
  listen(listener: EngineListener): void {
    this.#listener = listener;
    for (const notify of this.#early.splice(0)) notify(listener);
  }

  start(options: StartOptions): void {
    this.#post({ type: "start", options });
  }

  /** Lets the engine give back what it holds, then ends the worker. Stores on disk stay. */
  async stop(): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, STOP_PATIENCE_MS));
    await Promise.race([this.#call("stop", undefined).catch(() => undefined), late]);
    this.terminate();
  }

  /** Ends the worker at once, engine and guest with it. */
  terminate(): void {
    this.#worker.terminate();
    this.#abandon(new Error("the engine was stopped"));
  }

  /** The Docker Engine API. */
  readonly fetch: DockerFetch = async (path, init = {}) => {
    const { signal } = init;
    signal?.throwIfAborted();
    const id = ++this.#lastId;
    const abort = (): void => this.#post({ type: "abort", id });
    signal?.addEventListener("abort", abort, { once: true });
    const body = await wireBody(init.body, this.#streams);
    const wire = await this.#call(
      "fetch",
      {
        method: init.method ?? "GET",
        path,
        headers: [...new Headers(init.headers)],
        ...(body !== undefined && { body }),
      },
      id,
    );
    const answer = wire.body ? this.#streams.receive(wire.body) : null;
    const headers = wire.headers.map(([name, value]): [string, string] => [name, value]);
    if (BODILESS.has(wire.status)) await answer?.cancel();
    return new Response(BODILESS.has(wire.status) ? null : answer, { status: wire.status, headers });
  };

  async openTerminal(size: TerminalSize, input: ReadableStream<Uint8Array>): Promise<ClientTerminal> {
    const opened = await this.#call("openTerminal", { ...size, input: this.#streams.send(input) });
    const output = this.#streams.receive(opened.output);
    const { terminal } = opened;
    return {
      output,
      exited: this.#call("waitTerminal", { terminal }),
      resize: (next) => void this.#call("resizeTerminal", { ...next, terminal }).catch(() => undefined),
      close: () => void this.#call("closeTerminal", { terminal }).catch(() => undefined),
    };
  }

  /** Runs a command line in a shell of its own, without a terminal. Aborting kills it and all it has started. */
  async runCommand(request: CommandRequest, options: { signal?: AbortSignal } = {}): Promise<ClientCommand> {
    options.signal?.throwIfAborted();
    const { command, output } = await this.#call("runCommand", request);
    const kill = (): void => void this.#call("killCommand", { command }).catch(() => undefined);
    options.signal?.addEventListener("abort", kill, { once: true });
    if (options.signal?.aborted) kill();
    const exited = this.#call("waitCommand", { command }).finally(() => {
      options.signal?.removeEventListener("abort", kill);
    });
    exited.catch(() => undefined);
    return { output: this.#streams.receive(output), exited };
  }

  /** What tells this engine's machine from those of other open tabs; known once it is ready. */
  get machine(): string {
    return this.#machine;
  }

  /** Lets whoever has the other end of `link` speak to a published port. Disposing ends that. */
  async openLink(port: number, link: MessagePort): Promise<Disposable> {
    const opened = await this.#call("openLink", { port, link }, ++this.#lastId, [link]);
    return { [Symbol.dispose]: () => void this.#call("closeLink", opened).catch(() => undefined) };
  }

  ping(): Promise<void> {
    return this.#call("ping", undefined);
  }

  readConsole(): Promise<string> {
    return this.#call("readConsole", undefined);
  }

  #call<N extends CallName>(
    name: N,
    argument: Calls[N]["argument"],
    id = ++this.#lastId,
    transfer: Transferable[] = [],
  ): Promise<Calls[N]["answer"]> {
    if (this.#lost) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post({ type: "call", id, name, argument } as FromPage, transfer);
    });
  }

  #post(message: FromPage, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #receive(message: FromWorker): void {
    if (isStream(message)) return this.#streams.handle(message);
    switch (message.type) {
      case "answer": {
        const waiting = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        if (message.error) waiting?.reject(fromWireError(message.error));
        else waiting?.resolve(message.value);
        return;
      }
      case "progress":
        return this.#notify((listener) => listener.onProgress(message.progress));
      case "console":
        return this.#notify((listener) => listener.onConsole(message.text));
      case "ready":
        this.#machine = message.ready.machine;
        return this.#notify((listener) => listener.onReady(message.ready));
      case "failed":
      case "died":
        return this.#lose(message.failure);
    }
  }

  #lose(failure: Failure): void {
    if (this.#lost) return;
    this.#abandon(new Error(failure.message));
    this.#notify((listener) => listener.onFailed(failure));
  }

  #notify(tell: (listener: EngineListener) => void): void {
    if (this.#listener) tell(this.#listener);
    else this.#early.push(tell);
  }

  #abandon(error: Error): void {
    this.#lost ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.#streams.fail(error);
  }
}

function isStream(message: FromWorker): message is Extract<FromWorker, { stream: number }> {
  return STREAM_TYPES.has(message.type);
}

async function wireBody(
  body: BodyInit | null | undefined,
  streams: MessageStreams,
): Promise<Uint8Array<ArrayBuffer> | StreamRef | undefined> {
  if (body === null || body === undefined) return undefined;
  if (body instanceof ReadableStream) return streams.send(body as ReadableStream<Uint8Array>);
  if (body instanceof Blob && body.size > 1 << 20) return streams.send(body.stream());
  return new Uint8Array(await new Response(body).arrayBuffer());
}
