/**
 * The engine's end of the link to the agent. Sends in chunks that fit one virtqueue buffer of the guest and never has more of them
 * unacknowledged than the guest has buffers for, because the emulated console drops what finds no buffer.
 */
import { messageOf } from "../base/errors.ts";
import { ProtocolError } from "./codec.ts";
import { decodeU32 } from "./events.ts";
import { encodeFrame, FRAME, FrameDecoder, MAX_DATA_BYTES, type Frame } from "./frames.ts";

/** What carries the link's bytes. Keeps chunk order; may cut and join what the guest sends, not what it is given. */
export interface LinkPort {
  /** Takes a chunk of at most {@link MAX_CHUNK_BYTES}; it is not changed afterwards. */
  send(chunk: Uint8Array): void;
  /** Sets the one receiver. Chunks handed to it are not reused. */
  onReceive(receive: (chunk: Uint8Array) => void): void;
}

/** Somebody with frames to send when it is their turn. */
export interface FrameSource {
  /** The next frame, or undefined when there is none now (then `Link.offer` again). */
  nextFrame(): Frame | undefined;
}

/** Who hears of what comes over the link. */
export interface LinkHandlers {
  /** Called for every frame but LINK_ACK. What it throws ends the link. */
  readonly onFrame: (frame: Frame) => void;
  /** Called at most once, when the link is beyond use; it is closed then. */
  readonly onFailure: (error: Error) => void;
}

/** One virtqueue buffer of the guest. */
export const MAX_CHUNK_BYTES = 4096;
/** Of the 16 buffers that Linux queues; under load 5 were seen to be left. */
export const MAX_CHUNKS_IN_FLIGHT = 12;

/** So much may pass ahead of waiting streams before one of them gets its turn. */
const CONTROL_BURST_BYTES = MAX_DATA_BYTES;

/**
 * Frames given to `send` (requests, credit, resets) go first, in order; sources take turns, one frame each. Sending happens in a
 * microtask, so that frames made in one go share chunks, and so that nothing is put into the guest from inside its own output.
 */
export class Link {
  readonly #port: LinkPort;
  readonly #handlers: LinkHandlers;
  readonly #decoder = new FrameDecoder();
  readonly #control: Frame[] = [];
  readonly #sources = new Set<FrameSource>();
  /** Running total (mod 2^32) at the end of every chunk in flight. */
  readonly #inFlight: number[] = [];
  #bytesSent: number;
  #controlBurst = 0;
  #outgoing: Uint8Array = new Uint8Array(0);
  #scheduled = false;
  #closed = false;

  /** `bytesSent`: where a restored guest's count stands. */
  constructor(port: LinkPort, handlers: LinkHandlers, options: { bytesSent?: number } = {}) {
    this.#port = port;
    this.#handlers = handlers;
    this.#bytesSent = options.bytesSent ?? 0;
    port.onReceive((chunk) => this.#receive(chunk));
  }

  /** Bytes sent since the guest booted, mod 2^32. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** Nothing waits to be sent, all that was sent has been read by the agent, and no frame has arrived by half. */
  get idle(): boolean {
    return (
      this.#inFlight.length === 0 &&
      this.#outgoing.length === 0 &&
      this.#control.length === 0 &&
      this.#sources.size === 0 &&
      this.#decoder.idle
    );
  }

  send(frame: Frame): void {
    if (this.#closed) return;
    this.#control.push(frame);
    this.#schedule();
  }

  /** This source has frames: it is asked for them in turn until it has none. */
  offer(source: FrameSource): void {
    if (this.#closed) return;
    this.#sources.add(source);
    this.#schedule();
  }

  /** Nothing more is sent or received. */
  close(): void {
    this.#closed = true;
    this.#control.length = 0;
    this.#sources.clear();
  }

  #receive(chunk: Uint8Array): void {
    if (this.#closed) return;
    try {
      for (const frame of this.#decoder.push(chunk)) {
        if (frame.type === FRAME.linkAck) this.#acknowledge(decodeU32(frame.payload));
        else this.#handlers.onFrame(frame);
      }
    } catch (error) {
      this.close();
      this.#handlers.onFailure(new Error(`the link to the agent is broken: ${messageOf(error)}`, { cause: error }));
    }
  }

  #acknowledge(total: number): void {
    if (((this.#bytesSent - total) | 0) < 0)
      throw new ProtocolError(`${total} bytes acknowledged of ${this.#bytesSent}`);
    while (this.#inFlight.length > 0 && (((this.#inFlight[0] as number) - total) | 0) <= 0) this.#inFlight.shift();
    if (this.#control.length > 0 || this.#sources.size > 0 || this.#outgoing.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#inFlight.length >= MAX_CHUNKS_IN_FLIGHT) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#closed) this.#flush();
    });
  }

  #flush(): void {
    while (this.#inFlight.length < MAX_CHUNKS_IN_FLIGHT) {
      const chunk = this.#nextChunk();
      if (chunk === undefined) return;
      this.#bytesSent = (this.#bytesSent + chunk.length) >>> 0;
      this.#inFlight.push(this.#bytesSent);
      this.#port.send(chunk);
    }
  }

  #nextChunk(): Uint8Array | undefined {
    const parts: Uint8Array[] = [];
    let size = 0;
    while (size < MAX_CHUNK_BYTES) {
      if (this.#outgoing.length === 0) {
        const frame = this.#nextFrame();
        if (frame === undefined) break;
        this.#outgoing = encodeFrame(frame);
      }
      const part = this.#outgoing.subarray(0, MAX_CHUNK_BYTES - size);
      this.#outgoing = this.#outgoing.subarray(part.length);
      parts.push(part);
      size += part.length;
    }
    if (parts.length <= 1) return parts[0];
    const chunk = new Uint8Array(size);
    let offset = 0;
    for (const part of parts) {
      chunk.set(part, offset);
      offset += part.length;
    }
    return chunk;
  }

  #nextFrame(): Frame | undefined {
    if (this.#control.length > 0 && (this.#sources.size === 0 || this.#controlBurst < CONTROL_BURST_BYTES))
      return this.#nextControl();
    for (const source of this.#sources) {
      // To the back of the set, or out of it: that is what makes them take turns.
      this.#sources.delete(source);
      const frame = source.nextFrame();
      if (frame === undefined) continue;
      this.#sources.add(source);
      this.#controlBurst = 0;
      return frame;
    }
    return this.#control.length > 0 ? this.#nextControl() : undefined;
  }

  #nextControl(): Frame | undefined {
    const frame = this.#control.shift();
    this.#controlBurst += frame?.payload.length ?? 0;
    return frame;
  }
}
