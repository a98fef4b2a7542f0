/**
 * The service worker of one preview origin: every request of a container's pages goes over a link to the engine. It keeps nothing: a
 * browser ends idle workers, and the next request asks the host page for a new link.
 */
import { questionOf, responseOf, targetOf, type Place } from "./answer.ts";
import { errorPage } from "./error-page.ts";
import { Link, LinkFailure, type LinkAnswer } from "./link.ts";
import {
  HOST_PATH,
  OWN_PATH,
  SHIM_PATH,
  type FromServiceWorker,
  type ToServiceWorker,
  type HeaderList,
} from "./protocol.ts";
import type { PreviewWorkerScope, WorkerFetchEvent, WorkerMessageEvent } from "./service-worker-scope.ts";

const scope = self as unknown as PreviewWorkerScope;
const CACHE = "__drydock";
/** What a host page needs to come up without a network. */
const OWN_FILES = [HOST_PATH, `${OWN_PATH}host.js`, SHIM_PATH];
const LINK_PATIENCE_MS = 5_000;

let link: Link | undefined;
let linkWanted: { promise: Promise<void>; resolve: () => void } | undefined;
let port = Number(/^(\d+)-/.exec(scope.location.hostname)?.[1]) || undefined;
const place = (): Place => ({ origin: scope.location.origin, port });

scope.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(OWN_FILES)));
  void scope.skipWaiting();
});
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));
scope.addEventListener("message", onMessage);
scope.addEventListener("fetch", (event) => {
  const target = targetOf(event.request.url, place());
  if (target !== undefined) event.respondWith(answer(event, target));
  else if (OWN_FILES.includes(new URL(event.request.url).pathname)) event.respondWith(ownFile(event.request));
});

/** The network's, so that all parts are of one version; without one, what was there before. */
async function ownFile(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(request.url, { cacheName: CACHE });
    if (kept) return kept;
    throw error;
  }
}

function onMessage(event: WorkerMessageEvent): void {
  const message = event.data as ToServiceWorker;
  if (message.type === "drydock-link") {
    link = message.link && new Link(message.link);
    port = message.port;
    if (message.link) linkWanted?.resolve();
  } else if (message.type === "drydock-cookie") {
    event.waitUntil(
      usableLink().then((open) => open.post({ type: "cookie", line: message.line, target: message.target })),
    );
  } else if (message.type === "drydock-socket") {
    event.waitUntil(openSocket(message));
  }
}

async function openSocket(message: Extract<ToServiceWorker, { type: "drydock-socket" }>): Promise<void> {
  const headers: HeaderList = [
    ["origin", `http://localhost:${port}`],
    ["user-agent", navigator.userAgent],
  ];
  try {
    const { target, protocols, port: messages } = message;
    (await usableLink()).post({ type: "socket", target, protocols, headers, port: messages }, [messages]);
  } catch {
    message.port.postMessage({ type: "closed", code: 1006, reason: "", isClean: false });
  }
}

/** @throws LinkFailure when no host page gives one */
async function usableLink(): Promise<Link> {
  if (link?.isOpen) return link;
  link = undefined;
  const hosts = await hostPages();
  if (hosts.length === 0) throw new LinkFailure("closed", "no page of Drydock has this preview open");
  if (linkWanted === undefined) {
    const wanted = Promise.withResolvers<void>();
    linkWanted = wanted;
    setTimeout(wanted.resolve, LINK_PATIENCE_MS);
    void wanted.promise.then(() => (linkWanted = undefined));
  }
  const waiting = linkWanted.promise;
  for (const host of hosts) tell(host, { type: "drydock-link-wanted" });
  await waiting;
  // Another message may have changed it meanwhile.
  const given = link as Link | undefined;
  if (!given?.isOpen) throw new LinkFailure("gone", "the machine does not answer");
  return given;
}

async function hostPages(): Promise<readonly Client[]> {
  const all = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  return all.filter((client) => new URL(client.url).pathname === HOST_PATH);
}

type Client = { readonly url: string; postMessage(message: unknown): void };

const tell = (client: Client | undefined, message: FromServiceWorker): void => client?.postMessage(message);

async function answer(event: WorkerFetchEvent, target: string): Promise<Response> {
  const { request } = event;
  const isNavigation = request.mode === "navigate";
  const { promise: done, resolve: finish } = Promise.withResolvers<void>();
  // The worker lives at least until the body has been sent.
  event.waitUntil(done);
  try {
    const open = await usableLink();
    const found = await open.ask(await questionOf(request, target, place()), request.signal);
    if (isNavigation) await tellHosts(target, found.status);
    else await tellCookies(event.clientId, found.cookies);
    const watched: LinkAnswer = { ...found, body: found.body && untilOver(found.body, finish) };
    if (!watched.body) finish();
    return responseOf(watched, request, place());
  } catch (error) {
    finish();
    // As for a browser: a script sees a failed request, a person a page.
    if (!isNavigation || request.signal.aborted) return Response.error();
    await tellHosts(target, undefined);
    const failure = error instanceof LinkFailure ? error : new LinkFailure("internal", String(error));
    return errorPage(failure, { port, method: request.method });
  }
}

async function tellHosts(target: string, status: number | undefined): Promise<void> {
  for (const host of await hostPages()) tell(host, { type: "drydock-answered", target, status });
}

const toldCookies = new Map<string, string>();

/** Pages have their cookies with the document; later changes are told to the page that caused them. */
async function tellCookies(clientId: string, cookies: string): Promise<void> {
  if (clientId === "" || (toldCookies.get(clientId) ?? "") === cookies) return;
  toldCookies.set(clientId, cookies);
  tell(await scope.clients.get(clientId), { type: "drydock-cookies", cookies });
}

/** The same stream; `over` is called when it has ended, however. */
function untilOver(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  over: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          controller.close();
          over();
        } catch (error) {
          over();
          throw error;
        }
      },
      async cancel(reason) {
        over();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
