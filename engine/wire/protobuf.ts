/** Just enough of Protocol Buffers' wire format (https://protobuf.dev/programming-guides/encoding/) for messages written by hand. */
import { concat, decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import { EngineError } from "../base/errors.ts";

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Writes fields; those with the zero value are left out, as in proto3. */
export class ProtoWriter {
  readonly #chunks: Uint8Array[] = [];

  /** `int32`, `int64`, `bool`, enumerations: any safe integer. */
  integer(field: number, value: number): this {
    if (value !== 0) this.#chunks.push(varint(field * 8 + VARINT), varint(value));
    return this;
  }

  boolean(field: number, value: boolean): this {
    return this.integer(field, value ? 1 : 0);
  }

  string(field: number, value: string): this {
    return value === "" ? this : this.message(field, encodeUtf8(value));
  }

  bytes(field: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.message(field, value);
  }

  /** A message, or an item of a repeated field: it is there also when it is empty. Undefined: it is not. */
  message(field: number, value: Uint8Array | undefined): this {
    if (value !== undefined) this.#chunks.push(varint(field * 8 + LENGTH_DELIMITED), varint(value.length), value);
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return concat(this.#chunks);
  }
}

/** A field of a message as it came: a number, or bytes. */
export interface ProtoField {
  readonly number: number;
  /** 0 for what has bytes. Beyond 2^53 it is not exact. */
  readonly integer: number;
  readonly bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/** The fields of a message in their order, unknown ones included. @throws EngineError invalid-argument for what is no message */
export function* protoFields(message: Uint8Array): Generator<ProtoField, void, undefined> {
  const input = { bytes: message, offset: 0 };
  while (input.offset < message.length) {
    const tag = readVarint(input);
    const number = Math.floor(tag / 8);
    const kind = tag % 8;
    if (number === 0) throw invalid("illegal tag 0");
    if (kind === VARINT) yield { number, integer: readVarint(input), bytes: NO_BYTES };
    else {
      const length = kind === FIXED64 ? 8 : kind === FIXED32 ? 4 : kind === LENGTH_DELIMITED ? readVarint(input) : -1;
      if (length < 0) throw invalid(`illegal wireType ${kind}`);
      const end = input.offset + length;
      if (end > message.length) throw invalid("unexpected EOF");
      yield { number, integer: 0, bytes: message.subarray(input.offset, end) };
      input.offset = end;
    }
  }
}

/** A `string` field's value. */
export const protoText = ({ bytes }: ProtoField): string => decodeUtf8(bytes);

const BITS = 7;
const MAX_VARINT_BYTES = 10;

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  // A negative number is its two's complement in 64 bits.
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= BigInt(BITS);
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

function readVarint(input: { readonly bytes: Uint8Array; offset: number }): number {
  let value = 0n;
  for (let count = 0; count < MAX_VARINT_BYTES; count += 1) {
    const byte = input.bytes[input.offset];
    if (byte === undefined) throw invalid("unexpected EOF");
    input.offset += 1;
    value |= BigInt(byte & 0x7f) << BigInt(BITS * count);
    if (byte < 0x80) return Number(BigInt.asIntN(64, value));
  }
  throw invalid("integer overflow");
}

function invalid(reason: string): EngineError {
  return new EngineError("invalid-argument", `proto: ${reason}`);
}
