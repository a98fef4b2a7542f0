/** Header lists of HTTP/2 (RFC 7541). */
import { concat, decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import { decodeHuffman } from "./huffman.ts";

/** Names are lower case; several of one name are kept apart. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** Appendix A: name, and the values that have an index of their own. */
const STATIC_TABLE: HeaderList = (
  ":authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|:status 204|:status 206|:status 304|" +
  ":status 400|:status 404|:status 500|accept-charset|accept-encoding gzip, deflate|accept-language|accept-ranges|accept|" +
  "access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|content-language|content-length|" +
  "content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|" +
  "if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|" +
  "server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate"
)
  .split("|")
  .map((entry) => {
    const space = entry.indexOf(" ");
    return space < 0 ? [entry, ""] : [entry.slice(0, space), entry.slice(space + 1)];
  });

/** What both sides assume without a word (SETTINGS_HEADER_TABLE_SIZE). */
const TABLE_BYTES = 4096;
/** Each entry counts as that much more than its text (4.1). */
const ENTRY_OVERHEAD = 32;
const MAX_LIST_BYTES = 1 << 20;

/** Reads the header blocks of one connection, in order. */
export class HpackDecoder {
  /** Newest first. */
  #dynamic: (readonly [string, string])[] = [];
  #dynamicBytes = 0;
  #limitBytes = TABLE_BYTES;

  /** @throws Error for what is no header block: the connection cannot go on (COMPRESSION_ERROR) */
  decode(block: Uint8Array): HeaderList {
    const reader = new BlockReader(block);
    const list: (readonly [string, string])[] = [];
    let listBytes = 0;
    while (!reader.isAtEnd) {
      const entry = this.#next(reader);
      if (entry === undefined) continue;
      listBytes += sizeOf(entry);
      if (listBytes > MAX_LIST_BYTES) throw new Error("hpack: the header list is too long");
      list.push(entry);
    }
    return list;
  }

  #next(reader: BlockReader): readonly [string, string] | undefined {
    const first = reader.peek();
    if (first >= 0x80) return this.#entry(reader.integer(7));
    if (first >= 0x40) {
      const entry = this.#literal(reader, 6);
      this.#add(entry);
      return entry;
    }
    if (first < 0x20) return this.#literal(reader, 4);
    const limit = reader.integer(5);
    if (limit > TABLE_BYTES) throw new Error("hpack: the table was to grow beyond what was agreed");
    this.#limitBytes = limit;
    this.#evict();
    return undefined;
  }

  #literal(reader: BlockReader, prefixBits: number): readonly [string, string] {
    const index = reader.integer(prefixBits);
    const name = index === 0 ? reader.string() : this.#entry(index)[0];
    return [name, reader.string()];
  }

  #entry(index: number): readonly [string, string] {
    const entry =
      index <= STATIC_TABLE.length ? STATIC_TABLE[index - 1] : this.#dynamic[index - STATIC_TABLE.length - 1];
    if (entry === undefined) throw new Error(`hpack: there is no entry ${index}`);
    return entry;
  }

  #add(entry: readonly [string, string]): void {
    this.#dynamic.unshift(entry);
    this.#dynamicBytes += sizeOf(entry);
    this.#evict();
  }

  #evict(): void {
    while (this.#dynamicBytes > this.#limitBytes)
      this.#dynamicBytes -= sizeOf(this.#dynamic.pop() as readonly [string, string]);
  }
}

/** Writes a header block that needs nothing of what was sent before. */
export function encodeHeaders(list: HeaderList): Uint8Array<ArrayBuffer> {
  return concat(list.flatMap(([name, value]) => [Uint8Array.of(0), encodeString(name), encodeString(value)]));
}

function encodeString(text: string): Uint8Array {
  const bytes = encodeUtf8(text);
  return concat([encodeInteger(bytes.length, 7), bytes]);
}

function encodeInteger(value: number, prefixBits: number): Uint8Array {
  const limit = 2 ** prefixBits - 1;
  if (value < limit) return Uint8Array.of(value);
  const bytes = [limit];
  let rest = value - limit;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.of(...bytes, rest);
}

function sizeOf([name, value]: readonly [string, string]): number {
  return name.length + value.length + ENTRY_OVERHEAD;
}

class BlockReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  peek(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Error("hpack: the block ends in an entry");
    return byte;
  }

  /** 5.1 */
  integer(prefixBits: number): number {
    const limit = 2 ** prefixBits - 1;
    let value = this.#byte() & limit;
    if (value < limit) return value;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (value > 2 ** 28) throw new Error("hpack: a number is too large");
      if (byte < 0x80) return value;
    }
  }

  /** 5.2 */
  string(): string {
    const isCompressed = this.peek() >= 0x80;
    const length = this.integer(7);
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Error("hpack: the block ends in a string");
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return decodeUtf8(isCompressed ? decodeHuffman(bytes) : bytes);
  }

  #byte(): number {
    const byte = this.peek();
    this.#at += 1;
    return byte;
  }
}
