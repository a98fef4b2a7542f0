/** The client's side of RFC 6455: no extensions. Frames of the client are masked, those of the server are not. */
import { concat, decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import { ByteSource } from "./byte-source.ts";
import type { ClientConnection } from "./client.ts";
import { encodeRequestHead } from "./exchange.ts";
import { readResponseHead, type ResponseHead } from "./response-head.ts";
import { acceptValue, FINAL, have, MASKED, MAX_CONTROL_BYTES, OPCODE, unmask } from "./web-socket.ts";

/** A whole message: a browser's WebSocket knows no parts of one. */
export interface WebSocketMessage {
  readonly kind: "text" | "binary";
  readonly data: Uint8Array<ArrayBuffer>;
}

/** How it ended, as a browser's CloseEvent tells it. 1006: without a closing handshake. */
export interface WebSocketClosure {
  readonly code: number;
  readonly reason: string;
}

/** An open WebSocket. */
export interface WebSocketConnection {
  /** The subprotocol the server chose; "" for none. */
  readonly protocol: string;
  /** Of the answer to the handshake. */
  readonly headers: Headers;
  /** What the server sends; returns how it ended. Read it: pings are answered while it is read. */
  messages(): AsyncGenerator<WebSocketMessage, WebSocketClosure, undefined>;
  /** Resolves when the connection has taken it. */
  send(message: WebSocketMessage): Promise<void>;
  /** Begins the closing handshake; `messages` ends when the server has answered. */
  close(code?: number, reason?: string): Promise<void>;
  /** Ends the connection without a word. */
  abort(): Promise<void>;
}

export interface WebSocketRequest {
  readonly target: string;
  /** With `host`; those of the handshake are added. */
  readonly headers: Headers;
  readonly protocols: readonly string[];
}

const MAX_MESSAGE_BYTES = 64 << 20;
const LAST_WORDS_MS = 500;
const ABNORMAL = 1006;
const NO_STATUS = 1005;
const TOO_BIG = 1009;
const PROTOCOL_ERROR = 1002;
const BAD_DATA = 1007;

/** The opening handshake over a connection that is there. @throws TypeError when the server refuses or does not speak it */
export async function openWebSocket(
  connection: ClientConnection,
  request: WebSocketRequest,
): Promise<WebSocketConnection> {
  const source = new ByteSource(connection.readable);
  const writer = connection.writable.getWriter();
  try {
    const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
    const headers = new Headers(request.headers);
    headers.set("connection", "Upgrade");
    headers.set("upgrade", "websocket");
    headers.set("sec-websocket-version", "13");
    headers.set("sec-websocket-key", key);
    if (request.protocols.length > 0) headers.set("sec-websocket-protocol", request.protocols.join(", "));
    await writer.write(encodeRequestHead({ method: "GET", target: request.target }, headers));
    const head = await readResponseHead(source, { upgrade: true });
    const protocol = await checkAnswer(head, key, request.protocols);
    return new OpenWebSocket({ source, writer, protocol, headers: head.headers });
  } catch (error) {
    await Promise.allSettled([source.cancel(error), writer.abort(error)]);
    throw error;
  }
}

/** §4.1: the subprotocol. @throws TypeError */
async function checkAnswer(head: ResponseHead, key: string, protocols: readonly string[]): Promise<string> {
  const { status, headers } = head;
  if (status !== 101) throw new TypeError(`unexpected response code: ${status}`);
  if (headers.get("sec-websocket-accept") !== (await acceptValue(key)))
    throw new TypeError("incorrect 'Sec-WebSocket-Accept' header value");
  if (headers.has("sec-websocket-extensions")) throw new TypeError("the server chose an extension nobody asked for");
  const protocol = headers.get("sec-websocket-protocol") ?? "";
  if (protocol !== "" && !protocols.includes(protocol)) throw new TypeError(`unexpected subprotocol ${protocol}`);
  return protocol;
}

class OpenWebSocket implements WebSocketConnection {
  readonly protocol: string;
  readonly headers: Headers;
  readonly #source: ByteSource;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #isClosing = false;

  constructor(parts: {
    source: ByteSource;
    writer: WritableStreamDefaultWriter<Uint8Array>;
    protocol: string;
    headers: Headers;
  }) {
    this.#source = parts.source;
    this.#writer = parts.writer;
    this.protocol = parts.protocol;
    this.headers = parts.headers;
  }

  async *messages(): AsyncGenerator<WebSocketMessage, WebSocketClosure, undefined> {
    const pieces: Uint8Array[] = [];
    let kind: WebSocketMessage["kind"] | undefined;
    let sizeBytes = 0;
    try {
      for (;;) {
        const frame = await readFrame(this.#source, MAX_MESSAGE_BYTES - sizeBytes);
        if (frame === undefined) return { code: ABNORMAL, reason: "" };
        if (typeof frame === "number") return await this.#fail(frame);
        if (frame.opcode === OPCODE.ping) this.#write(OPCODE.pong, frame.payload).catch(() => undefined);
        if (frame.opcode === OPCODE.close) return await this.#answerClose(frame.payload);
        if (frame.opcode >= OPCODE.close) continue;
        const isContinued = frame.opcode === OPCODE.continuation;
        if (isContinued !== (kind !== undefined)) return await this.#fail(PROTOCOL_ERROR);
        kind ??= frame.opcode === OPCODE.text ? "text" : "binary";
        pieces.push(frame.payload);
        sizeBytes += frame.payload.length;
        if (!frame.isFinal) continue;
        const data = concat(pieces.splice(0));
        if (kind === "text" && !isUtf8(data)) return await this.#fail(BAD_DATA);
        yield { kind, data };
        kind = undefined;
        sizeBytes = 0;
      }
    } catch {
      return { code: ABNORMAL, reason: "" };
    } finally {
      await this.abort();
    }
  }

  send({ kind, data }: WebSocketMessage): Promise<void> {
    return this.#isClosing ? Promise.resolve() : this.#write(OPCODE[kind], data);
  }

  async close(code?: number, reason = ""): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const text = encodeUtf8(reason).subarray(0, MAX_CONTROL_BYTES - 2);
    await this.#write(OPCODE.close, code === undefined ? new Uint8Array(0) : concat([uint16(code), text]));
  }

  async abort(): Promise<void> {
    this.#isClosing = true;
    await briefly(Promise.allSettled([this.#source.cancel(), this.#writer.abort()]));
  }

  async #answerClose(payload: Uint8Array): Promise<WebSocketClosure> {
    if (!this.#isClosing) {
      this.#isClosing = true;
      await briefly(this.#write(OPCODE.close, payload.subarray(0, 2)));
    }
    if (payload.length < 2) return { code: NO_STATUS, reason: "" };
    return { code: ((payload[0] as number) << 8) | (payload[1] as number), reason: decodeUtf8(payload.subarray(2)) };
  }

  async #fail(code: number): Promise<WebSocketClosure> {
    await briefly(this.close(code));
    return { code: ABNORMAL, reason: "" };
  }

  #write(opcode: number, payload: Uint8Array): Promise<void> {
    return this.#writer.write(maskedFrame(opcode, payload));
  }
}

/** The last words to a server that may not listen any more. */
async function briefly(sending: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, LAST_WORDS_MS)));
  await Promise.race([sending.catch(() => undefined), late]);
  clearTimeout(timer);
}

