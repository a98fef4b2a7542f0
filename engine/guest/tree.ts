/**
 * Tree records: a directory tree as one byte stream, both ways (`kernel-image/agent/PROTOCOL.md`, Tree records).
 *
 *     u32 header length | header | content (size bytes) | next record …   | u32 0
 */
import { chunksOf, emptyStream, streamFrom, type ByteStream } from "../base/streams.ts";
import { ByteSource } from "./byte-source.ts";
import { FieldWriter, ProtocolError, readAll } from "./codec.ts";

/** Everything about an entry but its content. */
export interface TreeHeader {
  /** Relative, without a leading or trailing slash; "" is the top. */
  readonly path: string;
  /** st_mode: type and permissions. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for what is no regular file and for a hard link. */
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  /** Of a device node. */
  readonly major: number;
  readonly minor: number;
  /** A symlink's target; for a hard link the path, in this tree, that was sent before. Otherwise "". */
  readonly link: string;
  readonly hard: boolean;
  readonly xattrs: readonly (readonly [name: string, value: Uint8Array])[];
}

/** An entry with its content. */
export interface TreeEntry extends TreeHeader {
  /** Exactly `size` bytes. When decoding, only valid until the next entry is asked for; what was not read is skipped. */
  readonly content: ByteStream;
}

/** No path, link target and set of extended attributes together come near this. */
const MAX_HEADER_BYTES = 1 << 20;

/** A header with the fields of an empty file owned by root where none are given. */
export function treeHeader(fields: Partial<TreeHeader> & Pick<TreeHeader, "path" | "mode">): TreeHeader {
  const nothing = {
    uid: 0,
    gid: 0,
    size: 0,
    mtimeSeconds: 0,
    mtimeNanoseconds: 0,
    major: 0,
    minor: 0,
    link: "",
    hard: false,
    xattrs: [],
  };
  return { ...nothing, ...fields };
}

/** A record's length and header. */
export function encodeTreeHeader(header: TreeHeader): Uint8Array<ArrayBuffer> {
  const out = new FieldWriter().u32(0);
  out.string(header.path).u32(header.mode).u32(header.uid).u32(header.gid).u64(header.size);
  out.i64(header.mtimeSeconds).u32(header.mtimeNanoseconds).u32(header.major).u32(header.minor);
  out.string(header.link).boolean(header.hard);
  out.list(header.xattrs, ([name, value]) => out.string(name).bytes(value));
  out.patchU32(0, out.length - 4);
  return out.finish();
}

/** A header without its length. @throws ProtocolError */
function decodeTreeHeader(bytes: Uint8Array): TreeHeader {
  return readAll(bytes, (input) => ({
    path: input.string(),
    mode: input.u32(),
    uid: input.u32(),
    gid: input.u32(),
    size: input.size(),
    mtimeSeconds: input.integer(),
    mtimeNanoseconds: input.u32(),
    major: input.u32(),
    minor: input.u32(),
    link: input.string(),
    hard: input.boolean(),
    xattrs: input.list(() => [input.string(), input.bytes()] as const),
  }));
}

/**
 * The records of these entries, with the end mark.
 * The stream errors with a RangeError when an entry's content is not `size` bytes.
 */
export function encodeTree(entries: AsyncIterable<TreeEntry> | Iterable<TreeEntry>): ByteStream {
  return streamFrom(records(entries));
}

async function* records(
  entries: AsyncIterable<TreeEntry> | Iterable<TreeEntry>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const entry of entries) {
    yield encodeTreeHeader(entry);
    if (entry.size === 0) continue;
    let sent = 0;
    for await (const chunk of chunksOf(entry.content)) {
      sent += chunk.length;
      if (sent > entry.size) break;
      yield chunk;
    }
    if (sent !== entry.size)
      throw new RangeError(
        `content of ${entry.path} is ${sent > entry.size ? "more than" : `${sent}, not`} ${entry.size} bytes`,
      );
  }
  yield new Uint8Array(4);
}

/**
 * The entries of a record stream, parents before children. Leaving the loop cancels the stream.
 * @throws ProtocolError when the stream ends early or holds what cannot be a header.
 */
export async function* decodeTree(stream: ByteStream): AsyncGenerator<TreeEntry, void, undefined> {
  const source = new ByteSource(stream);
  try {
    for (;;) {
      const prefix = await source.exactly(4);
      const length = new DataView(prefix.buffer, prefix.byteOffset).getUint32(0, true);
      if (length === 0) return;
      if (length > MAX_HEADER_BYTES) throw new ProtocolError(`tree header of ${length} bytes`);
      const header = decodeTreeHeader(await source.exactly(length));
      const content = source.limited(header.size);
      yield { ...header, content: content.size === 0 ? emptyStream() : content.stream };
      await content.skip();
    }
  } finally {
    await source.cancel();
  }
}
