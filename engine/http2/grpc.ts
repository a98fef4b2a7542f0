/**
 * gRPC over HTTP/2 (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). A message travels as
 *
 *   compressed 8 (0) | length 32 | bytes
 */
import { encodeBase64 } from "../base/base64.ts";
import { concat } from "../base/streams.ts";
import type { Http2Connection } from "./connection.ts";
import { ERROR } from "./frames.ts";
import type { HeaderList } from "./hpack.ts";
import type { Http2Stream } from "./stream.ts";

const HEAD_BYTES = 5;
/** What a peer may send in one message; grpc-go's own limit is 4 MiB, Docker's clients raise it to 16. */
const MAX_MESSAGE_BYTES = 32 << 20;
const CONTENT_TYPE = "application/grpc";

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const GRPC_CODE = {
  ok: 0,
  canceled: 1,
  unknown: 2,
  invalidArgument: 3,
  notFound: 5,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** How a call failed. */
export class GrpcError extends Error {
  readonly code: number;
  /** A `google.rpc.Status`, for those who look at its details. */
  readonly details: Uint8Array | undefined;

  constructor(code: number, message: string, details?: Uint8Array) {
    super(message);
    this.name = "GrpcError";
    this.code = code;
    this.details = details;
  }
}

/** A call as its server sees it. */
export interface GrpcCall {
  /** `/moby.buildkit.v1.Control/Solve` */
  readonly method: string;
  readonly metadata: HeaderList;
  readonly messages: AsyncIterable<Uint8Array>;
  /** Aborted when the client gives up. */
  readonly signal: AbortSignal;
  readonly send: (message: Uint8Array) => Promise<void>;
}

/** Serves one call; what it throws is told to the client. */
export type GrpcHandler = (call: GrpcCall) => Promise<void>;

/** Takes a stream that a server connection has accepted. Never throws. */
export async function serveCall(stream: Http2Stream, handler: GrpcHandler): Promise<void> {
  try {
    const headers = await stream.headers;
    let isHeadSent = false;
    const sendHead = async (): Promise<void> => {
      if (isHeadSent) return;
      isHeadSent = true;
      await stream.send([
        [":status", "200"],
        ["content-type", CONTENT_TYPE],
      ]);
    };
    const failure = await handler({
      method: valueOf(headers, ":path") ?? "",
      metadata: headers,
      messages: messagesOf(stream),
      signal: stream.signal,
      send: async (message) => {
        await sendHead();
        await stream.write(encodeMessage(message));
      },
    }).then(
      () => undefined,
      (error: unknown) => asGrpcError(error),
    );
    await sendHead();
    await stream.send(trailersOf(failure), { end: true });
    // Whatever the client still sends is for nobody.
    stream.reset(ERROR.none);
  } catch {
    stream.reset();
  }
}

/** A call to the peer. @throws GrpcError when the server says no; other errors when the connection is gone */
export class GrpcClientCall {
  readonly #stream: Http2Stream;

  constructor(connection: Http2Connection, method: string, metadata: HeaderList = []) {
    this.#stream = connection.open([
      [":method", "POST"],
      [":scheme", "http"],
      [":path", method],
      [":authority", "localhost"],
      ["content-type", CONTENT_TYPE],
      ["te", "trailers"],
      ...metadata,
    ]);
  }

  async send(message: Uint8Array): Promise<void> {
    await this.#stream.write(encodeMessage(message));
  }

  async closeSend(): Promise<void> {
    await this.#stream.end();
  }

  /** The answers; throws at their end when the server failed. */
  async *messages(): AsyncGenerator<Uint8Array, void, undefined> {
    const headers = await this.#stream.headers;
    yield* messagesOf(this.#stream);
    // A call that fails at once has only trailers, sent as its headers.
    const trailers = [...headers, ...(await this.#stream.trailers)];
    const code = Number(valueOf(trailers, "grpc-status") ?? GRPC_CODE.unknown);
    if (code !== GRPC_CODE.ok) throw new GrpcError(code, decodeMessageText(valueOf(trailers, "grpc-message") ?? ""));
  }

  cancel(): void {
    this.#stream.reset();
  }
}

/** One message there, one back. */
export async function callUnary(
  connection: Http2Connection,
  method: string,
  message: Uint8Array,
  metadata?: HeaderList,
): Promise<Uint8Array> {
  const call = new GrpcClientCall(connection, method, metadata);
  await call.send(message);
  await call.closeSend();
  let answer: Uint8Array | undefined;
  for await (const each of call.messages()) answer ??= each;
  if (answer === undefined) throw new GrpcError(GRPC_CODE.internal, `${method} answered nothing`);
  return answer;
}

/** The first value of a name. */
export function valueOf(headers: HeaderList, name: string): string | undefined {
  return headers.find(([each]) => each === name)?.[1];
}

function asGrpcError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  return new GrpcError(GRPC_CODE.unknown, error instanceof Error ? error.message : String(error));
}

function trailersOf(failure: GrpcError | undefined): HeaderList {
  if (failure === undefined) return [["grpc-status", "0"]];
  return [
    ["grpc-status", String(failure.code)],
    ["grpc-message", encodeMessageText(failure.message)],
    ...(failure.details === undefined ? [] : [["grpc-status-details-bin", withoutPadding(failure.details)] as const]),
  ];
}

function encodeMessage(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + message.length);
  new DataView(bytes.buffer).setUint32(1, message.length);
  bytes.set(message, HEAD_BYTES);
  return bytes;
}

/** Who stops reading has not given up the call. */
async function* messagesOf(stream: Http2Stream): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.body.getReader();
  let pieces: Uint8Array[] = [];
  let length = 0;
  let wanted = HEAD_BYTES;
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      pieces.push(chunk.value);
      length += chunk.value.length;
      if (length < wanted) continue;
      let bytes = pieces.length === 1 ? chunk.value : concat(pieces);
      for (wanted = messageEnd(bytes); bytes.length >= wanted; wanted = messageEnd(bytes)) {
        yield bytes.subarray(HEAD_BYTES, wanted);
        bytes = bytes.subarray(wanted);
      }
      pieces = bytes.length === 0 ? [] : [bytes];
      length = bytes.length;
    }
  } finally {
    reader.releaseLock();
  }
  if (length > 0) throw new GrpcError(GRPC_CODE.internal, "the stream ended inside a message");
}

/** Where the first message ends; where its head ends, as long as that is not there. */
function messageEnd(bytes: Uint8Array): number {
  if (bytes.length < HEAD_BYTES) return HEAD_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getUint32(1);
  if (view.getUint8(0) !== 0) throw new GrpcError(GRPC_CODE.unimplemented, "compressed messages are not understood");
  if (size > MAX_MESSAGE_BYTES) throw new GrpcError(GRPC_CODE.internal, `a message of ${size} bytes`);
  return HEAD_BYTES + size;
}

/** Percent-encoding of what is not printable ASCII. */
function encodeMessageText(text: string): string {
  return text.replace(/[^ -$&-~]/gu, (character) =>
    [...new TextEncoder().encode(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
      .join(""),
  );
}

function decodeMessageText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** As the protocol has binary values. */
const withoutPadding = (bytes: Uint8Array): string => encodeBase64(bytes).replace(/=+$/, "");
