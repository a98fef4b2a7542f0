import { ByteSource } from "../../guest/byte-source.ts";
import type { Duplex } from "../../guest/guest.ts";
import { readMessage, withLength } from "./transports.ts";

/** How long one server may take. */
const TIMEOUT_MS = 4000;

/**
 * Passes a question on to the servers, one after the other, over TCP (every server of today speaks it, and nothing gets lost).
 * undefined when none answers it.
 */
export async function askServers(
  servers: readonly string[],
  query: Uint8Array,
  connect: (address: string, signal: AbortSignal) => Promise<Duplex>,
): Promise<Uint8Array | undefined> {
  for (const server of servers) {
    const reply = await ask(server, query, connect).catch(() => undefined);
    if (reply !== undefined && isReplyTo(query, reply)) return reply;
  }
  return undefined;
}

async function ask(
  server: string,
  query: Uint8Array,
  connect: (address: string, signal: AbortSignal) => Promise<Duplex>,
): Promise<Uint8Array | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const { readable, writable } = await connect(server, signal);
  const writer = writable.getWriter();
  const giveUp = (): void => void writer.abort(signal.reason).catch(() => undefined);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await writer.write(withLength(query));
    return await Promise.race([readMessage(new ByteSource(readable)), late(signal)]);
  } finally {
    signal.removeEventListener("abort", giveUp);
    await writer.close().catch(() => undefined);
  }
}

function late(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
}

/** The same id, and the mark of an answer. */
function isReplyTo(query: Uint8Array, reply: Uint8Array): boolean {
  return reply.length >= 12 && reply[0] === query[0] && reply[1] === query[1] && ((reply[2] as number) & 0x80) !== 0;
}
