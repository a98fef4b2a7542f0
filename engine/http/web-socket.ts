/**
 * The server's side of RFC 6455: no extensions, no subprotocols.
 *
 *      0               1               2 …
 *     |F|RSV|opcode|M|length 7|  16 or 64 bits more  |mask key 4 bytes| payload …
 *
 * Frames of a client are masked, those of the server are not.
 */
import { concat } from "../base/streams.ts";
import type { ByteSource } from "./byte-source.ts";
import { hasToken, type RequestHead } from "./request-head.ts";

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
export const FINAL = 0x80;
export const MASKED = 0x80;
export const NORMAL_CLOSURE = 1000;
export const PROTOCOL_ERROR = 1002;
const MAX_PIECE_BYTES = 64 << 10;
export const MAX_CONTROL_BYTES = 125;

const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The headers of `101 Switching Protocols`, or what is wrong with the handshake (golang.org/x/net/websocket's words). */
export async function acceptWebSocket(head: RequestHead): Promise<ReadonlyMap<string, string> | string> {
  const key = head.headers.get("sec-websocket-key")?.[0] ?? "";
  if (!hasToken(head, "upgrade", "websocket") || !hasToken(head, "connection", "upgrade"))
    return "not websocket protocol";
  if (key === "") return "mismatch challenge/response";
  if (head.headers.get("sec-websocket-version")?.[0] !== "13") return "missing or bad WebSocket Version";
  return new Map([
    ["upgrade", "websocket"],
    ["connection", "Upgrade"],
    ["sec-websocket-accept", await acceptValue(key)],
  ]);
}

/** What a server answers to a client's key (RFC 6455 §4.2.2). */
export async function acceptValue(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + ACCEPT_GUID));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

/** A whole message. Text must be UTF-8: what is not becomes U+FFFD, since a browser would close the socket. */
export function encodeMessage(kind: "binary" | "text", payload: Uint8Array): Uint8Array {
  if (kind === "binary") return encodeFrame(OPCODE.binary, payload);
  return encodeFrame(OPCODE.text, new TextEncoder().encode(new TextDecoder().decode(payload)));
}

export function encodeClose(code = NORMAL_CLOSURE): Uint8Array {
  return encodeFrame(OPCODE.close, Uint8Array.of(code >> 8, code & 0xff));
}

function encodeFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const size = length < 126 ? 2 : length < 0x1_00_00 ? 4 : 10;
  const head = new DataView(new ArrayBuffer(size));
  head.setUint8(0, FINAL | opcode);
  head.setUint8(1, size === 2 ? length : size === 4 ? 126 : 127);
  if (size === 4) head.setUint16(2, length);
  if (size === 10) head.setBigUint64(2, BigInt(length));
  return concat([new Uint8Array(head.buffer), payload]);
}

/**
 * The payload of the client's messages, in pieces as they come: a message is never collected. Answers pings and the closing
 * handshake with `send`. Ends when the client closes or breaks the protocol; then `onClose` is called.
 */
export async function* readMessages(
  source: ByteSource,
  { send, onClose }: { send: (frame: Uint8Array) => void; onClose: () => void },
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (;;) {
      const frame = await readFrameHead(source);
      if (frame === undefined) return;
      if (frame === "malformed") return send(encodeClose(PROTOCOL_ERROR));
      if (frame.opcode >= OPCODE.close) {
        const payload = await readControl(source, frame);
        if (frame.opcode === OPCODE.ping) send(encodeFrame(OPCODE.pong, payload));
        if (frame.opcode === OPCODE.close) return send(encodeFrame(OPCODE.close, payload.subarray(0, 2)));
      } else yield* readPayload(source, frame);
    }
  } catch {
    // The connection broke: as good as closed.
  } finally {
    onClose();
  }
}

interface FrameHead {
  readonly opcode: number;
  readonly length: number;
  readonly mask: Uint8Array;
}

const OPCODES: readonly number[] = Object.values(OPCODE);

async function readFrameHead(source: ByteSource): Promise<FrameHead | "malformed" | undefined> {
  if (!(await have(source, 2))) return undefined;
  const [first = 0, second = 0] = source.take(2);
  const opcode = first & 0x0f;
  const short = second & 0x7f;
  const isControl = opcode >= OPCODE.close;
  const isBad = (first & 0x70) !== 0 || (second & MASKED) === 0 || !OPCODES.includes(opcode);
  if (isBad || (isControl && (short > MAX_CONTROL_BYTES || (first & FINAL) === 0))) return "malformed";
  const more = short < 126 ? 0 : short === 126 ? 2 : 8;
  if (!(await have(source, more + 4))) return undefined;
  const rest = source.take(more + 4);
  const view = new DataView(rest.buffer);
  const length = more === 0 ? short : more === 2 ? view.getUint16(0) : Number(view.getBigUint64(0));
  if (length > Number.MAX_SAFE_INTEGER) return "malformed";
  return { opcode, length, mask: rest.subarray(more) };
}

async function readControl(source: ByteSource, { length, mask }: FrameHead): Promise<Uint8Array> {
  if (!(await have(source, length))) return new Uint8Array(0);
  return unmask(source.take(length), mask, 0);
}

async function* readPayload(
  source: ByteSource,
  { length, mask }: FrameHead,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let offset = 0; offset < length;) {
    if (!(await have(source, 1))) return;
    const piece = source.take(Math.min(length - offset, MAX_PIECE_BYTES));
    yield unmask(piece, mask, offset);
    offset += piece.length;
  }
}

/** In place; `offset` is where `bytes` begins in the payload. Masking is the same. */
export function unmask(bytes: Uint8Array, mask: Uint8Array, offset: number): Uint8Array {
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = (bytes[index] as number) ^ (mask[(offset + index) % 4] as number);
  return bytes;
}

/** False when the other side closed before so many bytes came. */
export async function have(source: ByteSource, count: number): Promise<boolean> {
  while (source.buffered.length < count) if (!(await source.fill())) return false;
  return true;
}
