/**
 * Keeps one version of the page, whole, so that it starts without a network: page, emulator, guest artifacts, and the smallest
 * images. A new version is downloaded beside the old one, file by file only what changed, and waits until the person wants it.
 * Large image layers are not kept here: the engine keeps them in IndexedDB.
 */
import type { FetchEvent, RoutableInstallEvent, ServiceWorkerScope } from "./data/service-worker-types.ts";

interface Precache {
  readonly version: string;
  /** The page and what it boots from; URLs relative to this script, with hashes where the file's name has none. */
  readonly files: readonly string[];
  /** Registry files whose names do not change with their content. */
  readonly images: readonly string[];
}

const scope = self as unknown as ServiceWorkerScope;
/** The build puts the list here (`web/vite/service-worker-plugin.ts`). */
const precache = JSON.parse("__DRYDOCK_PRECACHE__") as Precache;
/** URLs whose content never changes. */
const PINNED = /[?&]v=|(^|\/)assets\//;
const KEPT_WHEN_USED = /\/guest\/.*[?&]v=|\/assets\//;
const PREFIX = "drydock-page-";
const CACHE = PREFIX + precache.version;
const base = new URL("./", scope.location.href);
const absolute = (path: string): string => new URL(path, base).href;
const page = absolute("./");

scope.addEventListener("install", (event) => {
  event.waitUntil(install());
  routeStatically(event);
});
scope.addEventListener("activate", (event) => event.waitUntil(activate()));
scope.addEventListener("fetch", onFetch);
scope.addEventListener("message", (event) => {
  if ((event.data as { type?: unknown } | undefined)?.type === "skip-waiting") void scope.skipWaiting();
});

/** All or nothing: when one file fails, the browser tries again at the next visit, and the old version stays. */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const path of [...precache.files, ...precache.images]) {
    const url = absolute(path);
    const isPinned = PINNED.test(path);
    const known = isPinned ? await caches.match(url) : undefined;
    const response = known ?? (await fetch(url, { cache: isPinned ? "default" : "no-cache" }));
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    await cache.put(url, await withoutRedirect(response));
  }
}

/** A redirected response (`/` to `/index.html`) may not answer a navigation. */
async function withoutRedirect(response: Response): Promise<Response> {
  if (!response.redirected) return response;
  return new Response(await response.blob(), { headers: response.headers });
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
  await scope.clients.claim();
}

/** Where the browser knows static routes, files whose content cannot change skip this worker: one process less to wake. */
function routeStatically(event: RoutableInstallEvent): void {
  const pinned = precache.files.filter((path) => PINNED.test(path)).map((path) => new URL(absolute(path)));
  event
    .addRoutes?.(
      pinned.map((url) => ({
        condition: { urlPattern: { pathname: url.pathname, search: url.search.slice(1) }, requestMethod: "GET" },
        source: { cacheName: CACHE },
      })),
    )
    .catch(() => undefined);
}

function onFetch(event: FetchEvent): void {
  const { request } = event;
  const url = new URL(request.url);
  if (!url.href.startsWith(base.href) || (request.method !== "GET" && request.method !== "HEAD")) return;
  if (request.mode === "navigate") {
    if (url.pathname === base.pathname || url.pathname === `${base.pathname}index.html`)
      event.respondWith(answerPage(request));
    return;
  }
  const path = url.href.slice(base.href.length);
  if (path.startsWith("v2/")) event.respondWith(answerRegistry(request));
  else if (request.method === "GET") event.respondWith(answerFile(request));
}

async function answerPage(request: Request): Promise<Response> {
  return (await caches.match(page, { cacheName: CACHE })) ?? fetch(request);
}

/** A file of this version, or the network; pinned files (a cold boot's, the editor's) are kept when they come by. */
async function answerFile(request: Request): Promise<Response> {
  const known = await caches.match(request, { cacheName: CACHE });
  if (known) return known;
  const response = await fetch(request);
  if (response.ok && response.status === 200 && KEPT_WHEN_USED.test(request.url)) {
    const copy = response.clone();
    const cache = await caches.open(CACHE);
    void cache.put(request, copy).catch(() => undefined);
  }
  return response;
}

/** The page's registry: blobs by digest from the cache if kept; names from the network first, since tags move. */
async function answerRegistry(request: Request): Promise<Response> {
  const isBlob = request.url.includes("/blobs/");
  const kept = (): Promise<Response | undefined> => matchRegistry(request);
  if (isBlob) return (await kept()) ?? fetch(request);
  try {
    const response = await fetch(request);
    if (response.status === 200 && request.method === "GET") {
      const cache = await caches.open(CACHE);
      await cache.put(request.url, response.clone()).catch(() => undefined);
    }
    return response;
  } catch (error) {
    const answer = await kept();
    if (answer) return answer;
    throw error;
  }
}

async function matchRegistry(request: Request): Promise<Response | undefined> {
  const found = await caches.match(request.url, { cacheName: CACHE, ignoreVary: true });
  if (!found) return undefined;
  if (request.method === "HEAD") return new Response(null, { status: 200, headers: found.headers });
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "");
  if (!range) return found;
  const blob = await found.blob();
  const start = Number(range[1]);
  const end = range[2] ? Math.min(Number(range[2]) + 1, blob.size) : blob.size;
  const headers = new Headers(found.headers);
  headers.set("content-range", `bytes ${start}-${end - 1}/${blob.size}`);
  headers.set("content-length", String(end - start));
  return new Response(blob.slice(start, end), { status: 206, headers });
}
