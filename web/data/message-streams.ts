import { fromWireError, toWireError, type StreamMessage, type StreamRef } from "../worker-api.ts";

/** Bytes a receiver lets the sender have under way, per stream. Bounds memory when a program floods its output. */
const WINDOW_BYTES = 256 << 10;
/** Large chunks are cut to this, so that one stream cannot hold the channel for long. */
const CHUNK_BYTES = 64 << 10;

type Post = (message: StreamMessage, transfer: Transferable[]) => void;

interface Outgoing {
  credit: number;
  /** Wakes the sending loop. */
  wake: () => void;
  cancel: () => void;
}

interface Incoming {
  controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  /** Bytes received and not yet granted again. */
  ungranted: number;
}

/**
 * Byte streams over `postMessage`: transferable streams are not in Safari. The receiver grants credit as its reader takes chunks,
 * so back-pressure reaches the other thread. Chunks are transferred, never copied twice.
 */
export class MessageStreams {
  readonly #post: Post;
  readonly #outgoing = new Map<number, Outgoing>();
  readonly #incoming = new Map<number, Incoming>();
  #lastId = 0;

  constructor(post: Post) {
    this.#post = post;
  }

  /** Streams under way, both directions. */
  get size(): number {
    return this.#outgoing.size + this.#incoming.size;
  }

  /** Starts sending `stream`; put the reference into a message to the other side. `done` is called when it is over, however. */
  send(stream: ReadableStream<Uint8Array>, done: () => void = () => undefined): StreamRef {
    const id = ++this.#lastId;
    const reader = stream.getReader();
    const outgoing: Outgoing = {
      credit: 0,
      wake: () => undefined,
      cancel: () => {
        this.#outgoing.delete(id);
        outgoing.wake();
        reader.cancel().catch(() => undefined);
      },
    };
    this.#outgoing.set(id, outgoing);
    void this.#pump(id, outgoing, reader).finally(done);
    return { stream: id };
  }

  /** The stream behind a reference of the other side, which sends nothing (nor ends) before this grants the first credit. */
  receive(ref: StreamRef): ReadableStream<Uint8Array<ArrayBuffer>> {
    const id = ref.stream;
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => {
          this.#incoming.set(id, { controller, ungranted: 0 });
          this.#post({ type: "credit", stream: id, bytes: WINDOW_BYTES }, []);
        },
        pull: () => this.#grant(id),
        cancel: () => {
          this.#incoming.delete(id);
          this.#post({ type: "cancel", stream: id }, []);
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Takes a stream message of the other side. */
  handle(message: StreamMessage): void {
    if (message.type === "credit" || message.type === "cancel") {
      const outgoing = this.#outgoing.get(message.stream);
      if (message.type === "cancel") outgoing?.cancel();
      else if (outgoing) {
        outgoing.credit += message.bytes;
        outgoing.wake();
      }
      return;
    }
    const incoming = this.#incoming.get(message.stream);
    if (!incoming) return;
    if (message.type === "chunk") {
      incoming.ungranted += message.bytes.length;
      incoming.controller.enqueue(message.bytes);
      return;
    }
    this.#incoming.delete(message.stream);
    if (message.type === "end") incoming.controller.close();
    else incoming.controller.error(fromWireError(message.error));
  }

  /** The other side is gone: every stream fails. */
  fail(error: Error): void {
    for (const outgoing of this.#outgoing.values()) outgoing.cancel();
    for (const incoming of this.#incoming.values()) incoming.controller.error(error);
    this.#incoming.clear();
  }

  /** The reader wants more than is queued: whatever arrived before has been taken. */
  #grant(id: number): void {
    const incoming = this.#incoming.get(id);
    if (!incoming || incoming.ungranted === 0) return;
    this.#post({ type: "credit", stream: id, bytes: incoming.ungranted }, []);
    incoming.ungranted = 0;
  }

  async #pump(id: number, outgoing: Outgoing, reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    try {
      await this.#untilCredit(id, outgoing);
      for (;;) {
        const { done, value } = await reader.read();
        if (!this.#outgoing.has(id)) return;
        if (done) break;
        for (let offset = 0; offset < value.length; offset += CHUNK_BYTES) {
          await this.#untilCredit(id, outgoing);
          if (!this.#outgoing.has(id)) return;
          const bytes = owned(value, offset, Math.min(value.length, offset + CHUNK_BYTES));
          outgoing.credit -= bytes.length;
          this.#post({ type: "chunk", stream: id, bytes }, [bytes.buffer]);
        }
      }
      this.#post({ type: "end", stream: id }, []);
    } catch (error) {
      if (this.#outgoing.has(id)) this.#post({ type: "error", stream: id, error: toWireError(error) }, []);
    } finally {
      this.#outgoing.delete(id);
      reader.releaseLock();
    }
  }

  /** Returns when there is credit, or the stream is over. */
  async #untilCredit(id: number, outgoing: Outgoing): Promise<void> {
    while (outgoing.credit <= 0 && this.#outgoing.has(id)) {
      await new Promise<void>((resolve) => (outgoing.wake = resolve));
    }
  }
}

/**
 * A range of a chunk with a buffer of its own, fit to be transferred. Always a copy: the sender of the chunk may still look at its
 * memory (a view of WebAssembly memory could not even be detached).
 */
function owned(chunk: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(chunk.subarray(start, end));
}
