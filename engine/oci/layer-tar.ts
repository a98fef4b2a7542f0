/**
 * Reads tar files as they come: layers, build contexts, `docker cp`, `docker load`. Understands ustar, PAX and GNU; memory is bounded by
 * one header and the caller's chunk. Names are hostile: paths come out cleaned, inside the root (`path-bytes.ts`).
 *
 * As Go's `archive/tar` does, and so Docker: a global PAX header changes nothing, content of links and devices is skipped, what follows
 * two zero blocks is ignored, and a file may end without them.
 */
import { chunksOf, type ByteStream } from "../base/streams.ts";
import { cleanPath, climbsOut, decodePath } from "./path-bytes.ts";
import { applyPax, decodePax, hasSparseRecords, xattrsOf } from "./pax.ts";
import { BLOCK_BYTES, decodeTarHeader, invalidTar, isZeroBlock, type TarHeader } from "./tar-header.ts";

export type TarEntryType =
  | "file"
  | "directory"
  | "symlink"
  | "hard-link"
  | "character-device"
  | "block-device"
  | "fifo";

/** Everything about an entry but its content. Field names as in the guest's tree records. */
export interface TarEntry {
  /** Relative and cleaned; "" is the root. */
  readonly path: string;
  readonly type: TarEntryType;
  /** Permissions: the lower 12 bits of st_mode. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for what is no regular file. */
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  readonly major: number;
  readonly minor: number;
  /** A symlink's target as it was written; a hard link's target, cleaned like `path`. Otherwise "". */
  readonly link: string;
  readonly xattrs: readonly (readonly [name: string, value: Uint8Array])[];
  /** Where the content begins in the tar file. */
  readonly contentOffset: number;
  /** The name, or a hard link's target, as it was written, when it climbs out of the root: for those who refuse what cleaning mends. */
  readonly escape?: string;
}

export interface TarSink {
  entry(entry: TarEntry): void;
  /** A piece of the last entry's content, in order. A view on the caller's chunk: copy it to keep it. */
  content?(bytes: Uint8Array): void;
}

const TYPES: Readonly<Record<string, TarEntryType>> = {
  "0": "file",
  "7": "file",
  "1": "hard-link",
  "2": "symlink",
  "3": "character-device",
  "4": "block-device",
  "5": "directory",
  "6": "fifo",
};

/** Go's limit for extended headers and GNU long names. */
const MAX_EXTENSION_BYTES = 1 << 20;
const NO_RECORDS: ReadonlyMap<string, Uint8Array> = new Map();

type ExtensionFlag = "x" | "g" | "L" | "K";

/** Parses chunks of a tar file of any size as they are pushed. Synchronous. Throws EngineError invalid-argument for a bad file. */
export class TarParser {
  readonly #sink: TarSink;
  /** A header block, or an extended header, that is being gathered. */
  #buffer: Uint8Array = new Uint8Array(BLOCK_BYTES);
  #fill = 0;
  #gathering: "header" | ExtensionFlag = "header";
  #contentLeft = 0;
  #paddingLeft = 0;
  #offset = 0;
  #zeroBlocks = 0;
  #records = NO_RECORDS;
  #longName: string | undefined;
  #longLink: string | undefined;

  constructor(sink: TarSink) {
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && this.#zeroBlocks < 2) {
      const taken = this.#take(chunk, at);
      at += taken;
      this.#offset += taken;
      if (this.#fill === this.#buffer.length) this.#gathered();
    }
  }

  /** Call after the last chunk. @throws EngineError invalid-argument when the file breaks off */
  end(): void {
    const isBetweenEntries = this.#gathering === "header" && this.#fill === 0 && this.#contentLeft === 0;
    const isExtensionPending =
      this.#records !== NO_RECORDS || this.#longName !== undefined || this.#longLink !== undefined;
    if (!isBetweenEntries || isExtensionPending) throw invalidTar("unexpected EOF");
  }

