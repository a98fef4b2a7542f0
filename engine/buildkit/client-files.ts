/**
 * Directories of the client, as tar files: the receiving side of fsutil's protocol, which BuildKit's `FileSync.DiffCopy` carries.
 *
 *   client ──► STAT …, STAT without content (that was all)     DATA id … , DATA id empty (that was the file)     FIN
 *   engine ──► REQ id: the content of the file told as number id                                                 FIN
 */
import { type ByteStream, collect, emptyStream, streamFrom } from "../base/streams.ts";
import { modeOfGo } from "../archive/file-mode.ts";
import type { TarPiece } from "../archive/tree-tar.ts";
import { GRPC_CODE, type GrpcClientCall, GrpcError } from "../http2/grpc.ts";
import type { HeaderList } from "../http2/hpack.ts";
import type { TarEntryType } from "../oci/layer-tar.ts";
import { cleanPath } from "../oci/path-bytes.ts";
import { tarTypeOf } from "../oci/tar-types.ts";
import { writeTar } from "../oci/tar-writer.ts";
import { ProtoWriter } from "../wire/protobuf.ts";
import type { ClientSession } from "./client-session.ts";
import { ProtoMessage } from "./proto-message.ts";

export const PACKET = { stat: 0, request: 1, data: 2, fin: 3, error: 4 } as const;

const DIFF_COPY = "/moby.filesync.v1.FileSync/DiffCopy";
const PULL = "/moby.upload.v1.Upload/Pull";
const MAX_FILES = 200_000;
/** Content asked for ahead of the file that is being written. */
const AHEAD_BYTES = 1 << 20;
const AHEAD_FILES = 64;

/** What of a directory is wanted: patterns of `.dockerignore`; of `follow` also what symlinks lead to. */
export interface DirectoryRequest {
  /** The client's name for it: `context`, `dockerfile`. */
  readonly name: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly follow?: readonly string[];
}

/** @throws (the stream) GrpcError when the client has no such directory, or fails to read it */
export function readClientDirectory(session: ClientSession, request: DirectoryRequest): ByteStream {
  if (!session.offers(DIFF_COPY)) throw new GrpcError(GRPC_CODE.unimplemented, "no local sources enabled");
  return writeTar(new DirectoryReader(session.open(DIFF_COPY, metadataOf(request))).pieces());
}

/** What the client was given on its standard input: a tar file, or a Dockerfile. @param url `http://buildkit-session/<id>` */
export function readClientUpload(session: ClientSession, url: URL): ByteStream {
  const call = session.open(PULL, [
    ["urlpath", url.pathname],
    ["urlhost", url.host],
  ]);
  return streamFrom(
    (async function* () {
      await call.closeSend();
      for await (const message of call.messages()) yield new ProtoMessage(message).bytes(1);
    })(),
  );
}

/** Text that is not ASCII is escaped, and said to be. */
function metadataOf({ name, include = [], exclude = [], follow = [] }: DirectoryRequest): HeaderList {
  const all = { "include-patterns": include, "exclude-patterns": exclude, followpaths: follow, "dir-name": [name] };
  return Object.entries(all).flatMap(([key, values]) => {
    // oxlint-disable-next-line no-control-regex
    if (values.every((value) => /^[\u0000-\u007f]*$/.test(value))) return values.map((value) => [key, value] as const);
    return [...values.map((value) => [key, encodeURIComponent(value)] as const), [`${key}-encoded`, "1"] as const];
  });
}

interface ClientFile {
  /** Its number on the wire. */
  readonly id: number;
  readonly stat: ProtoMessage;
  readonly type: TarEntryType;
  readonly sizeBytes: number;
}

class DirectoryReader {
  readonly #call: GrpcClientCall;
  readonly #packets: AsyncIterator<Uint8Array>;
  readonly #content = new Map<number, { readonly chunks: Uint8Array[]; isWhole: boolean }>();

  constructor(call: GrpcClientCall) {
    this.#call = call;
    this.#packets = call.messages()[Symbol.asyncIterator]();
  }

