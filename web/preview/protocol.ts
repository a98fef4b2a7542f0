/**
 * What a preview's parts say to each other. Two origins, four places:
 *
 *   page (app's origin)                 preview's origin (hostile: container pages share it)
 *   ┌──────────┐   channel              ┌───────────┐   client messages   ┌────────────────┐
 *   │ pane     │◄──────────────────────►│ host page │◄───────────────────►│ service worker │
 *   └──────────┘                        │  ┌──────┐ │                     └───────┬────────┘
 *   ┌──────────┐                        │  │ page │ │  fetch events               │
 *   │ engine   │                        │  └──────┘ │─────────────────────────────┘
 *   │ worker   │◄─── link (a MessagePort that the pane made, one for each host page) ───┘
 *   └──────────┘
 *
 * A link leads to one published port. What comes over it is checked in `checkLinkMessage` before anything is done with it.
 */
import type { StreamMessage, StreamRef } from "../worker-api.ts";

/** Everything of ours on a preview's origin; all other paths are the container's. */
export const OWN_PATH = "/__drydock/";
export const HOST_PATH = `${OWN_PATH}host.html`;
export const SHIM_PATH = `${OWN_PATH}shim.js`;
/** At the root, or its scope would not be the whole origin. */
export const WORKER_PATH = "/__drydock-worker.js";

export type HeaderList = readonly (readonly [name: string, value: string])[];

export interface LinkRequest {
  readonly type: "request";
  readonly id: number;
  readonly method: string;
  readonly target: string;
  /** Where the page is that asks: its `document.cookie` is wanted with the answer. */
  readonly documentTarget: string;
  readonly headers: HeaderList;
  readonly body?: { readonly stream: StreamRef; readonly sizeBytes: number } | undefined;
}

/** A WebSocket of a page; messages go over `port`, past the service worker. */
interface LinkSocket {
  readonly type: "socket";
  readonly target: string;
  readonly protocols: readonly string[];
  readonly headers: HeaderList;
  readonly port: MessagePort;
}

/** Service worker to engine. */
export type ToEngine =
  | LinkRequest
  | LinkSocket
  | { readonly type: "abort"; readonly id: number }
  /** An assignment to `document.cookie`. */
  | { readonly type: "cookie"; readonly line: string; readonly target: string }
  | StreamMessage;

export interface LinkResponse {
  readonly type: "response";
  readonly id: number;
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderList;
  readonly body?: StreamRef | undefined;
  /** What `document.cookie` says at `documentTarget` after this answer. */
  readonly cookies: string;
}

/** Engine to service worker. */
export type FromEngine =
  | LinkResponse
  | { readonly type: "failure"; readonly id: number; readonly reason: string; readonly message: string }
  /** The link is over: not every browser tells the other end of a closed port. */
  | { readonly type: "closed" }
  | StreamMessage;

/** A page's WebSocket, over a port of its own. */
export type SocketFromPage =
  | { readonly type: "send"; readonly data: string | ArrayBuffer }
  | { readonly type: "close"; readonly code?: number | undefined; readonly reason?: string | undefined };
export type SocketToPage =
  | { readonly type: "open"; readonly protocol: string }
  | { readonly type: "message"; readonly data: string | ArrayBuffer }
  /** So many bytes were taken by the connection. */
  | { readonly type: "sent"; readonly bytes: number }
  | { readonly type: "closed"; readonly code: number; readonly reason: string; readonly isClean: boolean };

/** App to host page, over their channel. */
export type ToHost =
  | { readonly type: "open"; readonly target: string }
  | { readonly type: "reload" | "back" | "forward" }
  /** A link was asked for; undefined where there is no machine. */
  | { readonly type: "link"; readonly port: number; readonly link: MessagePort | undefined };

/** Host page to app. Hostile: the app shows it as text and does nothing else with it. */
export type FromHost =
  | { readonly type: "ready" }
  | { readonly type: "unable"; readonly message: string }
  | { readonly type: "link-wanted" }
  | {
      readonly type: "location";
      /** Undefined: the frame shows a page of another origin. */
      readonly target: string | undefined;
      readonly title: string;
      readonly canGoBack: boolean;
      readonly canGoForward: boolean;
    }
  | { readonly type: "answered"; readonly target: string; readonly status: number | undefined };

