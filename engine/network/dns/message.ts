/**
 * DNS messages (RFC 1035), as far as a resolver for containers needs them: one question in, addresses and names out. All integers
 * are big-endian.
 *
 * ```text
 * header   | u16 id | u16 flags: QR opcode:4 AA TC RD RA 0:3 rcode:4 | u16 questions | u16 answers | u16 authorities | u16 additional |
 * question | name | u16 type | u16 class |
 * record   | name | u16 type | u16 class | u32 ttl | u16 length | data |
 * name     | u8 length | bytes | … | 0      or, at any place, 11 and 14 bits: where it goes on
 * ```
 */
import { addressBytes } from "../addresses.ts";

/** Record types, by name. */
export const DNS_TYPE = { A: 1, PTR: 12, MX: 15, AAAA: 28, OPT: 41 } as const;
/** Response codes, by name. */
export const DNS_CODE = { noError: 0, formatError: 1, serverFailure: 2, nameError: 3, notImplemented: 4 } as const;

export interface DnsQuery {
  readonly id: number;
  readonly recursionDesired: boolean;
  /** Without the dot at the end, as it was written; bytes outside ASCII as Latin-1. "" is the root. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** The largest UDP answer that the asker takes: 512 unless it says more (RFC 6891). */
  readonly udpBytes: number;
}

export interface DnsRecord {
  readonly type: "A" | "AAAA" | "PTR";
  /** An address, or a name. */
  readonly value: string;
}

export interface DnsReply {
  /** One of {@link DNS_CODE}. */
  readonly code: number;
  /** All of the name that was asked for. */
  readonly records: readonly DnsRecord[];
}

/** What came is no query that can be answered; `code` says so to the asker, when there is an id to say it with. */
export class DnsFormatError extends Error {
  readonly id: number | undefined;
  readonly code: number;

  constructor(message: string, id?: number, code: number = DNS_CODE.formatError) {
    super(message);
    this.name = "DnsFormatError";
    this.id = id;
    this.code = code;
  }
}

const HEADER_BYTES = 12;
const MAX_NAME_BYTES = 255;
const MIN_UDP_BYTES = 512;
const RESPONSE = 0x8000;
const TRUNCATED = 0x0200;
const RECURSION_DESIRED = 0x0100;
const RECURSION_AVAILABLE = 0x0080;
const CLASS_INTERNET = 1;
/** As Docker's. */
const TTL_SECONDS = 600;
const NAME_OF_QUESTION = 0xc000 | HEADER_BYTES;

/** Reads a query with one question. @throws DnsFormatError for anything else */
export function decodeQuery(bytes: Uint8Array): DnsQuery {
  if (bytes.length < HEADER_BYTES) throw new DnsFormatError("a DNS message has a header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const id = view.getUint16(0);
  const flags = view.getUint16(2);
  // An answer is not answered: two resolvers would talk for ever.
  if ((flags & RESPONSE) !== 0) throw new DnsFormatError("not a query");
  if (((flags >> 11) & 0xf) !== 0) throw new DnsFormatError("an unknown opcode", id, DNS_CODE.notImplemented);
  if (view.getUint16(4) !== 1) throw new DnsFormatError("not one question", id);
  const { name, end } = readName(bytes, HEADER_BYTES, id);
  if (end + 4 > bytes.length) throw new DnsFormatError("the question is cut off", id);
  return {
    id,
    recursionDesired: (flags & RECURSION_DESIRED) !== 0,
    name,
    type: view.getUint16(end),
    class: view.getUint16(end + 2),
    udpBytes: udpBytesOf(view, end + 4),
  };
}

/** Of an OPT record right behind the question, which is where resolvers put it. */
function udpBytesOf(view: DataView, at: number): number {
  const hasOpt = view.getUint16(10) > 0 && at + 5 <= view.byteLength && view.getUint8(at) === 0;
  if (!hasOpt || view.getUint16(at + 1) !== DNS_TYPE.OPT) return MIN_UDP_BYTES;
  return Math.max(MIN_UDP_BYTES, view.getUint16(at + 3));
}

function readName(bytes: Uint8Array, start: number, id: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let length = 0;
  let end: number | undefined;
  let limit = bytes.length;
  for (let at = start; ;) {
    const size = at < limit ? (bytes[at] as number) : undefined;
    if (size === undefined) throw new DnsFormatError("a name is cut off", id);
    if (size === 0) return { name: labels.join("."), end: end ?? at + 1 };
    if (size >= 0xc0) {
      const target = ((size & 0x3f) << 8) | (bytes[at + 1] ?? 0);
      end ??= at + 2;
      // Only backwards, each time further: it ends.
      if (at + 2 > bytes.length || target >= at || target < HEADER_BYTES)
        throw new DnsFormatError("a name points nowhere", id);
      limit = at;
      at = target;
      continue;
    }
    length += size + 1;
    if (size > 63 || length >= MAX_NAME_BYTES || at + 1 + size > limit)
      throw new DnsFormatError("a name is too long", id);
    labels.push(String.fromCharCode(...bytes.subarray(at + 1, at + 1 + size)));
    at += 1 + size;
  }
}

/** The bytes of an answer; cut to the question, and marked so, when it is longer than `maxBytes`. */
export function encodeReply(query: DnsQuery, { code, records }: DnsReply, maxBytes: number): Uint8Array {
  const question = [...nameBytes(query.name), ...u16(query.type), ...u16(query.class)];
  const answers = records.flatMap((record) => {
    const data = record.type === "PTR" ? nameBytes(record.value) : [...addressBytes(record.value)];
    return [
      ...u16(NAME_OF_QUESTION),
      ...u16(DNS_TYPE[record.type]),
      ...u16(CLASS_INTERNET),
      ...u16(0),
      ...u16(TTL_SECONDS),
      ...u16(data.length),
      ...data,
    ];
  });
  const fits = HEADER_BYTES + question.length + answers.length <= maxBytes;
  const flags = (query.recursionDesired ? RECURSION_DESIRED : 0) | (fits ? 0 : TRUNCATED) | code;
  return Uint8Array.from([
    ...header(query.id, flags, [1, fits ? records.length : 0]),
    ...question,
    ...(fits ? answers : []),
  ]);
}

/** The answer to what was no query; undefined when it cannot have one. */
export function encodeRefusal({ id, code }: DnsFormatError): Uint8Array | undefined {
  return id === undefined ? undefined : Uint8Array.from(header(id, code, [0, 0]));
}

function header(id: number, flags: number, [questions, answers]: readonly [number, number]): readonly number[] {
  return [id, RESPONSE | RECURSION_AVAILABLE | flags, questions, answers, 0, 0].flatMap(u16);
}

function u16(value: number): readonly number[] {
  return [(value >>> 8) & 0xff, value & 0xff];
}

/** Labels that are too long for a name are cut: no name of a container is. */
function nameBytes(name: string): readonly number[] {
  const labels = name === "" ? [] : name.split(".");
  return [
    ...labels.flatMap((label) => {
      const bytes = Array.from(label.slice(0, 63), (letter) => letter.charCodeAt(0) & 0xff);
      return [bytes.length, ...bytes];
    }),
    0,
  ];
}
