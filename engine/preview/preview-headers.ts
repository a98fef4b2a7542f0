/** What becomes of headers on the way between a preview page and a published port. */

export type HeaderList = readonly (readonly [name: string, value: string])[];

/** RFC 9110 §7.6.1, and what this side of the connection decides itself. */
const OF_THE_CONNECTION = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "expect"]; // prettier-ignore

/**
 * The headers of a request as the server sees them from a browser at `http://localhost:<port>`.
 * @throws TypeError for names and values that are none
 */
export function requestHeaders(sent: HeaderList, { host, cookie }: { host: string; cookie: string }): Headers {
  const headers = new Headers();
  for (const [name, value] of sent) headers.append(name, value);
  for (const name of [...OF_THE_CONNECTION, "host", "cookie"]) headers.delete(name);
  headers.set("host", host);
  headers.set("connection", "close");
  // What `DecompressionStream` can read everywhere. A part of a compressed body is of no use, so browsers ask for none.
  headers.set("accept-encoding", headers.has("range") ? "identity" : "gzip, deflate");
  if (cookie !== "") headers.set("cookie", cookie);
  return headers;
}

/** Where redirects lead that mean the server itself. */
export interface Self {
  /** The published port. */
  readonly port: number;
  /** Other names and addresses of the same server, each `host:port`: the container as its neighbours know it. */
  readonly aliases: readonly string[];
}

/** The headers of an answer as a page may see them; cookies go to the jar. */
export function responseHeaders(received: Headers, self: Self, options: { isDecoded: boolean }): HeaderList {
  const headers: [string, string][] = [];
  received.forEach((value, name) => {
    if (OF_THE_CONNECTION.includes(name) && name !== "content-length") return;
    if (name === "set-cookie" || (options.isDecoded && ["content-encoding", "content-length"].includes(name))) return;
    headers.push([name, name === "location" ? localTarget(value, self) : value]);
  });
  return headers;
}

/** `http://localhost:8080/a?b` becomes `/a?b` where that is this port; other places stay as they are. */
export function localTarget(location: string, { port, aliases }: Self): string {
  if (!/^[a-z][a-z0-9+.-]*:|^[/\\]{2}/i.test(location)) return location;
  const base = `http://localhost:${port}/`;
  if (!URL.canParse(location, base)) return location;
  const url = new URL(location, base);
  if (url.protocol !== "http:" && url.protocol !== "https:") return location;
  const place = `${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}`;
  const isOwn = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"].some((host) => place === `${host}:${port}`);
  // Two slashes at the front would name a host.
  const path = url.pathname.replace(/^\/+/, "/");
  return isOwn || aliases.includes(place) ? path + url.search + url.hash : location;
}

/** The coding that stands between the body and what a page is to read; undefined for none, and for those nobody here can read. */
export function codingOf(headers: Headers): "gzip" | "deflate" | undefined {
  const coding = headers.get("content-encoding")?.trim().toLowerCase();
  if (coding === "gzip" || coding === "x-gzip") return "gzip";
  return coding === "deflate" ? "deflate" : undefined;
}
