import type { ByteStream } from "../base/streams.ts";
import { deferred } from "../base/deferred.ts";
import { FlowWindow } from "./flow-window.ts";
import { ERROR } from "./frames.ts";
import type { HeaderList } from "./hpack.ts";

/** What a stream asks of its connection. */
export interface StreamLink {
  sendHeaders(stream: number, headers: HeaderList, end: boolean): Promise<void>;
  sendData(stream: Http2Stream, bytes: Uint8Array): Promise<void>;
  sendEnd(stream: number): Promise<void>;
  sendReset(stream: number, code: number): void;
  /** The reader has taken that much: the peer may send as much again. */
  consumed(stream: number, bytes: number): void;
  forget(stream: number): void;
}

/** One request with its answer (RFC 9113, 5.1). Must be read to its end, or {@link reset}. */
export class Http2Stream {
  readonly id: number;
  /** What the peer sent first. Rejects when it never comes. */
  readonly headers: Promise<HeaderList>;
  /** What followed the data; empty when nothing did. */
  readonly trailers: Promise<HeaderList>;
  readonly body: ByteStream;
  readonly sendWindow: FlowWindow;
  /** Aborted when the peer gives the stream up, or the connection ends. */
  readonly signal: AbortSignal;

  readonly #link: StreamLink;
  readonly #abort = new AbortController();
  readonly #headers = deferred<HeaderList>();
  readonly #trailers = deferred<HeaderList>();
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #hasHeaders = false;
  #isReceiving = true;
  #isSending = true;
  #isBroken = false;
  #unread: Uint8Array[] = [];
  #wantsMore: (() => void) | undefined;

  constructor(link: StreamLink, id: number, sendWindowBytes: number) {
    this.#link = link;
    this.id = id;
    this.sendWindow = new FlowWindow(sendWindowBytes);
    this.signal = this.#abort.signal;
    this.headers = this.#headers.promise;
    this.trailers = this.#trailers.promise;
    this.headers.catch(() => undefined);
    this.trailers.catch(() => undefined);
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#pull(),
        cancel: () => this.reset(),
      },
      { highWaterMark: 0 },
    );
  }

  /** Sends the head of a request or an answer, or, with `end`, the trailers. */
  async send(headers: HeaderList, { end = false } = {}): Promise<void> {
    this.#requireSending();
    if (end) this.#sent();
    await this.#link.sendHeaders(this.id, headers, end);
  }

  /** Waits until the peer has room. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#requireSending();
    await this.#link.sendData(this, bytes);
  }

  async end(): Promise<void> {
    if (!this.#isSending) return;
    this.#sent();
    await this.#link.sendEnd(this.id);
  }

  /** Gives the stream up. */
  reset(code: number = ERROR.cancel): void {
    if (!this.#isReceiving && !this.#isSending) return;
    this.#link.sendReset(this.id, code);
    this.fail(new Error("http2: the stream was reset"));
  }

  /** The peer's header block: the head, or trailers. */
  receiveHeaders(headers: HeaderList): void {
    if (this.#hasHeaders) return this.#trailers.resolve(headers);
    this.#hasHeaders = true;
    this.#headers.resolve(headers);
  }

  receiveData(bytes: Uint8Array): void {
    if (!this.#isReceiving || bytes.length === 0) return;
    this.#unread.push(bytes.slice());
    this.#wantsMore?.();
  }

  receiveEnd(): void {
    if (!this.#isReceiving) return;
    this.#isReceiving = false;
    this.#headers.reject(new Error("http2: the stream ended without headers"));
    this.#trailers.resolve([]);
    this.#wantsMore?.();
    this.#forgetWhenOver();
  }

  /** The peer reset it, or the connection is gone. What has arrived whole can still be read: servers that are done reset what they no longer read. */
  fail(error: Error): void {
    const wasReceiving = this.#isReceiving;
    this.#isReceiving = false;
    this.#isSending = false;
    this.#headers.reject(error);
    this.#trailers.reject(error);
    this.sendWindow.fail(error);
    if (wasReceiving) {
      this.#unread = [];
      try {
        this.#controller.error(error);
      } catch {
        // It was cancelled: nobody reads.
      }
      this.#isBroken = true;
    }
    this.#wantsMore?.();
    this.#abort.abort(error);
    this.#link.forget(this.id);
  }

  async #pull(): Promise<void> {
    while (this.#unread.length === 0 && this.#isReceiving)
      await new Promise<void>((resolve) => (this.#wantsMore = resolve));
    this.#wantsMore = undefined;
    const chunk = this.#unread.shift();
    if (chunk === undefined) {
      if (!this.#isBroken) this.#controller.close();
      return;
    }
    this.#controller.enqueue(chunk);
    if (this.#isReceiving) this.#link.consumed(this.id, chunk.length);
  }

  #requireSending(): void {
    if (!this.#isSending) throw this.signal.aborted ? (this.signal.reason as Error) : new Error("http2: already ended");
  }

  #sent(): void {
    this.#isSending = false;
    this.#forgetWhenOver();
  }

  #forgetWhenOver(): void {
    if (!this.#isReceiving && !this.#isSending) this.#link.forget(this.id);
  }
}
