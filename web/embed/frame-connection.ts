import {
  PROTOCOL_VERSION,
  type Connect,
  type EventName,
  type Events,
  type FromFrame,
  type Hello,
  type ToFrame,
} from "./protocol.ts";

/** Does what the embedding page asks. @throws Error with a message for its author */
export type Handler = (method: string, params: unknown, options: { readonly signal: AbortSignal }) => Promise<unknown>;

export interface FrameConnectionOptions {
  /** The embedding page: the only window that is listened to. */
  readonly parent: Window;
  readonly handle: Handler;
  /** The embedding page has connected; says whether it may. */
  readonly onConnect: (connect: Pick<Connect, "start" | "document">, origin: string) => boolean;
}

/**
 * The playground's end of the connection to the page that embeds it. Nobody else can use it: not a page with a reference to the frame, not
 * a frame beside it, and no page of a container, whose parent is the playground and not the other way round.
 */
export class FrameConnection {
  readonly #options: FrameConnectionOptions;
  readonly #calls = new Map<number, AbortController>();
  #nonce = "";
  #port: MessagePort | undefined;

  constructor(options: FrameConnectionOptions) {
    this.#options = options;
    window.addEventListener("message", this.#onMessage);
    this.#hello();
  }

  tell<E extends EventName>(event: E, detail: Events[E]): void {
    this.#send({ event, detail });
  }

  /** The nonce is no secret towards the parent, whoever it is; a window that is not the parent never hears it. */
  #hello(): void {
    this.#nonce = crypto.getRandomValues(new Uint32Array(4)).join("-");
    const hello: Hello = { type: "drydock:hello", version: PROTOCOL_VERSION, nonce: this.#nonce };
    this.#options.parent.postMessage(hello, "*");
  }

  readonly #onMessage = (event: MessageEvent<unknown>): void => {
    if (event.source !== this.#options.parent || typeof event.data !== "object" || event.data === null) return;
    const { type, nonce, version, start, document } = event.data as Partial<Omit<Connect, "type">> & { type?: unknown };
    if (type === "drydock:ask") this.#hello();
    const [port] = event.ports;
    if (type !== "drydock:connect" || version !== PROTOCOL_VERSION || nonce !== this.#nonce || !port) return;
    // Good for one connection.
    this.#nonce = crypto.randomUUID?.() ?? String(crypto.getRandomValues(new Uint32Array(4)));
    if (this.#options.onConnect({ start: start === true, document }, event.origin)) this.#adopt(port);
    else port.close();
  };

  #adopt(port: MessagePort): void {
    this.#port?.close();
    for (const call of this.#calls.values()) call.abort(new Error("another connection was made"));
    this.#calls.clear();
    this.#port = port;
    port.onmessage = (event: MessageEvent<unknown>) => void this.#receive(event.data, port);
  }

  async #receive(message: unknown, port: MessagePort): Promise<void> {
    const { id, method, params, cancel } = (message ?? {}) as Partial<
      ToFrame & { method: unknown; params: unknown; cancel: unknown }
    >;
    if (typeof id !== "number") return;
    if (cancel === true) return this.#calls.get(id)?.abort(new DOMException("The call was cancelled", "AbortError"));
    if (typeof method !== "string" || this.#calls.has(id)) return;
    const call = new AbortController();
    this.#calls.set(id, call);
    const answer = (value: FromFrame): void => port.postMessage(value);
    try {
      answer({ id, result: await this.#options.handle(method, params, { signal: call.signal }) });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      answer({ id, error: { name, message } });
    } finally {
      this.#calls.delete(id);
    }
  }

  #send(message: FromFrame): void {
    this.#port?.postMessage(message);
  }
}
