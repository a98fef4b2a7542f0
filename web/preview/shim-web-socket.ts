import { inPreview } from "./shim-links.ts";
import type { SocketFromPage, SocketToPage, ToServiceWorker } from "./protocol.ts";

const encoder = new TextEncoder();
const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** Replaces `WebSocket` for the published port; connections to other places are the browser's as before. */
export function shimWebSocket(port: number): void {
  const Native = window.WebSocket;
  const replaced = new Proxy(Native, {
    construct(target, [address, protocols]: [string | URL, (string | string[])?], newTarget) {
      const own = ownTarget(address, port);
      if (own === undefined || !navigator.serviceWorker.controller)
        return Reflect.construct(
          target,
          protocols === undefined ? [address] : [address, protocols],
          newTarget,
        ) as object;
      return new PreviewWebSocket(own, protocols);
    },
    get: (target, name, receiver) =>
      name === Symbol.hasInstance
        ? (value: unknown) => value instanceof PreviewWebSocket || value instanceof Native
        : (Reflect.get(target, name, receiver) as unknown),
  });
  window.WebSocket = replaced;
}

interface OwnTarget {
  readonly url: string;
  readonly target: string;
}

function ownTarget(address: string | URL, port: number): OwnTarget | undefined {
  const base = new URL(document.baseURI);
  if (!URL.canParse(String(address), base)) return undefined;
  const url = new URL(String(address), base);
  if (!/^(wss?|https?):$/.test(url.protocol) || url.hash !== "") return undefined;
  const asHttp = url.href.replace(/^ws/, "http");
  const isOwn = new URL(asHttp).host === location.host || inPreview(asHttp, port, location.origin) !== undefined;
  return isOwn ? { url: url.href.replace(/^http/, "ws"), target: url.pathname + url.search } : undefined;
}

/** https://websockets.spec.whatwg.org/ over a port that leads to the engine. */
class PreviewWebSocket extends EventTarget {
  static readonly CONNECTING = CONNECTING;
  static readonly OPEN = OPEN;
  static readonly CLOSING = CLOSING;
  static readonly CLOSED = CLOSED;
  readonly CONNECTING = CONNECTING;
  readonly OPEN = OPEN;
  readonly CLOSING = CLOSING;
  readonly CLOSED = CLOSED;
  readonly url: string;
  readonly extensions = "";
  protocol = "";
  readyState = CONNECTING;
  bufferedAmount = 0;
  binaryType: "blob" | "arraybuffer" = "blob";
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  readonly #port: MessagePort;
  /** Blobs are read before they are sent, and what is sent after them comes after them. */
  #sending = Promise.resolve();

  constructor({ url, target }: OwnTarget, protocols: string | string[] = []) {
    super();
    this.url = url;
    const wanted = typeof protocols === "string" ? [protocols] : [...protocols];
    const isValid = wanted.every((each) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(each));
    if (!isValid || new Set(wanted).size !== wanted.length)
      throw new DOMException(`The subprotocol '${wanted.join(", ")}' is invalid.`, "SyntaxError");
    const channel = new MessageChannel();
    this.#port = channel.port1;
    this.#port.addEventListener("message", (event: MessageEvent<SocketToPage>) => this.#take(event.data));
    this.#port.start();
    for (const type of ["open", "message", "error", "close"] as const)
      this.addEventListener(type, (event) => (this[`on${type}`] as ((event: Event) => void) | null)?.call(this, event));
    navigator.serviceWorker.controller?.postMessage(
      { type: "drydock-socket", target, protocols: wanted, port: channel.port2 } satisfies ToServiceWorker,
      [channel.port2],
    );
  }

  send(data: string | ArrayBuffer | ArrayBufferView | Blob): void {
    if (this.readyState === CONNECTING)
      throw new DOMException(
        "Failed to execute 'send' on 'WebSocket': Still in CONNECTING state.",
        "InvalidStateError",
      );
    const whole = asMessage(data);
    const size =
      whole instanceof Blob ? whole.size : typeof whole === "string" ? encoder.encode(whole).length : whole.byteLength;
    this.bufferedAmount += size;
    if (this.readyState !== OPEN) return;
    this.#sending = this.#sending.then(async () => {
      const bytes = whole instanceof Blob ? await whole.arrayBuffer() : whole;
      this.#post({ type: "send", data: bytes });
    });
  }

  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999))
      throw new DOMException(
        `The close code must be either 1000, or between 3000 and 4999. ${code} is neither.`,
        "InvalidAccessError",
      );
    if (reason !== undefined && encoder.encode(reason).length > 123)
      throw new DOMException("The close reason must not be greater than 123 UTF-8 bytes.", "SyntaxError");
    if (this.readyState === CLOSING || this.readyState === CLOSED) return;
    this.readyState = CLOSING;
    void this.#sending.then(() => this.#post({ type: "close", code, reason }));
  }

  #post(message: SocketFromPage): void {
    this.#port.postMessage(message);
  }

  #take(message: SocketToPage): void {
    switch (message.type) {
      case "open":
        if (this.readyState !== CONNECTING) return;
        this.readyState = OPEN;
        this.protocol = message.protocol;
        this.dispatchEvent(new Event("open"));
        return;
      case "message": {
        if (this.readyState !== OPEN) return;
        const isText = typeof message.data === "string";
        const data = isText || this.binaryType === "arraybuffer" ? message.data : new Blob([message.data]);
        this.dispatchEvent(new MessageEvent("message", { data, origin: new URL(this.url).origin }));
        return;
      }
      case "sent":
        this.bufferedAmount -= message.bytes;
        return;
      case "closed":
        this.readyState = CLOSED;
        if (!message.isClean) this.dispatchEvent(new Event("error"));
        this.dispatchEvent(
          new CloseEvent("close", { code: message.code, reason: message.reason, wasClean: message.isClean }),
        );
        this.#port.close();
    }
  }
}

/** A copy: the caller may change what it has handed over. */
function asMessage(data: unknown): string | ArrayBuffer | Blob {
  if (data instanceof Blob) return data;
  if (data instanceof ArrayBuffer) return data.slice(0);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice().buffer;
  return String(data);
}