/** Service worker and host page (or a container's page) to each other, as client messages. */
export type ToServiceWorker =
  | { readonly type: "drydock-link"; readonly port: number; readonly link: MessagePort | undefined }
  | { readonly type: "drydock-cookie"; readonly line: string; readonly target: string }
  | {
      readonly type: "drydock-socket";
      readonly target: string;
      readonly protocols: readonly string[];
      readonly port: MessagePort;
    };
export type FromServiceWorker =
  | { readonly type: "drydock-link-wanted" }
  | { readonly type: "drydock-answered"; readonly target: string; readonly status: number | undefined }
  /** A page's copy of its cookies is out of date. */
  | { readonly type: "drydock-cookies"; readonly cookies: string };

/** The first words between app and host page, with `postMessage`. */
export const HELLO = "drydock-preview-hello";
export const WELCOME = "drydock-preview-welcome";

const MAX_TARGET_CHARACTERS = 64 << 10;
const MAX_HEADERS = 500;

const isText = (value: unknown, limit = MAX_TARGET_CHARACTERS): value is string =>
  typeof value === "string" && value.length <= limit;
const isId = (value: unknown): value is number => Number.isSafeInteger(value);
const isSize = (value: unknown): value is number => isId(value) && value >= 0;
type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});

/** The message, if it has the shape of one; undefined for anything else. Contents are checked where they are used. */
export function checkLinkMessage(value: unknown): ToEngine | undefined {
  const message = fieldsOf(value);
  return CHECKS[String(message["type"])]?.(message) === true ? (value as ToEngine) : undefined;
}

const CHECKS: Readonly<Record<string, (message: Fields) => boolean>> = {
  request: ({ id, method, target, documentTarget, headers, body }) =>
    isId(id) &&
    isText(method, 32) &&
    isText(target) &&
    isText(documentTarget) &&
    isHeaders(headers) &&
    (body === undefined || isBody(body)),
  socket: ({ target, protocols, headers, port }) =>
    isText(target) &&
    Array.isArray(protocols) &&
    protocols.length <= 50 &&
    protocols.every((each) => isText(each, 200) && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(each)) &&
    isHeaders(headers) &&
    port instanceof MessagePort,
  abort: ({ id }) => isId(id),
  cookie: ({ line, target }) => isText(line, 8192) && isText(target),
  chunk: ({ stream, bytes }) => isId(stream) && bytes instanceof Uint8Array,
  end: ({ stream }) => isId(stream),
  error: ({ stream, error }) => isId(stream) && isText(fieldsOf(error)["name"]) && isText(fieldsOf(error)["message"]),
  credit: ({ stream, bytes }) => isId(stream) && isSize(bytes),
  cancel: ({ stream }) => isId(stream),
};

function isHeaders(value: unknown): boolean {
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && isText(pair[0]) && isText(pair[1]);
  return Array.isArray(value) && value.length <= MAX_HEADERS && value.every(isPair);
}

function isBody(value: unknown): boolean {
  const { stream, sizeBytes } = fieldsOf(value);
  return isSize(sizeBytes) && isId(fieldsOf(stream)["stream"]);
}

/** The message of a page's socket, if it is one. */
export function checkSocketMessage(value: unknown): SocketFromPage | undefined {
  const { type, data, code, reason } = fieldsOf(value);
  const isSend = type === "send" && (typeof data === "string" || data instanceof ArrayBuffer);
  const isCode = code === undefined || code === 1000 || (isId(code) && code >= 3000 && code <= 4999);
  const isClose = type === "close" && isCode && (reason === undefined || isText(reason, 123));
  return isSend || isClose ? (value as SocketFromPage) : undefined;
}

/** The message of a host page, if it is one. */
export function checkHostMessage(value: unknown): FromHost | undefined {
  const { type, target, title, canGoBack, canGoForward, status, message } = fieldsOf(value);
  switch (type) {
    case "ready":
    case "link-wanted":
      return { type };
    case "unable":
      return isText(message) ? { type, message } : undefined;
    case "location":
      return (target === undefined || isTarget(target)) && isText(title)
        ? { type, target, title, canGoBack: canGoBack === true, canGoForward: canGoForward === true }
        : undefined;
    case "answered":
      return isTarget(target) && (status === undefined || isId(status)) ? { type, target, status } : undefined;
    default:
      return undefined;
  }
}

const isTarget = (value: unknown): value is string => isText(value) && value.startsWith("/");
