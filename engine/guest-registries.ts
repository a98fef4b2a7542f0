import { type Guest, GuestError } from "./guest/guest.ts";
import { type ClientConnection, fetchOver } from "./http/client.ts";
import { MAX_REDIRECTS, redirectOf } from "./http/redirect.ts";

type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

export interface GuestRegistriesPorts {
  /** Connects to a port of the guest. Undefined when nothing listens there. */
  readonly connect: (address: string, port: number, signal?: AbortSignal) => Promise<ClientConnection | undefined>;
  /** Whether an IPv4 address belongs to a network of the guest. */
  readonly isInside: (address: string) => boolean;
  /** The world outside. */
  readonly fetch: Fetch;
}

const LOOPBACK = /^(localhost|127(?:\.\d+){3})$/;
const IPV4 = /^\d+(?:\.\d+){3}$/;

/**
 * `fetch` as a daemon inside the guest would do it (docs/decisions/0008-registry-addresses.md): addresses of the guest's networks are the guest's alone, and a
 * loopback address is the guest's where something listens there, otherwise the host's.
 */
export function guestFirstFetch(ports: GuestRegistriesPorts): Fetch {
  const go = async (url: string, init: RequestInit, redirects: number): Promise<Response> => {
    const place = /^https?:/.test(url) ? new URL(url) : undefined;
    if (!place) return await ports.fetch(url, init);
    const isLoopback = LOOPBACK.test(place.hostname);
    const isInside = !isLoopback && IPV4.test(place.hostname) && ports.isInside(place.hostname);
    if (!isLoopback && !isInside) return await ports.fetch(url, init);
    const address = isLoopback && !IPV4.test(place.hostname) ? "127.0.0.1" : place.hostname;
    const port = Number(place.port || (place.protocol === "https:" ? 443 : 80));
    const connection = await ports.connect(address, port, init.signal ?? undefined);
    if (!connection) {
      if (isLoopback) return await ports.fetch(url, init);
      throw failure({ code: "ECONNREFUSED", address, port }, "connection refused");
    }
    if (place.protocol === "https:") {
      await Promise.allSettled([connection.readable.cancel(), connection.writable.abort()]);
      throw failure({ code: "EPROTO" }, "registries inside the machine are reached without TLS only");
    }
    const response = await fetchOver(connection, place, init);
    const next = redirectOf(response, place, init);
    if (!next) return response;
    await response.body?.cancel();
    if (redirects >= MAX_REDIRECTS) throw failure({ code: "ELOOP" }, `stopped after ${MAX_REDIRECTS} redirects`);
    return await go(next.url, next.init, redirects + 1);
  };
  return (url, init = {}) => go(url, init, 0);
}

/** Undefined when nothing listens there. */
export async function connectToGuest(
  guest: Pick<Guest, "connect">,
  { address, port }: { readonly address: string; readonly port: number },
  signal: AbortSignal | undefined,
): Promise<ClientConnection | undefined> {
  try {
    return await guest.connect({ family: "tcp", address, port }, signal ? { signal } : {});
  } catch (error) {
    if (error instanceof GuestError) return undefined;
    throw error;
  }
}

/** As Node's `fetch` tells it, for messages in Go's words. */
function failure(cause: Readonly<Record<string, unknown>>, message: string): TypeError {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(message), cause) });
}
