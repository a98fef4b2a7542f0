/** Requests of a preview's pages as a server expects them from a browser, and its answers as pages may have them. */
import { insertAfterDoctype } from "./insert-script.ts";
import type { LinkAnswer, LinkQuestion } from "./link.ts";
import { OWN_PATH, SHIM_PATH, WORKER_PATH } from "./protocol.ts";

/** Statuses whose responses have no body: `Response` insists. */
const BODILESS = new Set([204, 205, 304]);
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

export interface Place {
  /** Of the preview. */
  readonly origin: string;
  /** The published port, where it is known yet. */
  readonly port: number | undefined;
}

/** Path and query of a URL that means the published port; undefined for other places and for our own files. */
export function targetOf(href: string, { origin, port }: Place): string | undefined {
  const url = new URL(href);
  const isPort = LOOPBACK.has(url.hostname) && url.protocol === "http:" && Number(url.port || 80) === port;
  if (url.origin !== origin) return isPort ? url.pathname + url.search : undefined;
  if (url.pathname.startsWith(OWN_PATH) || url.pathname === WORKER_PATH) return undefined;
  return url.pathname + url.search;
}

/** What a browser at `http://localhost:<port>` would send; the fetch standard leaves these headers to the network layer. */
export async function questionOf(request: Request, target: string, place: Place): Promise<LinkQuestion> {
  const headers = new Map(request.headers);
  const own = `http://localhost:${place.port}`;
  const referrer = /^https?:/.test(request.referrer) ? new URL(request.referrer) : undefined;
  const isLocal = referrer?.origin === place.origin;
  if (referrer) headers.set("referer", isLocal ? own + referrer.pathname + referrer.search : referrer.origin);
  const isSafe = request.method === "GET" || request.method === "HEAD";
  if (!isSafe || request.mode === "cors") headers.set("origin", own);
  headers.set("user-agent", navigator.userAgent);
  headers.set("accept-language", navigator.languages.join(","));
  headers.set("sec-fetch-dest", request.destination || "empty");
  headers.set("sec-fetch-mode", request.mode);
  headers.set("sec-fetch-site", referrer && !isLocal ? "cross-site" : referrer ? "same-origin" : "none");
  if (!headers.has("accept")) headers.set("accept", "*/*");
  if (request.mode === "navigate") headers.set("upgrade-insecure-requests", "1");
  // A known size: few small servers understand a chunked request.
  const body = isSafe ? undefined : await request.blob();
  const documentTarget = request.mode === "navigate" || !referrer || !isLocal ? target : referrer.pathname;
  return { method: request.method, target, documentTarget, headers: [...headers], body };
}

/** The answer for the page; a document is given the shim. */
export function responseOf(answer: LinkAnswer, request: Request, place: Place): Response {
  const headers = new Headers();
  for (const [name, value] of answer.headers) headers.append(name, value);
  // A preview is a browser's window of its own for the container's pages, whatever frame it is in.
  headers.delete("x-frame-options");
  for (const name of ["content-security-policy", "content-security-policy-report-only"])
    withoutAncestors(headers, name);
  const location = headers.get("location");
  if (location !== null && URL.canParse(location, request.url))
    headers.set("location", new URL(location, atOrigin(request.url, place)).href);
  let body = BODILESS.has(answer.status) ? undefined : answer.body;
  if (body === undefined) void answer.body?.cancel();
  const isDocument = request.mode === "navigate" && /^text\/html\b/i.test(headers.get("content-type") ?? "");
  if (body && isDocument) {
    body = insertAfterDoctype(body, shimTag(answer.cookies, headers, place));
    headers.delete("content-length");
  }
  const { status, statusText } = answer;
  const init = { status: status < 200 || status > 599 ? 502 : status, statusText, headers };
  return new Response(body ?? null, init);
}

/** A page that names `http://localhost:8080` itself is answered at the preview's own origin. */
function atOrigin(href: string, { origin }: Place): string {
  const url = new URL(href);
  return origin + url.pathname + url.search;
}

/** Whom a page lets frame it is said of the world outside; the rest of its policy stays. */
function withoutAncestors(headers: Headers, name: string): void {
  const policy = headers.get(name);
  if (policy === null) return;
  const kept = policy
    .split(",")
    .map((each) => each.split(";").filter((directive) => !/^\s*frame-ancestors\b/i.test(directive)))
    .map((directives) => directives.join(";"))
    .filter((each) => each.trim() !== "");
  if (kept.length > 0) headers.set(name, kept.join(","));
  else headers.delete(name);
}

/** The first script of every document. A policy with nonces lets it in by the page's own. */
function shimTag(cookies: string, headers: Headers, { port }: Place): string {
  const nonce = /'nonce-([A-Za-z0-9+/_=-]+)'/.exec(headers.get("content-security-policy") ?? "")?.[1];
  const attributes = [
    `src="${SHIM_PATH}"`,
    `data-port="${port}"`,
    `data-cookies="${encodeURIComponent(cookies)}"`,
    ...(nonce === undefined ? [] : [`nonce="${nonce}"`]),
  ];
  return `<script ${attributes.join(" ")}></script>`;
}
