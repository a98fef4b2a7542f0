/**
 * HTTP/2 over two byte flows, with prior knowledge (RFC 9113): what gRPC needs. No priorities, no push. Both roles, because Docker's clients
 * are servers on the connection they open for their session.
 */
import { type ByteStream, chunksOf, concat, decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import { FlowWindow } from "./flow-window.ts";
import * as frames from "./frames.ts";
import { encodeHeaders, type HeaderList, HpackDecoder } from "./hpack.ts";
import { Http2Stream, type StreamLink } from "./stream.ts";

const { FRAME, FLAG, ERROR } = frames;
/** What may be on its way to here: per stream, and all together. */
const STREAM_WINDOW_BYTES = 1 << 20;
const CONNECTION_WINDOW_BYTES = 4 << 20;
const DEFAULT_WINDOW_BYTES = 65_535;
const MAX_HEADER_BLOCK_BYTES = 1 << 18;
const MAX_STREAMS = 256;

export interface Http2Options {
  readonly role: "client" | "server";
  /** Servers: called for every stream, once its headers are there. Must not throw. */
  readonly accept?: (stream: Http2Stream) => void;
}

/** Headers on their way, in as many frames as they take. */
interface HeaderBlock {
  readonly stream: number;
  readonly end: boolean;
  readonly pieces: Uint8Array[];
  bytes: number;
}

export class Http2Connection implements Disposable {
  /** Resolves when the connection is over; never rejects. */
  readonly closed: Promise<void>;

  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #options: Http2Options;
  readonly #streams = new Map<number, Http2Stream>();
  readonly #decoder = new HpackDecoder();
  readonly #window = new FlowWindow(DEFAULT_WINDOW_BYTES);
  readonly #link: StreamLink;
  #peerWindowBytes = DEFAULT_WINDOW_BYTES;
  #nextId: number;
  #lastPeerId = 0;
  #block: HeaderBlock | undefined;
  #error: Error | undefined;

  constructor(
    transport: { readonly readable: ByteStream; readonly writable: WritableStream<Uint8Array> },
    options: Http2Options,
  ) {
    this.#options = options;
    this.#writer = transport.writable.getWriter();
    this.#writer.closed.catch(() => undefined);
    this.#nextId = options.role === "client" ? 1 : 2;
    this.#link = this.#makeLink();
    if (options.role === "client") void this.#post(encodeUtf8(frames.CLIENT_PREFACE));
    void this.#frame(
      FRAME.settings,
      0,
      0,
      frames.encodeSettings([[frames.SETTING.initialWindowSize, STREAM_WINDOW_BYTES]]),
    );
    void this.#frame(FRAME.windowUpdate, 0, 0, frames.encodeUint32(CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES));
    this.closed = this.#read(transport.readable).then(
      () => this.#fail(new Error("http2: the connection was closed")),
      (error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error))),
    );
  }

  /** Begins a request. @throws Error when the connection is over */
  open(headers: HeaderList): Http2Stream {
    if (this.#error) throw this.#error;
    const stream = new Http2Stream(this.#link, this.#nextId, this.#peerWindowBytes);
    this.#nextId += 2;
    this.#streams.set(stream.id, stream);
    stream.send(headers).catch((error: Error) => stream.fail(error));
    return stream;
  }

  [Symbol.dispose](): void {
    if (this.#error) return;
    this.#goAway(ERROR.none);
    this.#fail(new Error("http2: the connection was closed"));
  }

  async #read(source: ByteStream): Promise<void> {
    const reader = new frames.FrameReader();
    let preface = this.#options.role === "server" ? frames.CLIENT_PREFACE.length : 0;
    for await (const chunk of chunksOf(source)) {
      reader.push(chunk);
      if (preface > 0) {
        const bytes = reader.take(preface);
        if (bytes === undefined) continue;
        if (decodeUtf8(bytes) !== frames.CLIENT_PREFACE) throw new Error("http2: this is not HTTP/2");
        preface = 0;
      }
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) this.#receive(frame);
      if (this.#error) return;
    }
  }

  #receive(frame: frames.Frame): void {
    if (this.#block && frame.type !== FRAME.continuation) throw new Error("http2: a header block was interrupted");
    const { type, flags, payload } = frame;
    const stream = this.#streams.get(frame.stream);
    if (type === FRAME.data) this.#receiveData(frame, stream);
    else if (type === FRAME.headers) this.#beginBlock(frame);
    else if (type === FRAME.continuation) this.#continueBlock(frame);
    else if (type === FRAME.settings && !(flags & FLAG.ack)) this.#receiveSettings(payload);
    else if (type === FRAME.ping && !(flags & FLAG.ack)) void this.#frame(FRAME.ping, FLAG.ack, 0, payload);
    else if (type === FRAME.rstStream) stream?.fail(new Error("http2: the peer reset the stream"));
    else if (type === FRAME.windowUpdate)
      (frame.stream === 0 ? this.#window : stream?.sendWindow)?.add(frames.decodeUint32(payload) & 0x7fff_ffff);
    else if (type === FRAME.goAway && frames.decodeUint32(payload, 4) !== ERROR.none)
      throw new Error(`http2: the peer ended the connection: ${decodeUtf8(payload.subarray(8))}`);
    else if (type === FRAME.pushPromise) throw new Error("http2: nothing may be pushed");
  }

  #receiveData(frame: frames.Frame, stream: Http2Stream | undefined): void {
    // Padding counts, and what nobody reads counts too.
    const content = frames.contentOf(frame);
    const unread = stream === undefined ? frame.payload.length : frame.payload.length - content.length;
    if (unread > 0) void this.#frame(FRAME.windowUpdate, 0, 0, frames.encodeUint32(unread));
    stream?.receiveData(content);
    if (frame.flags & FLAG.endStream) stream?.receiveEnd();
  }

  #beginBlock(frame: frames.Frame): void {
    const content = frames.contentOf(frame);
    this.#block = {
      stream: frame.stream,
      end: (frame.flags & FLAG.endStream) !== 0,
      pieces: [content],
      bytes: content.length,
    };
    if (frame.flags & FLAG.endHeaders) this.#endBlock();
  }

  #continueBlock({ stream, flags, payload }: frames.Frame): void {
    const block = this.#block;
    if (block?.stream !== stream) throw new Error("http2: a continuation of nothing");
    block.bytes += payload.length;
    if (block.bytes > MAX_HEADER_BLOCK_BYTES) throw new Error("http2: a header block is too long");
    block.pieces.push(payload);
    if (flags & FLAG.endHeaders) this.#endBlock();
  }

  #endBlock(): void {
    const { stream: id, end, pieces } = this.#block as HeaderBlock;
    this.#block = undefined;
    const headers = this.#decoder.decode(concat(pieces));
    const known = this.#streams.get(id);
    const stream = known ?? this.#accept(id);
    if (stream === undefined) return;
    stream.receiveHeaders(headers);
    if (end) stream.receiveEnd();
    if (known === undefined) this.#options.accept?.(stream);
  }

  /** Undefined for what was ended here already. */
  #accept(id: number): Http2Stream | undefined {
    if (this.#options.role === "client" || id <= this.#lastPeerId) return undefined;
    if (id % 2 === 0) throw new Error("http2: a client's streams have odd numbers");
    this.#lastPeerId = id;
    if (this.#streams.size >= MAX_STREAMS) {
      void this.#frame(FRAME.rstStream, 0, id, frames.encodeUint32(ERROR.refusedStream));
      return undefined;
    }
    const stream = new Http2Stream(this.#link, id, this.#peerWindowBytes);
    this.#streams.set(id, stream);
    return stream;
  }

  #receiveSettings(payload: Uint8Array): void {
    for (const [id, value] of frames.decodeSettings(payload)) {
      if (id !== frames.SETTING.initialWindowSize) continue;
      if (value > 0x7fff_ffff) throw new Error("http2: a window is too large");
      for (const stream of this.#streams.values()) stream.sendWindow.add(value - this.#peerWindowBytes);
      this.#peerWindowBytes = value;
    }
    void this.#frame(FRAME.settings, FLAG.ack, 0, new Uint8Array(0));
  }

  #makeLink(): StreamLink {
    return {
      sendHeaders: (stream, headers, end) => this.#sendHeaders(stream, encodeHeaders(headers), end),
      sendData: (stream, bytes) => this.#sendData(stream, bytes),
      sendEnd: (stream) => this.#frame(FRAME.data, FLAG.endStream, stream, new Uint8Array(0)),
      sendReset: (stream, code) => void this.#frame(FRAME.rstStream, 0, stream, frames.encodeUint32(code)),
      consumed: (stream, bytes) => {
        void this.#frame(FRAME.windowUpdate, 0, stream, frames.encodeUint32(bytes));
        void this.#frame(FRAME.windowUpdate, 0, 0, frames.encodeUint32(bytes));
      },
      forget: (stream) => void this.#streams.delete(stream),
    };
  }

  /** All of a block at once: nothing may come between its frames. */
  async #sendHeaders(stream: number, block: Uint8Array, end: boolean): Promise<void> {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at === 0 || at < block.length; at += frames.MAX_FRAME_BYTES) {
      const piece = block.subarray(at, at + frames.MAX_FRAME_BYTES);
      const last = at + frames.MAX_FRAME_BYTES >= block.length ? FLAG.endHeaders : 0;
      const type = at === 0 ? FRAME.headers : FRAME.continuation;
      pieces.push(frames.encodeFrame(type, last | (at === 0 && end ? FLAG.endStream : 0), stream, piece));
    }
    await this.#post(concat(pieces));
  }

  async #sendData(stream: Http2Stream, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const allowed = await stream.sendWindow.take(Math.min(bytes.length - at, frames.MAX_FRAME_BYTES));
      const count = await this.#window.take(allowed);
      if (count < allowed) stream.sendWindow.add(allowed - count);
      await this.#frame(FRAME.data, 0, stream.id, bytes.subarray(at, at + count));
      at += count;
    }
  }

  #frame(type: number, flags: number, stream: number, payload: Uint8Array): Promise<void> {
    return this.#post(frames.encodeFrame(type, flags, stream, payload));
  }

  /** What cannot be sent ends the connection: those who only inform need not wait. */
  #post(bytes: Uint8Array): Promise<void> {
    const sent = this.#error ? Promise.reject(this.#error) : this.#writer.write(bytes);
    sent.catch((error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    return sent;
  }

  #goAway(code: number): void {
    const payload = new Uint8Array(8);
    new DataView(payload.buffer).setUint32(0, this.#lastPeerId);
    new DataView(payload.buffer).setUint32(4, code);
    void this.#frame(FRAME.goAway, 0, 0, payload).catch(() => undefined);
  }

  #fail(reason: Error): void {
    if (this.#error) return;
    if (!reason.message.endsWith("was closed")) this.#goAway(ERROR.protocol);
    this.#error = reason;
    this.#window.fail(reason);
    for (const stream of this.#streams.values()) stream.fail(reason);
    // What cannot be closed is gone already.
    this.#writer.close().catch(() => undefined);
  }
}

/** Serves a connection for as long as the client keeps it. */
export function serveHttp2(
  transport: ConstructorParameters<typeof Http2Connection>[0],
  accept: (stream: Http2Stream) => void,
): Http2Connection {
  return new Http2Connection(transport, { role: "server", accept });
}