  async *pieces(): AsyncGenerator<TarPiece, void, undefined> {
    let isWhole = false;
    try {
      const files = await this.#stats();
      const wanted = files.filter(({ type, sizeBytes }) => type === "file" && sizeBytes > 0);
      let next = 0;
      let aheadBytes = 0;
      let position = 0;
      for (const file of files) {
        if (file !== wanted[position]) {
          yield pieceOf(file, undefined);
          continue;
        }
        for (; next < wanted.length; next += 1) {
          const candidate = wanted[next] as ClientFile;
          if (next > position && (aheadBytes + candidate.sizeBytes > AHEAD_BYTES || next - position >= AHEAD_FILES))
            break;
          aheadBytes += candidate.sizeBytes;
          this.#content.set(candidate.id, { chunks: [], isWhole: false });
          await this.#send(PACKET.request, candidate.id);
        }
        position += 1;
        yield await this.#pieceWithContent(file);
        aheadBytes -= file.sizeBytes;
      }
      await this.#send(PACKET.fin, 0);
      await this.#call.closeSend();
      isWhole = true;
    } finally {
      if (!isWhole) this.#call.cancel();
    }
  }

  /** A small file is taken whole: it may have another size now than when it was told. */
  async #pieceWithContent(file: ClientFile): Promise<TarPiece> {
    if (file.sizeBytes > AHEAD_BYTES) return pieceOf(file, streamFrom(this.#exactly(file)));
    const bytes = await collect(streamFrom(this.#chunks(file.id)));
    return pieceOf({ ...file, sizeBytes: bytes.length }, streamFrom([bytes]));
  }

  async *#exactly(file: ClientFile): AsyncGenerator<Uint8Array, void, undefined> {
    let length = 0;
    for await (const chunk of this.#chunks(file.id)) {
      length += chunk.length;
      yield chunk;
    }
    if (length !== file.sizeBytes)
      throw new GrpcError(GRPC_CODE.unknown, `${file.stat.text(1)}: the file changed while it was being sent`);
  }

  async *#chunks(id: number): AsyncGenerator<Uint8Array, void, undefined> {
    const content = this.#content.get(id) as { chunks: Uint8Array[]; isWhole: boolean };
    for (;;) {
      for (const chunk of content.chunks.splice(0)) yield chunk;
      if (content.isWhole) break;
      const packet = await this.#next();
      if (packet === undefined) throw new GrpcError(GRPC_CODE.unknown, "the client ended inside a file");
      if (packet.integer(1) !== PACKET.data) continue;
      const target = this.#content.get(packet.integer(3));
      const bytes = packet.bytes(4);
      if (bytes.length > 0) target?.chunks.push(bytes.slice());
      else if (target) target.isWhole = true;
    }
    this.#content.delete(id);
  }

  async #stats(): Promise<readonly ClientFile[]> {
    const files: ClientFile[] = [];
    for (let id = 0; ; id += 1) {
      const packet = await this.#next();
      if (packet === undefined) throw new GrpcError(GRPC_CODE.unknown, "the client ended before its last file");
      if (packet.integer(1) !== PACKET.stat) continue;
      const stat = packet.message(2);
      if (stat === undefined) return files;
      if (files.length >= MAX_FILES) throw new GrpcError(GRPC_CODE.invalidArgument, `more than ${MAX_FILES} files`);
      const type = tarTypeOf(modeOfGo(stat.integer(2)));
      // Sockets go nowhere.
      if (type === undefined) continue;
      const isLink = type === "file" && stat.text(7) !== "";
      files.push({
        id,
        stat,
        type: isLink ? "hard-link" : type,
        sizeBytes: type === "file" && !isLink ? stat.integer(5) : 0,
      });
    }
  }

  async #next(): Promise<ProtoMessage | undefined> {
    const { done, value } = await this.#packets.next();
    if (done) return undefined;
    const packet = new ProtoMessage(value);
    if (packet.integer(1) === PACKET.error)
      throw new GrpcError(GRPC_CODE.unknown, `error from sender: ${new TextDecoder().decode(packet.bytes(4))}`);
    return packet;
  }

  async #send(type: number, id: number): Promise<void> {
    await this.#call.send(new ProtoWriter().integer(1, type).integer(3, id).finish());
  }
}

const NANOSECONDS = 1e9;

function pieceOf({ stat, type, sizeBytes }: ClientFile, content: ByteStream | undefined): TarPiece {
  const link = stat.text(7);
  return {
    entry: {
      path: cleanPath(stat.text(1)),
      type,
      mode: modeOfGo(stat.integer(2)) & 0o7777,
      uid: stat.integer(3),
      gid: stat.integer(4),
      size: sizeBytes,
      mtimeSeconds: Math.floor(stat.integer(6) / NANOSECONDS),
      major: stat.integer(8),
      minor: stat.integer(9),
      link: type === "hard-link" ? cleanPath(link) : link,
      xattrs: stat.messages(10).map((entry) => [entry.text(1), entry.bytes(2)] as const),
    },
    ...(sizeBytes > 0 && { content: content ?? emptyStream() }),
  };
}