interface Frame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly payload: Uint8Array<ArrayBuffer>;
}

const OPCODES: readonly number[] = Object.values(OPCODE);

/** Undefined when the connection ended; the closing code for what the protocol does not allow. */
async function readFrame(source: ByteSource, limitBytes: number): Promise<Frame | number | undefined> {
  if (!(await have(source, 2))) return undefined;
  const [first = 0, second = 0] = source.take(2);
  const opcode = first & 0x0f;
  const isFinal = (first & FINAL) !== 0;
  const short = second & 0x7f;
  const isControl = opcode >= OPCODE.close;
  if ((first & 0x70) !== 0 || (second & MASKED) !== 0 || !OPCODES.includes(opcode)) return PROTOCOL_ERROR;
  if (isControl && (short > MAX_CONTROL_BYTES || !isFinal)) return PROTOCOL_ERROR;
  const more = short < 126 ? 0 : short === 126 ? 2 : 8;
  if (!(await have(source, more))) return undefined;
  const view = new DataView(source.take(more).buffer);
  const length = more === 0 ? short : more === 2 ? view.getUint16(0) : Number(view.getBigUint64(0));
  if (!isControl && length > limitBytes) return TOO_BIG;
  if (!(await have(source, length))) return undefined;
  return { opcode, isFinal, payload: source.take(length) };
}

function maskedFrame(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const size = length < 126 ? 2 : length < 0x1_00_00 ? 4 : 10;
  const head = new DataView(new ArrayBuffer(size));
  head.setUint8(0, FINAL | opcode);
  head.setUint8(1, MASKED | (size === 2 ? length : size === 4 ? 126 : 127));
  if (size === 4) head.setUint16(2, length);
  if (size === 10) head.setBigUint64(2, BigInt(length));
  const mask = crypto.getRandomValues(new Uint8Array(4));
  return concat([new Uint8Array(head.buffer), mask, unmask(payload.slice(), mask, 0)]);
}

const uint16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
