import type { EngineResponse } from "../api/app.ts";
import { type ByteStream, chunksOf, encodeUtf8, streamOf } from "../base/streams.ts";
import type { ByteSource } from "./byte-source.ts";
import type { RequestHead } from "./request-head.ts";
import { encodeHead, type Writer } from "./response-writer.ts";
import { acceptWebSocket, encodeClose, encodeMessage, readMessages } from "./web-socket.ts";

const MAX_PIECE_BYTES = 64 << 10;

/** What a client sends behind its request; it can be read once the connection was taken over. */
export interface HijackedInput {
  readonly stream: ByteStream;
  /** Lets it be read from here. */
  connect(pieces: AsyncIterator<Uint8Array>): void;
}

/** An input that waits to be connected. */
export function createHijackedInput(): HijackedInput {
  let connect!: (pieces: AsyncIterator<Uint8Array>) => void;
  const connected = new Promise<AsyncIterator<Uint8Array>>((resolve) => (connect = resolve));
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await (await connected).next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, connect };
}

export interface HijackedConnection {
  readonly source: ByteSource;
  readonly writer: Writer;
  readonly head: RequestHead;
  readonly response: EngineResponse;
  readonly input: HijackedInput;
  /** The client is gone (not: it has closed its side, which is the end of the input). */
  readonly onGone: (reason: unknown) => void;
}

/**
 * Raw bytes both ways, after `101 UPGRADED` where the client asked for an upgrade and `200 OK` where it did not. Resolves when the
 * output has ended. @throws what the connection failed with
 */
export async function serveHijacked(connection: HijackedConnection): Promise<void> {
  const { source, writer, head, response, input, onGone } = connection;
  if (response.webSocket !== undefined) return serveWebSocket(connection, response.webSocket);
  const headers = new Map(response.headers);
  headers.delete("content-length");
  const upgraded = response.status === 200 && head.headers.has("upgrade");
  if (upgraded) headers.set("connection", "Upgrade").set("upgrade", headers.get("upgrade") ?? "tcp");
  await writer.write(
    upgraded ? encodeHead(101, headers, { reason: "UPGRADED" }) : encodeHead(response.status, headers),
  );
  input.connect(rawPieces(source, onGone));
  for await (const piece of chunksOf(response.body ?? streamOf())) await writer.write(piece);
}

async function* rawPieces(
  source: ByteSource,
  onGone: (reason: unknown) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    while (source.buffered.length > 0 || (await source.fill())) yield source.take(MAX_PIECE_BYTES);
  } catch (error) {
    onGone(error);
  }
}

/** The same over RFC 6455 messages. What is no handshake is refused in the words of Docker's server. */
async function serveWebSocket(
  { source, writer, head, response, input, onGone }: HijackedConnection,
  kind: "binary" | "text",
): Promise<void> {
  const handshake = await acceptWebSocket(head);
  if (typeof handshake === "string") {
    onGone(new Error(handshake));
    await response.body?.cancel().catch(() => undefined);
    await writer.write(encodeHead(400, [["sec-websocket-version", "13"], ["connection", "close"]])); // prettier-ignore
    return writer.write(encodeUtf8(handshake));
  }
  await writer.write(encodeHead(101, handshake));
  const send = (frame: Uint8Array): void => void writer.write(frame).catch(onGone);
  input.connect(readMessages(source, { send, onClose: () => onGone(new Error("the client closed the web socket")) }));
  for await (const piece of chunksOf(response.body ?? streamOf())) await writer.write(encodeMessage(kind, piece));
  await writer.write(encodeClose());
}
