import type { ByteStream } from "../base/streams.ts";
import { deferred, type Deferred } from "../base/deferred.ts";

/** A pipe in memory, for fakes. */
export class FakePipe {
  readonly readable: ByteStream;
  /** Writes wait while `capacity` bytes or more are unread. Rejects once the reader has cancelled. */
  readonly writable: WritableStream<Uint8Array>;

  readonly #brokenPipe: () => Error;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #closed = false;
  #ended = false;
  #changed: Deferred<void> = deferred();
  #readController!: ReadableStreamDefaultController<Uint8Array>;
  #writeController!: WritableStreamDefaultController;

  /** `brokenPipe` makes the error that writers get when nobody reads any more. */
  constructor(brokenPipe: () => Error, options: { capacity?: number } = {}) {
    const { capacity = 65536 } = options;
    this.#brokenPipe = brokenPipe;
    this.readable = new ReadableStream(
      {
        start: (controller) => void (this.#readController = controller),
        pull: () => this.#pull(),
        cancel: () => this.#end(brokenPipe(), { reader: false, writer: true }),
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        this.#writeController = controller;
        controller.signal.addEventListener("abort", () => this.#end(brokenPipe(), { reader: true, writer: false }));
      },
      write: (chunk) => this.#write(chunk, capacity),
      close: () => this.#close(),
    });
  }

  /** The reader has seen the end, or has cancelled, or the writer has aborted. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Errors both ends. */
  destroy(error: Error): void {
    this.#end(error, { reader: true, writer: true });
  }

  async #pull(): Promise<void> {
    while (this.#chunks.length === 0 && !this.#closed && !this.#ended) await this.#changed.promise;
    if (this.#ended) return;
    const chunk = this.#chunks.shift() as Uint8Array;
    this.#size -= chunk.length;
    this.#readController.enqueue(chunk);
    if (this.#closed && this.#chunks.length === 0) this.#finish();
    this.#wake();
  }

  async #write(chunk: Uint8Array, capacity: number): Promise<void> {
    while (this.#size >= capacity && !this.#ended) await this.#changed.promise;
    if (this.#ended) throw this.#brokenPipe();
    if (chunk.length === 0) return;
    this.#chunks.push(chunk.slice());
    this.#size += chunk.length;
    this.#wake();
  }

  #close(): void {
    this.#closed = true;
    if (this.#chunks.length === 0 && !this.#ended) this.#finish();
    this.#wake();
  }

  #finish(): void {
    this.#ended = true;
    this.#readController.close();
  }

  #end(error: Error, sides: { reader: boolean; writer: boolean }): void {
    if (this.#ended) return;
    this.#ended = true;
    if (sides.reader) this.#readController.error(error);
    if (sides.writer && !this.#closed) this.#writeController.error(error);
    this.#wake();
  }

  #wake(): void {
    const changed = this.#changed;
    this.#changed = deferred();
    changed.resolve();
  }
}
