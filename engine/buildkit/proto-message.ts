import { decodeUtf8 } from "../base/streams.ts";
import { type ProtoField, protoFields, ProtoWriter } from "../wire/protobuf.ts";

const NOTHING = new Uint8Array(0);

/** A message that was received, by field number. What is missing reads as its zero value, as in proto3. */
export class ProtoMessage {
  readonly #fields: readonly ProtoField[];

  /** @throws EngineError invalid-argument for what is no message */
  constructor(bytes: Uint8Array) {
    this.#fields = [...protoFields(bytes)];
  }

  integer(number: number): number {
    return this.#last(number)?.integer ?? 0;
  }

  bytes(number: number): Uint8Array {
    return this.#last(number)?.bytes ?? NOTHING;
  }

  text(number: number): string {
    return decodeUtf8(this.bytes(number));
  }

  texts(number: number): readonly string[] {
    return this.#all(number).map(({ bytes }) => decodeUtf8(bytes));
  }

  /** Undefined when it was not set. */
  message(number: number): ProtoMessage | undefined {
    const field = this.#last(number);
    return field && new ProtoMessage(field.bytes);
  }

  messages(number: number): readonly ProtoMessage[] {
    return this.#all(number).map(({ bytes }) => new ProtoMessage(bytes));
  }

  /** `map<string, string>` */
  map(number: number): ReadonlyMap<string, string> {
    return new Map(this.messages(number).map((entry) => [entry.text(1), entry.text(2)]));
  }

  #all(number: number): readonly ProtoField[] {
    return this.#fields.filter((field) => field.number === number);
  }

  #last(number: number): ProtoField | undefined {
    return this.#fields.findLast((field) => field.number === number);
  }
}

/** Writes a `map<string, string>`, or one of bytes. */
export function writeMap(
  out: ProtoWriter,
  number: number,
  entries: Iterable<readonly [string, string | Uint8Array]>,
): ProtoWriter {
  for (const [key, value] of entries) {
    const entry = new ProtoWriter().string(1, key);
    out.message(number, (typeof value === "string" ? entry.string(2, value) : entry.bytes(2, value)).finish());
  }
  return out;
}
