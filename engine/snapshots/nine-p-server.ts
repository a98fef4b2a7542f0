/**
 * The 9P2000.L server of the guest: read-only trees, one client. Requests are answered in the same tick whenever what they need is in memory,
 * because the guest's only CPU waits; the others are answered later, in any order.
 */
import type { NinePServer } from "../guest/nine-p.ts";
import { Exports, NotLoaded, type TreeExports, type TreeSource } from "./nine-p-exports.ts";
import { FidTable } from "./nine-p-fids.ts";
import {
  encodeError,
  Errno,
  HEADER_BYTES,
  Message,
  MessageReader,
  MessageWriter,
  NinePError,
  NO_TAG,
} from "./nine-p-messages.ts";
import { operations } from "./nine-p-operations.ts";
import type { ReadTrace, Session } from "./nine-p-session.ts";

/** Linux's virtio transport takes at most 128 - 3 pages per message (net/9p/trans_virtio.c). */
const MAX_MESSAGE_BYTES = 512_000;

interface Pending {
  readonly tag: number;
  /** Undefined once answered. */
  reply: ((response: Uint8Array) => void) | undefined;
}

/** Serves file trees. A response handed to `reply` is only valid during that call. */
export class FileTreeServer implements NinePServer, TreeExports {
  readonly #exports = new Exports();
  readonly #fids = new FidTable();
  readonly #input = new MessageReader();
  readonly #out = new MessageWriter(MAX_MESSAGE_BYTES);
  readonly #pending = new Set<Pending>();
  readonly #session: Session;

  constructor(options: { readonly readTrace?: ReadTrace } = {}) {
    this.#session = {
      exports: this.#exports,
      fids: this.#fids,
      msize: MAX_MESSAGE_BYTES,
      readTrace: options.readTrace,
    };
  }

  /** The hook may be set and taken away at any time. */
  set readTrace(trace: ReadTrace | undefined) {
    this.#session.readTrace = trace;
  }

  /** Exports a tree as `name` (`rootfs`, `l/0123456789abcdef`). */
  add(name: string, source: TreeSource): void {
    this.#exports.add(name, source);
  }

  /** The guest keeps the fids it has; using them gives ESTALE until the same content is exported again. */
  remove(name: string): void {
    this.#exports.remove(name);
  }

  handle(request: Uint8Array, reply: (response: Uint8Array) => void): void {
    const answer = this.#tryNow(request);
    if (answer instanceof Uint8Array) reply(answer);
    else void this.#answerLater({ tag: tagOf(request), reply }, answer, request);
  }

  saveState(): Uint8Array {
    if (this.#pending.size > 0) throw new Error(`${this.#pending.size} 9p requests are pending`);
    return this.#fids.save(this.#session.msize);
  }

  restoreState(state: Uint8Array): void {
    this.#abortAll();
    this.#session.msize = this.#fids.restore(state, this.#exports);
  }

  /** Files that the guest holds. */
  get fidCount(): number {
    return this.#fids.size;
  }

  /** Requests that are not answered yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** The answer, or what it has to wait for. */
  #tryNow(request: Uint8Array): Uint8Array | Promise<Uint8Array> | NotLoaded {
    try {
      const { type, tag } = this.#input.load(request);
      if (type === Message.version) return this.#version(tag);
      if (type === Message.flush) return this.#flush(tag);
      return this.#perform(type, tag) ?? this.#out.finish();
    } catch (error) {
      return error instanceof NotLoaded ? error : encodeError(tagOf(request), errnoOf(error));
    }
  }

  /** Writes the answer into `#out`, or answers a promise of the message. */
  #perform(type: number, tag: number): Promise<Uint8Array> | undefined {
    const operation = operations[type];
    if (!operation) throw new NinePError(Errno.EOPNOTSUPP);
    this.#out.begin(type + 1, tag);
    return operation(this.#session, this.#input, this.#out);
  }

  async #answerLater(pending: Pending, what: Promise<Uint8Array> | NotLoaded, request: Uint8Array): Promise<void> {
    this.#pending.add(pending);
    // The emulator may reuse the buffer once `handle` has returned.
    const kept = what instanceof NotLoaded ? request.slice() : request;
    let response: Uint8Array;
    try {
      response = what instanceof NotLoaded ? await this.#performWhenLoaded(pending, what, kept) : await what;
    } catch (error) {
      response = encodeError(pending.tag, errnoOf(error));
    }
    this.#answer(pending, response);
  }

  async #performWhenLoaded(pending: Pending, missing: NotLoaded, request: Uint8Array): Promise<Uint8Array> {
    for (let wanted = missing; ;) {
      await wanted.slot.load();
      // Flushed meanwhile: it must not change the fid table any more.
      if (!pending.reply) return request;
      try {
        const { type, tag } = this.#input.load(request);
        const later = this.#perform(type, tag);
        // Copied before anything else runs: the next request writes into the same buffer.
        return later === undefined ? this.#out.finish().slice() : await later;
      } catch (error) {
        if (!(error instanceof NotLoaded)) throw error;
        wanted = error;
      }
    }
  }

  #answer(pending: Pending, response: Uint8Array): void {
    this.#pending.delete(pending);
    const { reply } = pending;
    pending.reply = undefined;
    reply?.(response);
  }

  #version(tag: number): Uint8Array {
    const msize = this.#input.u32();
    const version = String.fromCharCode(...this.#input.string());
    this.#abortAll();
    this.#fids.clear();
    this.#session.msize = Math.max(HEADER_BYTES + 4, Math.min(msize, MAX_MESSAGE_BYTES));
    const answer = version === "9P2000.L" ? version : "unknown";
    return this.#out
      .begin(Message.version + 1, tag)
      .u32(this.#session.msize)
      .string(asciiBytes(answer))
      .finish();
  }

  /**
   * The flushed request is answered first, with EINTR: Linux takes an answer that comes before Rflush as if nothing had been flushed
   * (net/9p/client.c), and the virtqueue gets its buffers back.
   */
  #flush(tag: number): Uint8Array {
    const oldTag = this.#input.u16();
    for (const pending of this.#pending)
      if (pending.tag === oldTag) this.#answer(pending, encodeError(oldTag, Errno.EINTR));
    return this.#out.begin(Message.flush + 1, tag).finish();
  }

  #abortAll(): void {
    for (const pending of this.#pending) this.#answer(pending, encodeError(pending.tag, Errno.EINTR));
  }
}

/** Anything unexpected is an I/O error to the guest. */
function errnoOf(error: unknown): number {
  return error instanceof NinePError ? error.errno : Errno.EIO;
}

/** The tag of a message, also of one whose header is otherwise wrong. */
function tagOf(request: Uint8Array): number {
  return request.length >= HEADER_BYTES ? (request[5] as number) | ((request[6] as number) << 8) : NO_TAG;
}

const asciiBytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
