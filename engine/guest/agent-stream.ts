import type { ByteStream } from "../base/streams.ts";
import { ProtocolError } from "./codec.ts";
import { deferred, type Deferred } from "../base/deferred.ts";
import { ERRNO, errnoText } from "./errno.ts";
import { encodeErrno, encodeU32 } from "./events.ts";
import { FRAME, MAX_DATA_BYTES, type Frame } from "./frames.ts";
import { GuestError, type Duplex } from "./guest.ts";
import type { FrameSource } from "./link.ts";

/** Credit that each direction of a stream starts with. */
export const INITIAL_CREDIT = 65536;

/** Credit is returned in portions of at least this, so that many small reads do not make many frames. */
const CREDIT_PORTION = INITIAL_CREDIT / 4;

/** What kind of stream it is; by default bytes go both ways. */
export interface AgentStreamOptions {
  readonly id: number;
  /** False when the guest's direction is closed from the start. */
  readonly readable?: boolean;
  /** False when the engine's direction is closed from the start. */
  readonly writable?: boolean;
  /**
   * A terminal: it is over for both sides once the guest closes it, and cancelling `readable` only drops what still comes,
   * where it would reset any other stream.
   */
  readonly terminal?: boolean;
}

/** What a stream needs of the link. */
export interface StreamPort {
  send(frame: Frame): void;
  offer(source: FrameSource): void;
  /** Neither side will use the id again. */
  gone(id: number): void;
}

const EMPTY = new Uint8Array(0);

/**
 * One stream: flow-controlled bytes in both directions. Credit goes back to the guest only when the reader takes bytes; a write
 * resolves when the link has taken them. What arrived before a reset is still readable, then `readable` errors.
 */
export class AgentStream implements Duplex, FrameSource {
  readonly id: number;
  readonly readable: ByteStream;
  readonly writable: WritableStream<Uint8Array>;

  readonly #port: StreamPort;
  readonly #terminal: boolean;
  #readController!: ReadableStreamDefaultController<Uint8Array>;
  #writeController!: WritableStreamDefaultController;

  readonly #inbox: Uint8Array[] = [];
  #inboxBytes = 0;
  #unreturnedCredit = 0;
  #pulled: (() => void) | undefined;
  #discarding = false;
  /** No more DATA will come. */
  #receiveDone: boolean;

  #sendCredit = INITIAL_CREDIT;
  #outbox: Uint8Array = EMPTY;
  #closing = false;
  #written: Deferred<void> | undefined;
  /** CLOSE was sent, or never will be. */
  #sendDone: boolean;
  #aborting = false;

  #error: Error | undefined;

  constructor(options: AgentStreamOptions, port: StreamPort) {
    this.id = options.id;
    this.#port = port;
    this.#terminal = options.terminal ?? false;
    this.#receiveDone = options.readable === false;
    this.#sendDone = options.writable === false;
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#readController = controller),
        pull: () => this.#pull(),
        cancel: () => this.#cancel(),
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        this.#writeController = controller;
        // The sink's own abort() would wait for a write that may never end.
        controller.signal.addEventListener("abort", () => this.#abort());
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#close(),
    });
    if (this.#receiveDone) this.#readController.close();
  }

