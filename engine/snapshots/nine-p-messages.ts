/**
 * 9P2000.L on the wire. Little-endian; a string is u16 length and bytes; a qid is u8 type, u32 version, u64 path.
 *
 *     u32 size (all of it) | u8 type | u16 tag | fields …
 *
 * https://github.com/chaos/diod/blob/master/protocol.md, Linux `include/net/9p/9p.h` and `net/9p/client.c`
 */

/** T-message types; the answer's is one more. */
export const Message = {
  statfs: 8,
  lopen: 12,
  lcreate: 14,
  symlink: 16,
  mknod: 18,
  rename: 20,
  readlink: 22,
  getattr: 24,
  setattr: 26,
  xattrwalk: 30,
  xattrcreate: 32,
  readdir: 40,
  fsync: 50,
  lock: 52,
  getlock: 54,
  link: 70,
  mkdir: 72,
  renameat: 74,
  unlinkat: 76,
  version: 100,
  auth: 102,
  attach: 104,
  flush: 108,
  walk: 110,
  read: 116,
  write: 118,
  clunk: 120,
  remove: 122,
} as const;

const RLERROR = 7;

/** Linux error numbers. */
export const Errno = {
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  EINVAL: 22,
  ENOTDIR: 20,
  EISDIR: 21,
  EROFS: 30,
  ENODATA: 61,
  EPROTO: 71,
  EOPNOTSUPP: 95,
  ESTALE: 116,
} as const;

export const HEADER_BYTES = 7;
export const NO_TAG = 0xffff;
export const NO_FID = 0xffffffff;

/** The request is answered with this error. */
export class NinePError extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(`errno ${errno}`);
    this.name = "NinePError";
    this.errno = errno;
  }
}

/** Reads the fields of one message after another. Throws NinePError EPROTO when a field is cut off. */
export class MessageReader {
  #view: DataView = new DataView(new ArrayBuffer(0));
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** Starts a message, behind its header. */
  load(bytes: Uint8Array): { readonly type: number; readonly tag: number } {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    const size = this.u32();
    const type = this.u8();
    const tag = this.u16();
    if (size < HEADER_BYTES || size > bytes.length) throw new NinePError(Errno.EPROTO);
    return { type, tag };
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** Rounded beyond 2^53: such an offset is past the end of everything. */
  u64(): number {
    const low = this.u32();
    return this.u32() * 2 ** 32 + low;
  }

  /** A view on the message. */
  string(): Uint8Array {
    return this.raw(this.u16());
  }

  /** A view on the message. */
  raw(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  #advance(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) throw new NinePError(Errno.EPROTO);
    this.#at = at + count;
    return at;
  }
}

export interface Qid {
  readonly type: number;
  /** The upper and lower half of qid.path. */
  readonly pathHigh: number;
  readonly pathLow: number;
  /** Default {@link QID_VERSION}. */
  readonly version?: number;
}

export const QTDIR = 0x80;
export const QTSYMLINK = 0x02;
export const QTFILE = 0x00;

/** Of trees that never change. Linux ≥ 6.4 takes version 0 for "do not cache". */
const QID_VERSION = 1;

/** Writes one message after another into the same buffer. The caller stays within `capacity`. */
export class MessageWriter {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #at = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#at;
  }

  begin(type: number, tag: number): this {
    this.#at = 4;
    return this.u8(type).u16(tag);
  }

  u8(value: number): this {
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
    return this;
  }

  u64(value: number): this {
    return this.u32(value % 2 ** 32).u32(Math.floor(value / 2 ** 32));
  }

  string(bytes: Uint8Array): this {
    return this.u16(bytes.length).raw(bytes);
  }

  raw(bytes: Uint8Array): this {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  qid(qid: Qid): this {
    return this.u8(qid.type)
      .u32(qid.version ?? QID_VERSION)
      .u32(qid.pathLow)
      .u32(qid.pathHigh);
  }

  /** The next `count` bytes, to be filled in place before {@link skip}. */
  space(count: number): Uint8Array {
    return this.#bytes.subarray(this.#at, this.#at + count);
  }

  skip(count: number): this {
    this.#at += count;
    return this;
  }

  patchU32(at: number, value: number): this {
    this.#view.setUint32(at, value, true);
    return this;
  }

  /** The message, valid until the next `begin`. */
  finish(): Uint8Array<ArrayBuffer> {
    this.#view.setUint32(0, this.#at, true);
    return this.#bytes.subarray(0, this.#at);
  }
}

/** An Rlerror message of its own. */
export function encodeError(tag: number, errno: number): Uint8Array<ArrayBuffer> {
  return new MessageWriter(HEADER_BYTES + 4).begin(RLERROR, tag).u32(errno).finish();
}
