/**
 * Frames of HTTP/2 (RFC 9113, 4.1 and 6):
 *
 *   length 24 | type 8 | flags 8 | R 1, stream 31 | payload
 */
import { concat } from "../base/streams.ts";

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const SETTING = { initialWindowSize: 4, maxFrameSize: 5 } as const;

/** Section 7. */
export const ERROR = { none: 0, protocol: 1, internal: 2, flowControl: 3, cancel: 8, refusedStream: 7 } as const;

/** What a client sends first (3.4). */
export const CLIENT_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** No peer may send more in one frame unless it was told that it may. */
export const MAX_FRAME_BYTES = 16_384;

const HEAD_BYTES = 9;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

export function encodeFrame(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEAD_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length * 256 + type);
  view.setUint8(4, flags);
  view.setUint32(5, stream);
  bytes.set(payload, HEAD_BYTES);
  return bytes;
}

/** Frames of a byte stream, whatever the pieces it comes in. */
export class FrameReader {
  #pending: Uint8Array[] = [];
  #length = 0;

  push(chunk: Uint8Array): void {
    this.#pending.push(chunk);
    this.#length += chunk.length;
  }

  /** That many bytes from the front, or undefined while there are fewer. */
  take(count: number): Uint8Array | undefined {
    if (this.#length < count) return undefined;
    const all = this.#pending.length === 1 ? (this.#pending[0] as Uint8Array) : concat(this.#pending);
    this.#pending = all.length === count ? [] : [all.subarray(count)];
    this.#length -= count;
    return all.subarray(0, count);
  }

  /** @throws Error for a frame that is longer than was allowed */
  next(): Frame | undefined {
    if (this.#length < HEAD_BYTES) return undefined;
    const all = this.#pending.length === 1 ? (this.#pending[0] as Uint8Array) : concat(this.#pending);
    this.#pending = [all];
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    const length = view.getUint32(0) >>> 8;
    if (length > MAX_FRAME_BYTES) throw new Error(`http2: a frame of ${length} bytes`);
    if (all.length < HEAD_BYTES + length) return undefined;
    this.take(HEAD_BYTES + length);
    return {
      type: view.getUint8(3),
      flags: view.getUint8(4),
      stream: view.getUint32(5) & 0x7fff_ffff,
      payload: all.subarray(HEAD_BYTES, HEAD_BYTES + length),
    };
  }
}

/** A payload without its padding and, for headers, without their priority (6.1, 6.2). @throws Error */
export function contentOf({ type, flags, payload }: Frame): Uint8Array {
  const padding = flags & FLAG.padded ? (payload[0] ?? 0) : 0;
  const start = (flags & FLAG.padded ? 1 : 0) + (type === FRAME.headers && flags & FLAG.priority ? 5 : 0);
  if (start + padding > payload.length) throw new Error("http2: more padding than frame");
  return payload.subarray(start, payload.length - padding);
}

export function encodeSettings(settings: readonly (readonly [id: number, value: number])[]): Uint8Array {
  const bytes = new Uint8Array(settings.length * 6);
  const view = new DataView(bytes.buffer);
  for (const [index, [id, value]] of settings.entries()) {
    view.setUint16(index * 6, id);
    view.setUint32(index * 6 + 2, value);
  }
  return bytes;
}

export function decodeSettings(payload: Uint8Array): readonly (readonly [id: number, value: number])[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return Array.from({ length: Math.floor(payload.length / 6) }, (_, index) => [
    view.getUint16(index * 6),
    view.getUint32(index * 6 + 2),
  ]);
}

export function encodeUint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function decodeUint32(bytes: Uint8Array, at = 0): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}
