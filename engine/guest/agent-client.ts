import { EngineError } from "../base/errors.ts";
import { chunksOf, type ByteStream } from "../base/streams.ts";
import type { AgentStream } from "./agent-stream.ts";
import { ProtocolError } from "./codec.ts";
import { deferred } from "../base/deferred.ts";
import { ERRNO } from "./errno.ts";
import {
  decodeExit,
  decodeLog,
  decodeOpen,
  decodeReady,
  EVENT,
  GUEST_STREAM_BIT,
  type LogEvent,
  type ReadyEvent,
} from "./events.ts";
import { FRAME, type Frame } from "./frames.ts";
import type {
  ConnectTarget,
  ConnectionPeer,
  Duplex,
  Guest,
  GuestConsole,
  GuestDeath,
  GuestListener,
  GuestProcess,
  StartSpec,
} from "./guest.ts";
import { Link, type LinkPort } from "./link.ts";
import { O_REPLACE } from "./op-codec.ts";
import type { Op } from "./ops.ts";
import { ProcessTable } from "./processes.ts";
import { PROTOCOL_VERSION } from "./protocol.ts";
import { RequestTable } from "./requests.ts";
import { StreamTable } from "./streams.ts";

/** Where the counters of both ends stand; what a snapshot keeps of a link that is idle. */
export interface LinkState {
  readonly kernelRelease: string;
  readonly bytesSent: number;
  readonly nextRequestId: number;
  readonly nextStreamId: number;
  /** A shell that waits at its prompt, for the first who wants one. Nothing was written to it yet. */
  readonly parked?: { readonly pid: number; readonly stream: number; readonly screen: string };
}

/** A process on a pty that waits in a snapshot, and what its screen shows so far. */
export interface ParkedShell {
  readonly process: GuestProcess;
  readonly screen: string;
}

/** What an {@link AgentClient} is made of. */
export interface AgentClientOptions {
  readonly port: LinkPort;
  readonly console: GuestConsole;
  /** Of a snapshot: the agent is running already and will not say READY. */
  readonly resume?: LinkState;
  readonly onLog?: (event: LogEvent) => void;
  /** Called once, when the guest is to be torn down: disposed, or dead. */
  readonly onDeath?: (death: GuestDeath) => Promise<void> | void;
}

type Accept = (connection: Duplex, peer: ConnectionPeer) => void;

/** The {@link Guest} that talks to an agent over a link. Whoever owns the emulator reports its death with `die`. */
export class AgentClient implements Guest {
  readonly console: GuestConsole;
  readonly died: Promise<GuestDeath>;
  /** Resolves when the agent is up; rejects when the guest dies before. */
  readonly ready: Promise<void>;

  readonly #options: AgentClientOptions;
  readonly #link: Link;
  readonly #requests: RequestTable;
  readonly #streams: StreamTable;
  readonly #processes: ProcessTable;
  readonly #listeners = new Map<number, Accept>();
  /** The agent's own ids have the bit clear. */
  #nextListener = GUEST_STREAM_BIT;
  readonly #ready = deferred<void>();
  readonly #death = deferred<GuestDeath>();
  #dead: Promise<void> | undefined;
  #kernelRelease = "";
  #parked: ParkedShell | undefined;

