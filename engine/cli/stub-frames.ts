/**
 * Frames between the `docker` of the guest (a stub) and the engine; kernel-image/agent/PROTOCOL.md, "The docker stub".
 *
 * ```text
 *  0        4      5
 * | length | type | payload …        integers little-endian; length counts the payload only
 *   u32      u8
 * ```
 */
import { chunksOf } from "../base/streams.ts";

/** Stub to engine. */
export const FROM_STUB = { hello: 1, stdin: 2, stdinEof: 3, signal: 4, winch: 5 } as const;
/** Engine to stub. */
export const TO_STUB = { stdout: 1, stderr: 2, stdinCredit: 3, raw: 4, exit: 5, signalSelf: 6 } as const;

export interface StubFrame {
  readonly type: number;
  readonly payload: Uint8Array;
}

/** What a process says of itself. */
export interface Hello {
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly terminals: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  readonly rows: number;
  readonly columns: number;
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
}

/** The other side does not keep to the protocol. */
export class StubProtocolError extends Error {
  override readonly name = "StubProtocolError";
}

const HEADER_BYTES = 5;
/** Linux allows an argv and environment of a quarter of the stack (2 MiB); other frames are small. */
const MAX_HELLO_BYTES = 4 << 20;
const MAX_FRAME_BYTES = 64 << 10;

/** Frames of a byte stream, whatever the chunks. @throws StubProtocolError for a frame that is too long, or cut off by the end */
export async function* readFrames(source: ReadableStream<Uint8Array>): AsyncGenerator<StubFrame, void, undefined> {
  const header = new Uint8Array(HEADER_BYTES);
  let filled = 0;
  let payload: Uint8Array | undefined;
  for await (const chunk of chunksOf(source)) {
    for (let offset = 0; offset < chunk.length || payload?.length === 0;) {
      const target: Uint8Array = payload ?? header;
      const part = chunk.subarray(offset, offset + target.length - filled);
      target.set(part, filled);
      filled += part.length;
      offset += part.length;
      if (filled < target.length) break;
      filled = 0;
      if (payload === undefined) payload = new Uint8Array(checkedLength(header));
      else {
        yield { type: header[4] as number, payload };
        payload = undefined;
      }
    }
  }
  if (filled > 0 || payload !== undefined) throw new StubProtocolError("the connection ended inside a frame");
}

function checkedLength(header: Uint8Array): number {
  const length = new DataView(header.buffer).getUint32(0, true);
  const limit = header[4] === FROM_STUB.hello ? MAX_HELLO_BYTES : MAX_FRAME_BYTES;
  if (length > limit) throw new StubProtocolError(`a frame of ${length} bytes is too long`);
  return length;
}

export function encodeStubFrame(type: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  new DataView(frame.buffer).setUint32(0, payload.length, true);
  frame[4] = type;
  frame.set(payload, HEADER_BYTES);
  return frame;
}

export function encodeU32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** @throws StubProtocolError */
export function decodeHello(payload: Uint8Array): Hello {
  const fields = new FieldReader(payload);
  const hello = {
    argv: fields.strings(),
    env: fields.strings(),
    cwd: fields.string(),
    ...terminalsOf(fields.u8()),
    rows: fields.u16(),
    columns: fields.u16(),
    uid: fields.u32(),
    gid: fields.u32(),
    pid: fields.u32(),
  };
  fields.end();
  return hello;
}

/** The one number of a SIGNAL. @throws StubProtocolError */
export function decodeSignal(payload: Uint8Array): number {
  const fields = new FieldReader(payload);
  const signal = fields.u32();
  fields.end();
  return signal;
}

/** @throws StubProtocolError */
export function decodeWinch(payload: Uint8Array): { readonly rows: number; readonly columns: number } {
  const fields = new FieldReader(payload);
  const size = { rows: fields.u16(), columns: fields.u16() };
  fields.end();
  return size;
}

function terminalsOf(bits: number): Pick<Hello, "terminals"> {
  return { terminals: { stdin: (bits & 1) !== 0, stdout: (bits & 2) !== 0, stderr: (bits & 4) !== 0 } };
}

/** Reads fields in order; never past the end, never more items than there are bytes for. */
class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  string(): string {
    const length = this.u32();
    const start = this.#take(length);
    return new TextDecoder().decode(this.#bytes.subarray(start, start + length));
  }

  strings(): readonly string[] {
    const count = this.u32();
    if (count * 4 > this.#bytes.length - this.#offset) throw new StubProtocolError("a list is longer than its frame");
    return Array.from({ length: count }, () => this.string());
  }

  end(): void {
    if (this.#offset !== this.#bytes.length) throw new StubProtocolError("a frame is longer than its fields");
  }

  #take(length: number): number {
    const start = this.#offset;
    if (length > this.#bytes.length - start) throw new StubProtocolError("a frame is shorter than its fields");
    this.#offset += length;
    return start;
  }
}
