/** What every 9P2000.L server does with its messages, whatever its files are. */
import type { NinePServer } from "../guest/nine-p.ts";
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

/** Linux's virtio transport takes at most 128 - 3 pages per message (net/9p/trans_virtio.c). */
export const MAX_MESSAGE_BYTES = 512_000;

/** Thrown to say: wait for this, then handle the request again. Nothing has been changed. */
export class NotReady {
  readonly ready: () => Promise<unknown>;

  constructor(ready: () => Promise<unknown>) {
    this.ready = ready;
  }
}

/** The files behind a dispatcher. */
export interface MessageTarget {
  /** Reads a request's fields and writes those of its answer, or answers a promise of the whole message. @throws NotReady; NinePError */
  perform(type: number, input: MessageReader, out: MessageWriter): Promise<Uint8Array> | undefined;
  /** A new session begins: no fid is valid any more. */
  reset(msize: number): void;
}

interface Pending {
  readonly tag: number;
  /** Undefined once answered. */
  reply: ((response: Uint8Array) => void) | undefined;
}

/**
 * Decodes requests and encodes answers. Requests are answered in the same tick whenever what they need is in memory, because the
 * guest's only CPU waits; the others are answered later, in any order. A response handed to `reply` is only valid during that call.
 */
export class NinePDispatcher implements Pick<NinePServer, "handle"> {
  readonly #target: MessageTarget;
  readonly #input = new MessageReader();
  readonly #out = new MessageWriter(MAX_MESSAGE_BYTES);
  readonly #pending = new Set<Pending>();

  constructor(target: MessageTarget) {
    this.#target = target;
  }

  /** Requests that are not answered yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  handle(request: Uint8Array, reply: (response: Uint8Array) => void): void {
    const answer = this.#tryNow(request);
    if (answer instanceof Uint8Array) reply(answer);
    else void this.#answerLater({ tag: tagOf(request), reply }, answer, request);
  }

  /** Answers all that waits with EINTR. */
  abortAll(): void {
    for (const pending of this.#pending) this.#answer(pending, encodeError(pending.tag, Errno.EINTR));
  }

  /** The answer, or what it has to wait for. */
  #tryNow(request: Uint8Array): Uint8Array | Promise<Uint8Array> | NotReady {
    try {
      const { type, tag } = this.#input.load(request);
      if (type === Message.version) return this.#version(tag);
      if (type === Message.flush) return this.#flush(tag);
      return this.#perform(type, tag) ?? this.#out.finish();
    } catch (error) {
      return error instanceof NotReady ? error : encodeError(tagOf(request), errnoOf(error));
    }
  }

  /** Writes the answer into `#out`, or answers a promise of the message. */
  #perform(type: number, tag: number): Promise<Uint8Array> | undefined {
    this.#out.begin(type + 1, tag);
    return this.#target.perform(type, this.#input, this.#out);
  }

  async #answerLater(pending: Pending, what: Promise<Uint8Array> | NotReady, request: Uint8Array): Promise<void> {
    this.#pending.add(pending);
    // The emulator may reuse the buffer once `handle` has returned.
    const kept = what instanceof NotReady ? request.slice() : request;
    let response: Uint8Array;
    try {
      response = what instanceof NotReady ? await this.#performWhenReady(pending, what, kept) : await what;
    } catch (error) {
      response = encodeError(pending.tag, errnoOf(error));
    }
    this.#answer(pending, response);
  }

  async #performWhenReady(pending: Pending, missing: NotReady, request: Uint8Array): Promise<Uint8Array> {
    for (let wanted = missing; ;) {
      await wanted.ready();
      // Flushed meanwhile: it must not change the fid table any more.
      if (!pending.reply) return request;
      try {
        const { type, tag } = this.#input.load(request);
        const later = this.#perform(type, tag);
        // Copied before anything else runs: the next request writes into the same buffer.
        return later === undefined ? this.#out.finish().slice() : await later;
      } catch (error) {
        if (!(error instanceof NotReady)) throw error;
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
    this.abortAll();
    const agreed = Math.max(HEADER_BYTES + 4, Math.min(msize, MAX_MESSAGE_BYTES));
    this.#target.reset(agreed);
    const answer = version === "9P2000.L" ? version : "unknown";
    return this.#out
      .begin(Message.version + 1, tag)
      .u32(agreed)
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
