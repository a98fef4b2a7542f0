const CHUNK_BYTES = 16 << 10;

/** Keystrokes and pastes on their way to a shell: `push` never waits, the stream hands them on as fast as the shell takes them. */
export class InputPipe {
  readonly readable: ReadableStream<Uint8Array>;
  #queue: Uint8Array[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;

  constructor() {
    this.readable = new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.close() },
      { highWaterMark: 0 },
    );
  }

  /** Bytes not yet taken. */
  get sizeBytes(): number {
    return this.#queue.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  push(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    for (let offset = 0; offset < bytes.length; offset += CHUNK_BYTES) {
      this.#queue.push(bytes.subarray(offset, offset + CHUNK_BYTES));
    }
    this.#wake();
  }

  /** Nothing more is taken; what is queued is dropped. */
  close(): void {
    this.#isClosed = true;
    this.#queue = [];
    this.#wake();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (this.#queue.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const chunk = this.#queue.shift();
    if (chunk) controller.enqueue(chunk);
    else if (this.#isClosed) closeQuietly(controller);
  }
}

/** A stream that was cancelled is closed already. */
function closeQuietly(controller: ReadableStreamDefaultController<Uint8Array>): void {
  try {
    controller.close();
  } catch {
    /* cancelled */
  }
}
