import type { ByteStream } from "../base/streams.ts";
import type { AgentStream } from "./agent-stream.ts";
import { ERRNO } from "./errno.ts";
import { encodeExit, encodeOpen, encodeReady, encodeU32, EVENT, GUEST_STREAM_BIT } from "./events.ts";
import { guestError } from "./fake-files.ts";
import type { FakeGuest } from "./fake-guest.ts";
import { encodeFrame, FRAME, FrameDecoder, type Frame } from "./frames.ts";
import { GuestError, type GuestProcess, type Stdio } from "./guest.ts";
import type { FrameSource, LinkPort } from "./link.ts";
import {
  decodeRequest,
  encodeResponse,
  methodName,
  PROTOCOL_VERSION,
  type MethodName,
  type RequestFields,
  type ResultFields,
} from "./protocol.ts";
import { StreamTable } from "./streams.ts";

/** How the fake link treats bytes; by default as well as it can. */
export interface FakeAgentOptions {
  /** Virtqueue buffers of the guest: input that finds none is dropped, as v86 does. */
  readonly buffers?: number;
  /** Called before each chunk is read; lets a test choose the pace. */
  readonly beforeRead?: () => Promise<void>;
  /** Size of the chunks that the agent's output is cut into. */
  readonly outputChunk?: () => number;
}

const ACK_BYTES = 8192;
const VIRTQUEUE_BUFFERS = 16;

/**
 * The agent's side of the protocol over a port in memory, with a {@link FakeGuest} to do the work. Checks what the engine
 * must keep to: chunk size, unacknowledged chunks, stream credit.
 */
export class FakeAgent {
  /** The engine's end of the link. */
  readonly port: LinkPort;
  readonly guest: FakeGuest;
  /** Chunks that the engine sent and that were not acknowledged: the most at any time. */
  mostUnacknowledged = 0;
  /** Chunks that found no buffer. */
  dropped = 0;
  readonly violations: string[] = [];

  readonly #options: FakeAgentOptions;
  readonly #decoder = new FrameDecoder();
  readonly #arrived: Uint8Array[] = [];
  readonly #unacknowledged: number[] = [];
  readonly #streams: StreamTable;
  readonly #ptys = new Map<number, GuestProcess>();
  #receive: (chunk: Uint8Array) => void = () => undefined;
  #outgoing: Frame[] = [];
  #reading = false;
  #sentTotal = 0;
  #readTotal = 0;
  #ackedTotal = 0;
  #nextListener = 1;
  #nextGuestStream = GUEST_STREAM_BIT;

