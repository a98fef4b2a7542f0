import { EngineError } from "../base/errors.ts";
import type { ByteSource } from "./byte-source.ts";
import { HttpError } from "./http-error.ts";
import { hasToken, type RequestHead } from "./request-head.ts";

/** How a request says where its body ends (RFC 9112, section 6). */
type Framing = { readonly kind: "length"; readonly bytes: number } | { readonly kind: "chunked" };

/** Undefined: there is no body. @throws HttpError for what two servers could read in two ways */
export function framingOf(head: RequestHead): Framing | undefined {
  const codings = head.headers.get("transfer-encoding");
  const lengths = head.headers.get("content-length");
  if (codings !== undefined) {
    if (codings.length > 1 || codings[0]?.toLowerCase() !== "chunked") throw new HttpError(501);
    if (lengths !== undefined || head.minorVersion === 0) throw new HttpError(400);
    return { kind: "chunked" };
  }
  if (lengths === undefined) return undefined;
  const [text = "", ...more] = lengths;
  if (more.length > 0 || !/^\d{1,15}$/.test(text)) throw new HttpError(400);
  return text === "0" || Number(text) === 0 ? undefined : { kind: "length", bytes: Number(text) };
}

/** What an unread body may still have for its connection to be of further use (Go's `maxPostHandlerReadBytes`). */
const MAX_DRAIN_BYTES = 256 << 10;
const MAX_PIECE_BYTES = 64 << 10;
const MAX_CHUNK_LINE_BYTES = 4096;
const MAX_TRAILER_BYTES = 64 << 10;
/** Go's bound on what chunk extensions may add to a body that is sent byte by byte. */
const MAX_OVERHEAD_BYTES = 16 << 10;

/** The body of one request, read from the connection piece by piece as it is asked for. */
export class RequestBody {
  /** Resolves when all of it has been read; never when it is not. */
  readonly whenRead: Promise<void>;
  /** For the handler: ends where the body does. Errors with an EngineError when it is cut off or malformed. */
  readonly stream: ReadableStream<Uint8Array>;
  readonly #source: ByteSource;
  readonly #chunked: boolean;
  readonly #beforeFirstRead: () => Promise<void>;
  #missing: number;
  #overhead = 0;
  #began = false;
  #ended = false;
  #failed = false;
  #atChunkEnd = false;
  #onRead!: () => void;

  /** `beforeFirstRead`: tells a client that waits for `100 Continue` to go on. */
  constructor(source: ByteSource, framing: Framing, beforeFirstRead: () => Promise<void>) {
    this.#source = source;
    this.#chunked = framing.kind === "chunked";
    this.#missing = framing.kind === "length" ? framing.bytes : 0;
    this.#beforeFirstRead = beforeFirstRead;
    this.whenRead = new Promise((resolve) => (this.#onRead = resolve));
    this.stream = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const piece = await this.#next();
          if (piece === undefined) controller.close();
          else controller.enqueue(piece);
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** True when the connection stands at the next request. */
  get isRead(): boolean {
    return this.#ended;
  }

  /** It was cut off or malformed: nobody knows where the next request begins. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  /** Nothing of it has been asked for. */
  get isUntouched(): boolean {
    return !this.#began;
  }

  /** Throws away what nobody read. False when that is too much, or not possible: the connection is to be closed then. */
  async drain(): Promise<boolean> {
    let bytes = 0;
    while (!this.#ended) {
      if (this.#failed || bytes > MAX_DRAIN_BYTES || this.#missing > MAX_DRAIN_BYTES) return false;
      const piece = await this.#next().catch(() => undefined);
      bytes += piece?.length ?? 0;
    }
    return true;
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#ended) return undefined;
    try {
      if (!this.#began) {
        this.#began = true;
        await this.#beforeFirstRead();
      }
      return await this.#read();
    } catch (cause) {
      this.#failed = true;
      throw cause;
    }
  }

  async #read(): Promise<Uint8Array | undefined> {
    if (this.#atChunkEnd) await this.#skipLineEnd();
    if (this.#missing === 0 && this.#chunked) await this.#readChunkSize();
    if (this.#missing === 0) return this.#end();
    while (this.#source.buffered.length === 0) await this.#fill();
    const piece = this.#source.take(Math.min(this.#missing, MAX_PIECE_BYTES));
    this.#missing -= piece.length;
    if (this.#chunked) this.#atChunkEnd = this.#missing === 0;
    else if (this.#missing === 0) this.#end();
    return piece;
  }

  #end(): undefined {
    this.#ended = true;
    this.#onRead();
  }

  /** `1a;extension=x` */
  async #readChunkSize(): Promise<void> {
    const line = await this.#readLine(MAX_CHUNK_LINE_BYTES);
    const digits = /^([0-9A-Fa-f]+)[ \t]*(?:;.*)?$/.exec(line)?.[1];
    if (digits === undefined) throw malformed("invalid byte in chunk length");
    if (digits.length > 13) throw malformed("http chunk length too large");
    this.#missing = Number.parseInt(digits, 16);
    // As Go counts: 16 bytes a chunk and twice the data are free.
    this.#overhead = Math.max(0, this.#overhead + line.length + 2 - 16 - 2 * this.#missing);
    if (this.#overhead > MAX_OVERHEAD_BYTES) throw malformed("chunked encoding contains too much non-data");
    if (this.#missing === 0) await this.#skipTrailers();
  }

  async #skipTrailers(): Promise<void> {
    for (let bytes = 0; ;) {
      const line = await this.#readLine(MAX_CHUNK_LINE_BYTES);
      if (line === "") return;
      bytes += line.length;
      if (bytes > MAX_TRAILER_BYTES) throw malformed("http: suspiciously long trailer after chunked body");
    }
  }

  async #skipLineEnd(): Promise<void> {
    while (this.#source.buffered.length < 2) await this.#fill();
    this.#atChunkEnd = false;
    const [cr, lf] = this.#source.take(2);
    if (cr !== 13 || lf !== 10) throw malformed("malformed chunked encoding");
  }

  async #readLine(limit: number): Promise<string> {
    for (;;) {
      const { buffered } = this.#source;
      const lf = buffered.indexOf(10);
      if (lf > limit || (lf < 0 && buffered.length > limit)) throw malformed("header line too long");
      if (lf >= 0) {
        const line = String.fromCharCode(...this.#source.take(lf + 1));
        if (!line.endsWith("\r\n") || line.slice(0, -2).includes("\r"))
          throw malformed("chunked line ends with bare LF");
        return line.slice(0, -2);
      }
      await this.#fill();
    }
  }

  async #fill(): Promise<void> {
    if (!(await this.#source.fill())) throw malformed("unexpected EOF");
  }
}

function malformed(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}

/** The client waits for `100 Continue` before it sends the body. @throws HttpError for another expectation */
export function expectsContinue(head: RequestHead): boolean {
  const expected = head.headers.get("expect");
  if (expected === undefined) return false;
  if (!hasToken(head, "expect", "100-continue")) throw new HttpError(417);
  return head.minorVersion > 0;
}
