import type { EngineFetch, EngineRequest, EngineResponse } from "../api/app.ts";
import { encodeUtf8, streamOf } from "../base/streams.ts";

/**
 * Keeps web pages out of an engine that listens on a loopback port (docs/decisions/0007-one-http-server.md): any page that the
 * user has open can send requests there. Refused with 403 are
 *
 * - a `Host` that is no loopback name or address: DNS rebinding makes a foreign page "same origin";
 * - an `Origin` that is not the engine's own (also `null`), on any method: browsers send it with every cross-origin POST;
 * - `Sec-Fetch-Site: cross-site` and `same-site`: images, scripts and links, which come without `Origin`.
 */
export function guardAgainstBrowsers(fetch: EngineFetch): EngineFetch {
  return async (request) => {
    const reason = foreignness(request);
    if (reason === undefined) return fetch(request);
    return refusal(`the request is refused: ${reason}`);
  };
}

function foreignness({ headers }: EngineRequest): string | undefined {
  const host = headers.get("host") ?? "";
  // Only a program leaves it empty: no browser can be made to.
  if (host !== "" && !isLoopbackHost(host)) return `the host ${JSON.stringify(host)} is not this machine's loopback`;
  const origin = headers.get("origin");
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    return `it comes from a page of ${JSON.stringify(origin)}`;
  const site = headers.get("sec-fetch-site");
  if (site !== undefined && site !== "same-origin" && site !== "none") return "it comes from a page of another site";
  return undefined;
}

/** `localhost`, `127.x.y.z` or `[::1]`, with or without a port. */
function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  return name === "[::1]" || isLoopback(name);
}

/** True for `localhost` and the addresses that reach this machine alone. */
export function isLoopback(name: string): boolean {
  return name === "localhost" || name === "::1" || /^127(?:\.\d{1,3}){3}$/.test(name);
}

function refusal(message: string): EngineResponse {
  const body = encodeUtf8(`${JSON.stringify({ message })}\n`);
  const headers = new Map([
    ["content-type", "application/json"],
    ["content-length", String(body.length)],
  ]);
  return { status: 403, headers, body: streamOf(body) };
}
