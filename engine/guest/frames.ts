/**
 * Frames of the link between engine and agent (`kernel-image/agent/PROTOCOL.md`):
 *
 *     0        4      5         6        8      12
 *     | length | type | flags=0 | code   | id   | payload (length bytes) …
 *       u32      u8     u8        u16      u32      little-endian
 */
import { ProtocolError } from "./codec.ts";

/** Frame types by name. */
export const FRAME = {
  request: 1,
  response: 2,
  event: 3,
  data: 4,
  credit: 5,
  close: 6,
  reset: 7,
  linkAck: 8,
  open: 9,
} as const;

/** Codes of {@link FRAME}. */
export type FrameType = (typeof FRAME)[keyof typeof FRAME];

/** One frame, without its length and flags. */
export interface Frame {
  readonly type: FrameType;
  /** Method or event; 0 otherwise. */
  readonly code: number;
  /** Request or stream id; 0 otherwise. */
  readonly id: number;
  readonly payload: Uint8Array;
}

const HEADER_BYTES = 12;
/** The most that one DATA frame carries. */
export const MAX_DATA_BYTES = 16384;
/** The largest payload of a REQUEST. */
export const MAX_REQUEST_BYTES = 1 << 20;
/** Nothing on the link is longer: a response may hold several `read` results of 1 MiB. Larger lengths mean that frames got lost. */
const MAX_FRAME_BYTES = 64 << 20;

/** The bytes of a frame. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + frame.payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, frame.payload.length, true);
  view.setUint8(4, frame.type);
  view.setUint16(6, frame.code, true);
  view.setUint32(8, frame.id, true);
  bytes.set(frame.payload, HEADER_BYTES);
  return bytes;
}

const LAST_TYPE = FRAME.open;

/**
 * Cuts a byte flow into frames, whatever the chunk boundaries. A payload that lies within one chunk is a view of it, so chunks
 * that were pushed must not be reused.
 */
export class FrameDecoder {
  readonly #header = new Uint8Array(HEADER_BYTES);
  readonly #view = new DataView(this.#header.buffer);
  #headerFill = 0;
  #payload: Uint8Array | undefined;
  #payloadFill = 0;

  /** True between frames. */
  get idle(): boolean {
    return this.#headerFill === 0;
  }

  /**
   * The frames that this chunk completes.
   * @throws ProtocolError for a header that cannot be one. The decoder is of no use afterwards.
   */
  *push(chunk: Uint8Array): Generator<Frame, void, undefined> {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#headerFill < HEADER_BYTES) {
        const count = Math.min(HEADER_BYTES - this.#headerFill, chunk.length - offset);
        this.#header.set(chunk.subarray(offset, offset + count), this.#headerFill);
        this.#headerFill += count;
        offset += count;
        if (this.#headerFill < HEADER_BYTES) return;
        this.#checkHeader();
      }
      const length = this.#view.getUint32(0, true);
      const available = chunk.length - offset;
      if (this.#payload === undefined && available >= length) {
        yield this.#complete(chunk.subarray(offset, offset + length));
        offset += length;
        continue;
      }
      this.#payload ??= new Uint8Array(length);
      const count = Math.min(length - this.#payloadFill, available);
      this.#payload.set(chunk.subarray(offset, offset + count), this.#payloadFill);
      this.#payloadFill += count;
      offset += count;
      if (this.#payloadFill === length) yield this.#complete(this.#payload);
    }
  }

  #complete(payload: Uint8Array): Frame {
    this.#headerFill = 0;
    this.#payload = undefined;
    this.#payloadFill = 0;
    return {
      type: this.#view.getUint8(4) as FrameType,
      code: this.#view.getUint16(6, true),
      id: this.#view.getUint32(8, true),
      payload,
    };
  }

  #checkHeader(): void {
    const length = this.#view.getUint32(0, true);
    const type = this.#view.getUint8(4);
    const flags = this.#view.getUint8(5);
    if (type < 1 || type > LAST_TYPE || flags !== 0 || length > MAX_FRAME_BYTES) {
      throw new ProtocolError(`no frame starts with ${hex(this.#header)}`);
    }
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