  constructor(guest: FakeGuest, options: FakeAgentOptions = {}) {
    this.guest = guest;
    this.#options = options;
    this.#streams = new StreamTable({ send: (frame) => this.#send(frame), offer: (source) => this.#drain(source) });
    this.port = {
      send: (chunk) => this.#accept(chunk),
      onReceive: (receive) => void (this.#receive = receive),
    };
  }

  /** Streams that are open on the agent's side. */
  get openStreams(): number {
    return this.#streams.size;
  }

  /** Says READY. */
  ready(): void {
    this.#send({
      type: FRAME.event,
      code: EVENT.ready,
      id: 0,
      payload: encodeReady({ version: PROTOCOL_VERSION, kernelRelease: this.guest.kernelRelease }),
    });
  }

  /** Sends any bytes, right or wrong. */
  sendRaw(bytes: Uint8Array): void {
    this.#receive(bytes);
  }

  #accept(chunk: Uint8Array): void {
    const { buffers = VIRTQUEUE_BUFFERS } = this.#options;
    if (chunk.length > 4096) this.violations.push(`chunk of ${chunk.length} bytes`);
    this.#sentTotal = (this.#sentTotal + chunk.length) >>> 0;
    this.#unacknowledged.push(this.#sentTotal);
    this.mostUnacknowledged = Math.max(this.mostUnacknowledged, this.#unacknowledged.length);
    if (this.#arrived.length >= buffers) {
      this.dropped++;
      return;
    }
    this.#arrived.push(chunk.slice());
    if (!this.#reading) void this.#read();
  }

  async #read(): Promise<void> {
    this.#reading = true;
    while (this.#arrived.length > 0) {
      await this.#options.beforeRead?.();
      await Promise.resolve();
      const chunk = this.#arrived.shift() as Uint8Array;
      this.#readTotal = (this.#readTotal + chunk.length) >>> 0;
      for (const frame of this.#decoder.push(chunk)) this.#handle(frame);
      if (this.#arrived.length === 0 || this.#readTotal - this.#ackedTotal >= ACK_BYTES) this.#acknowledge();
    }
    this.#reading = false;
  }

  #acknowledge(): void {
    this.#ackedTotal = this.#readTotal;
    while (this.#unacknowledged.length > 0 && (this.#unacknowledged[0] as number) <= this.#readTotal)
      this.#unacknowledged.shift();
    this.#send({ type: FRAME.linkAck, code: 0, id: 0, payload: encodeU32(this.#readTotal) });
  }

  #handle(frame: Frame): void {
    if (frame.type === FRAME.request) void this.#request(frame);
    else if (frame.type >= FRAME.data && frame.type <= FRAME.reset) {
      try {
        this.#streams.handle(frame);
      } catch (error) {
        this.violations.push(String(error));
      }
    } else this.violations.push(`frame of type ${frame.type}`);
  }

  async #request(frame: Frame): Promise<void> {
    const method = methodName(frame.code);
    if (method === undefined) return void this.violations.push(`method ${frame.code}`);
    const respond = (outcome: { result: ResultFields[MethodName] } | { error: GuestError }): void =>
      this.#send({ type: FRAME.response, code: frame.code, id: frame.id, payload: encodeResponse(method, outcome) });
    try {
      const after: (() => void)[] = [];
      const result = await this.#perform(method, frame.payload, after);
      respond({ result });
      for (const step of after) step();
    } catch (error) {
      respond({ error: error instanceof GuestError ? error : guestError(ERRNO.EIO, String(error)) });
    }
  }

  /** Does a request; `after` collects what must follow its response. */
  #perform<Name extends MethodName>(
    method: Name,
    payload: Uint8Array,
    after: (() => void)[],
  ): Promise<ResultFields[Name]> {
    const handlers: { readonly [Key in MethodName]: (fields: RequestFields[Key]) => Promise<ResultFields[Key]> } = {
      restored: async () => undefined,
      ping: async ({ bytes }) => bytes,
      ops: ({ ops }) => this.guest.run(ops),
      kill: ({ pid, signal }) => this.guest.kill(pid, signal),
      start: (fields) => this.#start(fields, after),
      resize: async ({ stream, rows, columns }) => {
        const process = this.#ptys.get(stream);
        if (process === undefined) throw guestError(ERRNO.EBADF, `resize(${stream})`);
        await process.resize(rows, columns);
      },
      connect: async ({ stream, target }) => {
        const connection = await this.guest.connect(target);
        this.#join(this.#streams.adopt({ id: stream }), connection.readable, connection.writable);
      },
      listen: async ({ path, mode }) => {
        const listener = this.#nextListener++;
        await this.guest.listen(path, { mode }, (connection, peer) => {
          const id = this.#nextGuestStream++;
          const stream = this.#streams.adopt({ id });
          this.#send({ type: FRAME.open, code: 0, id, payload: encodeOpen({ listener, ...peer }) });
          this.#join(stream, connection.readable, connection.writable);
        });
        return listener;
      },
      fileRead: async ({ stream, root, path, offset, length }) => {
        const { size, body } = await this.guest.readFile(path, { root, offset, length });
        after.push(() => this.#pour(body, this.#streams.adopt({ id: stream, readable: false }).writable));
        return size;
      },
      treeRead: async ({ stream, root, path, flags }) => {
        const body = await this.guest.readTree(path, { root, flags });
        after.push(() => this.#pour(body, this.#streams.adopt({ id: stream, readable: false }).writable));
      },
      fileWrite: async ({ stream, path, ...options }) =>
        this.#upload(stream, (body) => this.guest.writeFile(path, body, options)),
      treeWrite: async ({ stream, path, ...options }) =>
        this.#upload(stream, (body) => this.guest.writeTree(path, body, options)),
    };
    return handlers[method](decodeRequest(method, payload));
  }

  async #start(fields: RequestFields["start"], after: (() => void)[]): Promise<number> {
    const { stdio } = fields;
    const local: Stdio =
      stdio.mode === "pty"
        ? stdio
        : { mode: "pipes", stdin: stdio.stdin > 0, stdout: stdio.stdout > 0, stderr: stdio.stderr > 0 };
    const { joinPid, joinFlags, cloneFlags, cgroup, parentOps, childOps } = fields;
    const join = joinPid === 0 ? undefined : { pid: joinPid, flags: joinFlags };
    const process = await this.guest.start({ join, cloneFlags, cgroup, parentOps, childOps, stdio: local });
    const outputs: Promise<void>[] = [];
    if (stdio.mode === "pty") {
      this.#ptys.set(stdio.stream, process);
      const stream = this.#streams.adopt({ id: stdio.stream, terminal: true });
      after.push(() => void this.#pour(stream.readable, process.stdin as WritableStream<Uint8Array>));
      after.push(() => void outputs.push(this.#pour(process.stdout as ByteStream, stream.writable)));
    } else {
      if (process.stdin !== undefined) {
        const stream = this.#streams.adopt({ id: stdio.stdin, writable: false });
        void this.#pour(stream.readable, process.stdin);
      }
      for (const [id, output] of [[stdio.stdout, process.stdout] as const, [stdio.stderr, process.stderr] as const]) {
        if (output === undefined) continue;
        const stream = this.#streams.adopt({ id, readable: false });
        after.push(() => void outputs.push(this.#pour(output, stream.writable)));
      }
    }
    after.push(() => void this.#reportExit(process, outputs));
    return process.pid;
  }

  async #reportExit(process: GuestProcess, outputs: readonly Promise<void>[]): Promise<void> {
    const status = await process.exited;
    await Promise.all(outputs);
    const waitStatus = status.signal ?? status.code << 8;
    this.#send({
      type: FRAME.event,
      code: EVENT.exit,
      id: 0,
      payload: encodeExit({ ...status, pid: process.pid, waitStatus }),
    });
  }

  async #upload(id: number, write: (body: ByteStream) => Promise<void>): Promise<void> {
    const stream = this.#streams.adopt({ id });
    const finish = async (): Promise<void> => {
      try {
        await write(stream.readable);
        await stream.writable.close();
      } catch (error) {
        stream.reset(error instanceof GuestError ? error.errno : ERRNO.EIO);
      }
    };
    void finish();
  }

  #join(stream: AgentStream, readable: ByteStream, writable: WritableStream<Uint8Array>): void {
    void this.#pour(readable, stream.writable);
    void this.#pour(stream.readable, writable);
  }

  async #pour(from: ByteStream, to: WritableStream<Uint8Array>): Promise<void> {
    // Either side may end it: that is told by the other streams' own resets.
    await from.pipeTo(to).catch(() => undefined);
  }

  #drain(source: FrameSource): void {
    for (let frame = source.nextFrame(); frame !== undefined; frame = source.nextFrame()) this.#send(frame);
  }

  #send(frame: Frame): void {
    this.#outgoing.push(frame);
    if (this.#outgoing.length > 1) return;
    queueMicrotask(() => {
      const frames = this.#outgoing;
      this.#outgoing = [];
      for (const next of frames) this.#sendChunks(encodeFrame(next));
    });
  }

  #sendChunks(bytes: Uint8Array): void {
    const { outputChunk = () => 4096 } = this.#options;
    for (let offset = 0; offset < bytes.length;) {
      const end = offset + Math.max(1, outputChunk());
      this.#receive(bytes.slice(offset, end));
      offset = end;
    }
  }
}
