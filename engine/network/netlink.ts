/**
 * Netlink messages (linux/netlink.h), all fields in host order, everything aligned to 4 bytes:
 *
 * ```text
 * nlmsghdr  | u32 length | u16 type | u16 flags | u32 sequence | u32 port id |
 * nlattr    | u16 length | u16 type | payload, padded |
 * ```
 *
 * No acknowledgement is asked for: the kernel works on a message while it is being sent and answers errors in any case.
 */
export const NLM_F = { REQUEST: 0x1, REPLACE: 0x100, EXCL: 0x200, CREATE: 0x400, APPEND: 0x800, DUMP: 0x300 } as const;
export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

const NLA_F_NESTED = 0x8000;
const HEADER_BYTES = 16;

const encoder = new TextEncoder();

/** Builds a batch of messages. */
export class NetlinkWriter {
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #sequence = 0;
  readonly #pidOffsets: number[] = [];

  /** One message; `body` writes what follows its header. */
  message(type: number, flags: number, body: () => void): this {
    const start = this.#length;
    this.u32(0)
      .u16(type)
      .u16(flags | NLM_F.REQUEST)
      .u32((this.#sequence += 1))
      .u32(0);
    body();
    this.#view.setUint32(start, this.#length - start, true);
    return this;
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#view.setUint8(this.#length, value);
    this.#length += 1;
    return this;
  }

  u16(value: number): this {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
    return this;
  }

  u32(value: number): this {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value >>> 0, true);
    this.#length += 4;
    return this;
  }

  /** Network order, as netfilter wants its numbers. */
  be16(value: number): this {
    return this.u16(((value & 0xff) << 8) | ((value >>> 8) & 0xff));
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  attribute(type: number, payload: Uint8Array): this {
    this.u16(4 + payload.length)
      .u16(type)
      .raw(payload);
    return this.#align();
  }

  u32Attribute(type: number, value: number): this {
    return this.u16(8).u16(type).u32(value);
  }

  be32Attribute(type: number, value: number): this {
    return this.attribute(type, be32(value));
  }

  /** With its NUL. */
  stringAttribute(type: number, text: string): this {
    return this.attribute(type, encoder.encode(`${text}\0`));
  }

  /** Room for the pid of the process that is being started. */
  pidAttribute(type: number): this {
    this.u16(8).u16(type);
    this.#pidOffsets.push(this.#length);
    return this.u32(0);
  }

  nested(type: number, body: () => void): this {
    const start = this.#length;
    this.u16(0).u16(type | NLA_F_NESTED);
    body();
    this.#view.setUint16(start, this.#length - start, true);
    return this;
  }

  finish(): { readonly messages: Uint8Array; readonly pidOffsets: readonly number[] } {
    return { messages: this.#bytes.slice(0, this.#length), pidOffsets: [...this.#pidOffsets] };
  }

  #align(): this {
    const padding = -this.#length & 3;
    this.#reserve(padding);
    this.#bytes.fill(0, this.#length, this.#length + padding);
    this.#length += padding;
    return this;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

export function be32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/** A message of an answer. */
export interface NetlinkMessage {
  readonly type: number;
  /** What follows the header. */
  readonly body: Uint8Array;
}

/** Splits the kernel's answers; what is cut off is left out. */
export function parseMessages(bytes: Uint8Array): readonly NetlinkMessage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const length = view.getUint32(at, true);
    if (length < HEADER_BYTES || at + length > bytes.length) break;
    messages.push({ type: view.getUint16(at + 4, true), body: bytes.subarray(at + HEADER_BYTES, at + length) });
    at += (length + 3) & ~3;
  }
  return messages;
}
