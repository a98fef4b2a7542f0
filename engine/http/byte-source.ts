import type { ByteStream } from "../base/streams.ts";

const FIRST_CAPACITY = 4096;

/**
 * A connection's incoming bytes, read ahead only when asked: what was read is kept until it is taken. Never reads more than one
 * chunk that nobody asked for, so that a sender feels when nobody listens.
 */
export class ByteSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #buffer = new Uint8Array(FIRST_CAPACITY);
  #start = 0;
  #end = 0;
  #reading: Promise<boolean> | undefined;
  #ended = false;

  constructor(stream: ByteStream) {
    this.#reader = stream.getReader();
  }

  /** Bytes that are here already; valid until the next `fill` or `take`. */
  get buffered(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** The client has closed its side; what it sent before may still be buffered. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Waits for more bytes than there are. False once the client has closed its side. Callers at the same time share one read.
   * @throws what the connection failed with
   */
  fill(): Promise<boolean> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Removes up to `limit` bytes from the front of what is buffered; the array is the caller's. */
  take(limit: number): Uint8Array<ArrayBuffer> {
    const count = Math.min(limit, this.#end - this.#start);
    const taken = this.#buffer.slice(this.#start, this.#start + count);
    this.skip(count);
    return taken;
  }

  /** Forgets `count` of the buffered bytes. */
  skip(count: number): void {
    this.#start += count;
    if (this.#start < this.#end) return;
    this.#start = 0;
    this.#end = 0;
    if (this.#buffer.length > FIRST_CAPACITY) this.#buffer = new Uint8Array(FIRST_CAPACITY);
  }

  /** Reads no more. */
  async cancel(reason?: unknown): Promise<void> {
    await this.#reader.cancel(reason).catch(() => undefined);
  }

  async #read(): Promise<boolean> {
    for (;;) {
      if (this.#ended) return false;
      const { done, value } = await this.#reader.read();
      if (done) this.#ended = true;
      else if (value.length > 0) {
        this.#append(value);
        return true;
      }
    }
  }

  #append(chunk: Uint8Array): void {
    const size = this.#end - this.#start;
    if (this.#end + chunk.length > this.#buffer.length) {
      // Doubling keeps a request that comes byte by byte from being copied again and again.
      const capacity = Math.max(this.#buffer.length, 2 * (size + chunk.length));
      const grown = size + chunk.length <= this.#buffer.length / 2 ? this.#buffer : new Uint8Array(capacity);
      grown.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = grown;
      this.#start = 0;
      this.#end = size;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }
}