  #take(chunk: Uint8Array, at: number): number {
    const available = chunk.length - at;
    if (this.#contentLeft > 0) {
      const taken = Math.min(available, this.#contentLeft);
      this.#contentLeft -= taken;
      this.#sink.content?.(chunk.subarray(at, at + taken));
      return taken;
    }
    if (this.#paddingLeft > 0) {
      const taken = Math.min(available, this.#paddingLeft);
      this.#paddingLeft -= taken;
      return taken;
    }
    const taken = Math.min(available, this.#buffer.length - this.#fill);
    this.#buffer.set(chunk.subarray(at, at + taken), this.#fill);
    this.#fill += taken;
    return taken;
  }

  #gathered(): void {
    const bytes = this.#buffer;
    const kind = this.#gathering;
    this.#fill = 0;
    if (kind === "header") return this.#header(bytes);
    if (kind === "x") this.#records = decodePax(bytes);
    else if (kind === "g") decodePax(bytes);
    else if (kind === "L") this.#longName = untilNul(bytes);
    else this.#longLink = untilNul(bytes);
    this.#paddingLeft = paddingOf(bytes.length);
    this.#gathering = "header";
    this.#buffer = new Uint8Array(BLOCK_BYTES);
  }

  #header(block: Uint8Array): void {
    if (isZeroBlock(block)) {
      this.#zeroBlocks += 1;
      return;
    }
    if (this.#zeroBlocks > 0) throw invalidTar("invalid tar header");
    const header = decodeTarHeader(block);
    const { flag, size } = header;
    if (flag !== "x" && flag !== "g" && flag !== "L" && flag !== "K") return this.#entry(header);
    if (size < 0 || size > MAX_EXTENSION_BYTES) throw invalidTar("invalid tar header: an extended header is too large");
    this.#gathering = flag;
    this.#buffer = new Uint8Array(size);
  }

  #entry(header: TarHeader): void {
    const records = this.#records;
    const extended = applyPax(
      { ...header, name: this.#longName ?? header.name, link: this.#longLink ?? header.link },
      records,
    );
    this.#records = NO_RECORDS;
    this.#longName = undefined;
    this.#longLink = undefined;

    const type = TYPES[extended.flag];
    if (extended.flag === "S" || hasSparseRecords(records))
      throw invalidTar(`sparse files are not supported: ${extended.name}`);
    if (type === undefined)
      throw invalidTar(`unhandled tar header type ${extended.flag.charCodeAt(0)}: ${extended.name}`);
    if (extended.name.includes("\0") || extended.link.includes("\0")) throw invalidTar("a name contains a NUL");
    const size = type === "file" ? extended.size : 0;
    if (size < 0) throw invalidTar(`negative size: ${extended.name}`);
    this.#contentLeft = size;
    this.#paddingLeft = paddingOf(size);
    this.#sink.entry({
      path: cleanPath(extended.name),
      type,
      mode: extended.mode,
      uid: extended.uid,
      gid: extended.gid,
      size,
      mtimeSeconds: extended.mtimeSeconds,
      mtimeNanoseconds: extended.mtimeNanoseconds,
      major: extended.major,
      minor: extended.minor,
      link: type === "hard-link" ? cleanPath(extended.link) : type === "symlink" ? extended.link : "",
      xattrs: xattrsOf(records),
      contentOffset: this.#offset,
      ...escapeOf(extended.name),
      ...(type === "hard-link" && escapeOf(extended.link)),
    });
  }
}

/** An entry with its content, which is only there until the next entry is asked for. What was not read of it is skipped. */
export interface TarItem {
  readonly entry: TarEntry;
  readonly content: ByteStream;
}

/** The entries of a tar file, one after another. Leaving the loop cancels the stream. @throws EngineError invalid-argument */
export async function* readTar(stream: ByteStream): AsyncGenerator<TarItem, void, undefined> {
  const chunks = chunksOf(stream);
  const events: (TarEntry | Uint8Array)[] = [];
  const parser = new TarParser({ entry: (entry) => events.push(entry), content: (bytes) => events.push(bytes) });
  const peek = async (): Promise<TarEntry | Uint8Array | undefined> => {
    while (events.length === 0) {
      const { done, value } = await chunks.next();
      if (done) {
        parser.end();
        return undefined;
      }
      parser.push(value);
    }
    return events[0];
  };
  try {
    for (let event = await peek(); event !== undefined; event = await peek()) {
      const entry = events.shift() as TarEntry;
      const content = contentStream(entry.size, peek, events);
      yield { entry, content: content.stream };
      await content.skip();
    }
  } finally {
    await chunks.return();
  }
}

type Event = TarEntry | Uint8Array;

function contentStream(
  size: number,
  peek: () => Promise<Event | undefined>,
  events: Event[],
): { stream: ByteStream; skip(): Promise<void> } {
  let left = size;
  let isOver = false;
  const next = async (): Promise<Uint8Array | undefined> => {
    if (left === 0) return undefined;
    if ((await peek()) === undefined) throw invalidTar("unexpected EOF");
    const bytes = events.shift() as Uint8Array;
    left -= bytes.length;
    return bytes;
  };
  const stream: ByteStream = new ReadableStream(
    {
      async pull(controller) {
        if (isOver) return controller.error(new Error("this content is gone: the next entry was asked for"));
        const bytes = await next();
        if (bytes !== undefined) controller.enqueue(bytes);
        if (left === 0) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const skip = async (): Promise<void> => {
    isOver = true;
    while ((await next()) !== undefined);
  };
  return { stream, skip };
}

const escapeOf = (name: string): { escape?: string } => (climbsOut(name) ? { escape: name } : {});

const paddingOf = (size: number): number => (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;

function untilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodePath(end < 0 ? bytes : bytes.subarray(0, end));
}