  constructor(options: AgentClientOptions) {
    const { resume } = options;
    this.#options = options;
    this.console = options.console;
    this.died = this.#death.promise;
    this.ready = this.#ready.promise;
    this.ready.catch(() => undefined);
    this.#link = new Link(
      options.port,
      {
        onFrame: (frame) => this.#handle(frame),
        onFailure: (error) => void this.die({ reason: "link", detail: error.message }),
      },
      { bytesSent: resume?.bytesSent },
    );
    this.#requests = new RequestTable((frame) => this.#link.send(frame), { nextId: resume?.nextRequestId });
    this.#streams = new StreamTable(this.#link, { nextId: resume?.nextStreamId });
    this.#processes = new ProcessTable(this.#requests, this.#streams);
    if (resume !== undefined) {
      this.#kernelRelease = resume.kernelRelease;
      const { parked } = resume;
      if (parked) this.#parked = { process: this.#processes.adopt(parked.pid, parked.stream), screen: parked.screen };
      this.#ready.resolve();
    }
  }

  get kernelRelease(): string {
    return this.#kernelRelease;
  }

  /** Nothing is under way on the link: no request, no stream, nothing unread on either side. */
  get idle(): boolean {
    return this.#link.idle && this.#requests.pending === 0;
  }

  /** Things that a guest holds for the engine: streams that are open, processes that run. */
  get openHandles(): { streams: number; processes: number } {
    return { streams: this.#streams.size, processes: this.#processes.size };
  }

  /** The shell that came with the snapshot: once, undefined afterwards. */
  takeParkedShell(): ParkedShell | undefined {
    const parked = this.#parked;
    this.#parked = undefined;
    return parked;
  }

  /** For a snapshot; meaningful only when {@link idle}. */
  linkState(parked?: ParkedShell): LinkState {
    return {
      ...(parked && {
        parked: {
          pid: parked.process.pid,
          stream: this.#processes.terminalOf(parked.process),
          screen: parked.screen,
        },
      }),
      kernelRelease: this.#kernelRelease,
      bytesSent: this.#link.bytesSent,
      nextRequestId: this.#requests.nextId,
      nextStreamId: this.#streams.nextId,
    };
  }

  async run(ops: readonly Op[]): Promise<Uint8Array[]> {
    return this.#requests.call("ops", { ops });
  }

  async start(spec: StartSpec): Promise<GuestProcess> {
    return this.#processes.start(spec);
  }

  async kill(pid: number, signal: number): Promise<void> {
    await this.#requests.call("kill", { pid, signal });
  }

  async connect(target: ConnectTarget, options: { signal?: AbortSignal } = {}): Promise<Duplex> {
    const { signal } = options;
    signal?.throwIfAborted();
    const stream = this.#streams.create();
    const connected = this.#onStream(stream, this.#requests.call("connect", { stream: stream.id, target }));
    const cancelled = deferred<never>();
    const abort = (): void => {
      stream.reset(ERRNO.ECANCELED);
      cancelled.reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([connected, cancelled.promise]);
      return stream;
    } finally {
      signal?.removeEventListener("abort", abort);
      // When it was cancelled, nobody else hears what became of it.
      connected.catch(() => undefined);
    }
  }

  async listen(path: string, options: { mode: number }, accept: Accept): Promise<void> {
    await this.#requests.call("listen", { path, mode: options.mode }, (listener) =>
      this.#listeners.set(listener, accept),
    );
  }

  reserveListener(accept: (connection: Duplex) => void): GuestListener {
    const id = this.#nextListener++;
    this.#listeners.set(id, accept);
    return { id, [Symbol.dispose]: () => void this.#listeners.delete(id) };
  }

  async readFile(
    path: string,
    options: { root?: string; offset?: number; length?: number } = {},
  ): Promise<{ size: number; body: ByteStream }> {
    const { root = "", offset = 0, length = 0 } = options;
    const stream = this.#streams.create({ writable: false });
    const size = await this.#onStream(
      stream,
      this.#requests.call("fileRead", { stream: stream.id, root, path, offset, length }),
    );
    return { size, body: stream.readable };
  }

  async writeFile(
    path: string,
    body: ByteStream,
    options: { root?: string; flags?: number; mode?: number } = {},
  ): Promise<void> {
    const { root = "", flags = O_REPLACE, mode = 0o644 } = options;
    await this.#upload(body, (stream) =>
      this.#requests.call("fileWrite", { stream: stream.id, root, path, flags, mode }),
    );
  }

  async readTree(path: string, options: { root?: string; flags?: number } = {}): Promise<ByteStream> {
    const { root = "", flags = 0 } = options;
    const stream = this.#streams.create({ writable: false });
    await this.#onStream(stream, this.#requests.call("treeRead", { stream: stream.id, root, path, flags }));
    return stream.readable;
  }

  async writeTree(path: string, records: ByteStream, options: { root?: string; flags?: number } = {}): Promise<void> {
    const { root = "", flags = 0 } = options;
    await this.#upload(records, (stream) => this.#requests.call("treeWrite", { stream: stream.id, root, path, flags }));
  }

  /** The agent's echo: how long a round trip takes. */
  async ping(bytes: Uint8Array = new Uint8Array(0)): Promise<Uint8Array> {
    return this.#requests.call("ping", { bytes });
  }

  /** Tells a guest that was restored from a snapshot what time it is, and gives it entropy that no other has. */
  async restored(nowMs: number, entropy: Uint8Array): Promise<void> {
    const seconds = Math.floor(nowMs / 1000);
    const nanoseconds = Math.min(999_999_999, Math.round((nowMs - seconds * 1000) * 1e6));
    await this.#requests.call("restored", { seconds, nanoseconds, entropy });
  }

  /** The guest is no more: rejects and errors whatever waits for it, with the kind "unavailable". Only the first call counts. */
  async die(death: GuestDeath): Promise<void> {
    this.#dead ??= this.#die(death);
    await this.#dead;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.die({ reason: "disposed", detail: "the guest was shut down" });
  }

  async #die(death: GuestDeath): Promise<void> {
    const error = new EngineError("unavailable", `the virtual machine is not running: ${death.detail}`);
    this.#ready.reject(error);
    this.#requests.fail(error);
    this.#processes.fail(error);
    this.#streams.fail(error);
    this.#link.close();
    this.#death.resolve(death);
    await this.#options.onDeath?.(death);
  }

  async #onStream<T>(stream: AgentStream, response: Promise<T>): Promise<T> {
    try {
      return await response;
    } catch (error) {
      stream.destroy(error as Error);
      throw error;
    }
  }

  /** Sends a body; done when the agent has closed its side. */
  async #upload(body: ByteStream, request: (stream: AgentStream) => Promise<void>): Promise<void> {
    const stream = this.#streams.create();
    try {
      await this.#onStream(stream, request(stream));
    } catch (error) {
      await body.cancel(error);
      throw error;
    }
    await body.pipeTo(stream.writable);
    for await (const _ of chunksOf(stream.readable));
  }

  #handle(frame: Frame): void {
    switch (frame.type) {
      case FRAME.response:
        return this.#requests.handle(frame);
      case FRAME.event:
        return this.#handleEvent(frame);
      case FRAME.open:
        return this.#handleOpen(frame);
      case FRAME.request:
        throw new ProtocolError("the agent sent a request");
      default:
        return this.#streams.handle(frame);
    }
  }

  #handleEvent(frame: Frame): void {
    if (frame.code === EVENT.exit) this.#processes.handleExit(decodeExit(frame.payload));
    else if (frame.code === EVENT.log) this.#options.onLog?.(decodeLog(frame.payload));
    else if (frame.code === EVENT.ready) this.#handleReady(decodeReady(frame.payload));
    else throw new ProtocolError(`unknown event ${frame.code}`);
  }

  #handleReady(event: ReadyEvent): void {
    if (event.version !== PROTOCOL_VERSION)
      throw new ProtocolError(`the agent speaks version ${event.version}, not ${PROTOCOL_VERSION}`);
    this.#kernelRelease = event.kernelRelease;
    this.#ready.resolve();
  }

  #handleOpen(frame: Frame): void {
    const { listener, pid, uid } = decodeOpen(frame.payload);
    const accept = this.#listeners.get(listener);
    const stream = this.#streams.accept(frame.id);
    if (accept === undefined) stream.reset(ERRNO.ECONNREFUSED);
    else accept(stream, { pid, uid });
  }
}
