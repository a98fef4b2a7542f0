import { chunksOf } from "../../base/streams.ts";
import { ByteSource } from "../../guest/byte-source.ts";
import type { Duplex } from "../../guest/guest.ts";

/** undefined: the question deserves no answer. */
export type Answer = (query: Uint8Array) => Promise<Uint8Array | undefined>;

/** A datagram that came as a connection: all of it is one message, and so is the answer. Never rejects. */
export async function serveDatagram({ readable, writable }: Duplex, answer: Answer): Promise<void> {
  const writer = writable.getWriter();
  try {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunksOf(readable)) parts.push(chunk);
    const reply = await answer(joined(parts));
    if (reply !== undefined) await writer.write(reply);
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
  }
}

/** A TCP connection: each message has its length in front (RFC 1035, 4.2.2). Never rejects. */
export async function serveConnection({ readable, writable }: Duplex, answer: Answer): Promise<void> {
  const source = new ByteSource(readable);
  const writer = writable.getWriter();
  try {
    for (let query = await readMessage(source); query !== undefined; query = await readMessage(source)) {
      const reply = await answer(query);
      if (reply === undefined) break;
      await writer.write(withLength(reply));
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
  }
}

/** undefined at the end of the connection. @throws ProtocolError in the middle of a message */
export async function readMessage(source: ByteSource): Promise<Uint8Array | undefined> {
  const first = await source.some(1);
  if (first === undefined) return undefined;
  const [second = 0] = await source.exactly(1);
  return source.exactly(((first[0] as number) << 8) | second);
}

export function withLength(message: Uint8Array): Uint8Array {
  return joined([Uint8Array.of(message.length >>> 8, message.length & 0xff), message]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
