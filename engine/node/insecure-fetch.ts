import { once } from "node:events";
import { Duplex } from "node:stream";
import { connect } from "node:tls";
import { type ClientConnection, fetchOver } from "../http/client.ts";
import { MAX_REDIRECTS, redirectOf } from "../http/redirect.ts";

type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/**
 * `fetch` that takes any certificate from some hosts, as dockerd does from its `--insecure-registry`; Node's own cannot be told so.
 * @param isInsecure asked with the host, and its port when it is not 443
 */
export function insecureFetch(isInsecure: (host: string) => boolean, fetch: Fetch = globalThis.fetch): Fetch {
  const go = async (url: string, init: RequestInit, redirects: number): Promise<Response> => {
    const place = new URL(url);
    if (place.protocol !== "https:" || !isInsecure(place.host)) return await fetch(url, init);
    const response = await fetchOver(await dial(place, init.signal ?? undefined), place, init);
    const next = redirectOf(response, place, init);
    if (!next) return response;
    await response.body?.cancel();
    if (redirects >= MAX_REDIRECTS) throw new TypeError(`stopped after ${MAX_REDIRECTS} redirects`);
    return await go(next.url, next.init, redirects + 1);
  };
  return (url, init = {}) => go(url, init, 0);
}

async function dial(place: URL, signal: AbortSignal | undefined): Promise<ClientConnection> {
  const host = place.hostname.replace(/^\[|\]$/g, "");
  const isName = !/^[\d.]+$|:/.test(host);
  const socket = connect({
    host,
    port: Number(place.port || 443),
    rejectUnauthorized: false,
    ...(isName && { servername: host }),
  });
  try {
    await once(socket, "secureConnect", signal ? { signal } : {});
  } catch (cause) {
    socket.destroy();
    signal?.throwIfAborted();
    throw new TypeError("fetch failed", { cause });
  }
  return Duplex.toWeb(socket) as unknown as ClientConnection;
}