  /** Ends both directions and tells the guest. */
  reset(errno: number): void {
    if (this.#error !== undefined || (this.#receiveDone && this.#sendDone)) return;
    this.#port.send({ type: FRAME.reset, code: 0, id: this.id, payload: encodeErrno(errno) });
    this.destroy(resetError(errno));
  }

  /** Ends both directions without a word to the guest. */
  destroy(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#outbox = EMPTY;
    this.#written?.reject(error);
    // Node 20 trips over an error that is raised while it aborts.
    if (!this.#sendDone && !this.#aborting) this.#writeController.error(error);
    if (!this.#receiveDone && this.#inboxBytes === 0) this.#readController.error(error);
    this.#pulled?.();
    this.#sendDone = true;
    this.#port.gone(this.id);
  }

  /** DATA came. @throws ProtocolError when it exceeds the credit given */
  receive(bytes: Uint8Array): void {
    if (this.#receiveDone || this.#error !== undefined || bytes.length === 0) return;
    this.#inboxBytes += bytes.length;
    if (this.#inboxBytes + this.#unreturnedCredit > INITIAL_CREDIT)
      throw new ProtocolError(`stream ${this.id} got more than its credit`);
    if (this.#discarding) {
      this.#consumed(bytes.length);
      return;
    }
    this.#inbox.push(bytes);
    if (this.#pulled !== undefined) this.#deliver();
  }

  /** CREDIT came. */
  addCredit(bytes: number): void {
    this.#sendCredit += bytes;
    if (this.#outbox.length > 0) this.#port.offer(this);
  }

  /** CLOSE came. */
  receiveClose(): void {
    if (this.#receiveDone) return;
    this.#receiveDone = true;
    if (this.#inbox.length === 0 && !this.#discarding && this.#error === undefined) {
      this.#readController.close();
      this.#pulled?.();
    }
    if (this.#terminal && !this.#sendDone) this.#hangUp();
    this.#checkGone();
  }

  /** RESET came. */
  receiveReset(errno: number): void {
    this.destroy(resetError(errno));
  }

  nextFrame(): Frame | undefined {
    if (this.#error !== undefined || this.#sendDone) return undefined;
    if (this.#outbox.length > 0) {
      const count = Math.min(this.#outbox.length, this.#sendCredit, MAX_DATA_BYTES);
      if (count === 0) return undefined;
      const payload = this.#outbox.subarray(0, count);
      this.#outbox = this.#outbox.subarray(count);
      this.#sendCredit -= count;
      if (this.#outbox.length === 0) this.#written?.resolve();
      return { type: FRAME.data, code: 0, id: this.id, payload };
    }
    if (!this.#closing) return undefined;
    this.#sendDone = true;
    this.#written?.resolve();
    this.#checkGone();
    return { type: FRAME.close, code: 0, id: this.id, payload: EMPTY };
  }

  #pull(): Promise<void> | void {
    if (this.#inbox.length > 0) return this.#deliver();
    return new Promise((resolve) => {
      this.#pulled = () => {
        this.#pulled = undefined;
        resolve();
      };
    });
  }

  #deliver(): void {
    const bytes = this.#inbox.shift() as Uint8Array;
    this.#readController.enqueue(bytes);
    this.#consumed(bytes.length);
    if (this.#inbox.length === 0) {
      if (this.#receiveDone) this.#readController.close();
      else if (this.#error !== undefined) this.#readController.error(this.#error);
    }
    this.#pulled?.();
  }

  #consumed(count: number): void {
    this.#inboxBytes -= count;
    this.#unreturnedCredit += count;
    if (this.#unreturnedCredit < CREDIT_PORTION || this.#receiveDone || this.#error !== undefined) return;
    this.#port.send({ type: FRAME.credit, code: 0, id: this.id, payload: encodeU32(this.#unreturnedCredit) });
    this.#unreturnedCredit = 0;
  }

  #cancel(): void {
    this.#pulled?.();
    if (!this.#terminal) {
      this.#inbox.length = 0;
      if (!this.#receiveDone) this.reset(ERRNO.ECANCELED);
      return;
    }
    this.#discarding = true;
    this.#inbox.length = 0;
    this.#consumed(this.#inboxBytes);
  }

  #abort(): void {
    this.#aborting = true;
    this.reset(ERRNO.ECANCELED);
  }

  /** The terminal has no other side any more: closes ours, and fails what is still written. */
  #hangUp(): void {
    const error = resetError(ERRNO.EIO);
    this.#sendDone = true;
    this.#outbox = EMPTY;
    this.#written?.reject(error);
    this.#writeController.error(error);
    this.#port.send({ type: FRAME.close, code: 0, id: this.id, payload: EMPTY });
  }

  #write(chunk: Uint8Array): Promise<void> | void {
    if (this.#error !== undefined) throw this.#error;
    if (chunk.length === 0) return;
    this.#outbox = chunk;
    return this.#waitWritten();
  }

  #close(): Promise<void> | void {
    if (this.#error !== undefined) throw this.#error;
    if (this.#sendDone) return;
    this.#closing = true;
    return this.#waitWritten();
  }

  #waitWritten(): Promise<void> {
    this.#written = deferred<void>();
    this.#port.offer(this);
    return this.#written.promise;
  }

  #checkGone(): void {
    if (this.#sendDone && this.#receiveDone) this.#port.gone(this.id);
  }
}

function resetError(errno: number): GuestError {
  return new GuestError({ errno, phase: "request", opIndex: 0, detail: errnoText(errno) });
}
