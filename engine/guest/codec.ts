/**
 * Payload fields of the agent's protocol: little-endian integers, length-prefixed bytes and strings, counted lists.
 * `kernel-image/agent/PROTOCOL.md`, section Link.
 */
import { decodePath, encodePath } from "../base/path-bytes.ts";

/** What the other side sent does not follow the protocol. It is a bug, or memory corruption in the guest: the link is given up. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProtocolError";
  }
}

/** Appends fields to a growing buffer. Out-of-range integers throw a RangeError: they are the caller's bugs. */
export class FieldWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, inRange(value, 0, 0xff));
    return this;
  }

  u16(value: number): this {
    const at = this.#grow(2);
    this.#view.setUint16(at, inRange(value, 0, 0xffff), true);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, inRange(value, 0, 0xffffffff), true);
    return this;
  }

  i32(value: number): this {
    const at = this.#grow(4);
    this.#view.setInt32(at, inRange(value, -0x80000000, 0x7fffffff), true);
    return this;
  }

  u64(value: bigint | number): this {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, bigInRange(value, 0n, 0xffffffffffffffffn), true);
    return this;
  }

  i64(value: bigint | number): this {
    const at = this.#grow(8);
    this.#view.setBigInt64(at, bigInRange(value, -0x8000000000000000n, 0x7fffffffffffffffn), true);
    return this;
  }

  boolean(value: boolean | undefined): this {
    return this.u8(value ? 1 : 0);
  }

  /** Bytes without a length. */
  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes);
  }

  /** @throws RangeError for a NUL, which no path, name or argument in Linux can hold. */
  string(text: string): this {
    if (text.includes("\0")) throw new RangeError(`string holds a NUL: ${JSON.stringify(text.slice(0, 200))}`);
    return this.bytes(encodePath(text));
  }

  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.u32(items.length);
    for (const item of items) write(item);
    return this;
  }

  get length(): number {
    return this.#length;
  }

  /** Overwrites a u32 written before (a length known only afterwards). */
  patchU32(offset: number, value: number): void {
    this.#view.setUint32(offset, value, true);
  }

  /** What was written, not copied: write no more afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Takes fields from a payload. Reading past its end throws a {@link ProtocolError}. Byte fields are views, not copies. */
export class FieldReader {
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

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  /** A u64 that must be a safe integer (a size, a time). */
  size(): number {
    return safe(this.u64());
  }

  /** An i64 that must be a safe integer. */
  integer(): number {
    return safe(this.i64());
  }

  boolean(): boolean {
    return this.u8() !== 0;
  }

  bytes(): Uint8Array {
    const length = this.u32();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  string(): string {
    return decodePath(this.bytes());
  }

  list<T>(read: () => T): T[] {
    const count = this.u32();
    if (count > this.remaining) throw new ProtocolError(`list of ${count} items in ${this.remaining} bytes`);
    const items: T[] = [];
    for (let index = 0; index < count; index++) items.push(read());
    return items;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** @throws ProtocolError when fields are left over. */
  end(): void {
    if (this.remaining > 0) throw new ProtocolError(`${this.remaining} bytes after the last field`);
  }

  #take(count: number): number {
    const at = this.#offset;
    if (count > this.#bytes.length - at)
      throw new ProtocolError(`field of ${count} bytes at ${at} exceeds a payload of ${this.#bytes.length}`);
    this.#offset = at + count;
    return at;
  }
}

/** Decodes a whole payload. @throws ProtocolError when it is too short or too long */
export function readAll<T>(payload: Uint8Array, read: (input: FieldReader) => T): T {
  const input = new FieldReader(payload);
  const value = read(input);
  input.end();
  return value;
}

function inRange(value: number, low: number, high: number): number {
  if (!Number.isInteger(value) || value < low || value > high)
    throw new RangeError(`${value} is not an integer from ${low} to ${high}`);
  return value;
}

function bigInRange(value: bigint | number, low: bigint, high: bigint): bigint {
  const big = BigInt(value);
  if (big < low || big > high) throw new RangeError(`${big} is not from ${low} to ${high}`);
  return big;
}

function safe(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new ProtocolError(`${value} is beyond 2^53`);
  return number;
}
