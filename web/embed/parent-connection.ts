import {
  isHello,
  PROTOCOL_VERSION,
  type Connect,
  type EventName,
  type FromFrame,
  type MethodName,
  type Methods,
} from "./protocol.ts";

export interface ConnectionOptions {
  /** The playground's origin: nothing else is talked to. */
  readonly origin: string;
  readonly connect: Pick<Connect, "start" | "document">;
  readonly onEvent: (event: EventName, detail: unknown) => void;
  /** The frame said hello: from now on it listens. */
  readonly onConnected: () => void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The embedding page's end of the connection to one iframe. Calls made before it stands are kept. */
export class ParentConnection implements Disposable {
  readonly #frame: HTMLIFrameElement;
  readonly #options: ConnectionOptions;
  readonly #waiting = new Map<number, Waiting>();
  #queue: (() => void)[] = [];
  #port: MessagePort | undefined;
  #nonce = "";
  #lastId = 0;

  constructor(frame: HTMLIFrameElement, options: ConnectionOptions) {
    this.#frame = frame;
    this.#options = options;
    window.addEventListener("message", this.#onMessage);
  }

  call<M extends MethodName>(
    method: M,
    params: Methods[M]["params"],
    signal?: AbortSignal,
  ): Promise<Methods[M]["result"]> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.#send(() => this.#port?.postMessage({ id, method, params }));
      signal?.addEventListener(
        "abort",
        () => {
          this.#waiting.delete(id);
          this.#send(() => this.#port?.postMessage({ id, cancel: true }));
          reject(signal.reason as Error);
        },
        { once: true },
      );
    });
  }

  [Symbol.dispose](): void {
    window.removeEventListener("message", this.#onMessage);
    this.#drop(new Error("the playground was closed"));
  }

  /** A frame that says hello again was loaded anew: what the old one was asked is lost. */
  readonly #onMessage = (event: MessageEvent<unknown>): void => {
    const { origin, connect } = this.#options;
    if (event.source !== this.#frame.contentWindow || event.origin !== origin || !isHello(event.data)) return;
    if (event.data.nonce === this.#nonce) return;
    this.#nonce = event.data.nonce;
    if (this.#port) this.#drop(new Error("the playground was reloaded"));
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = (message: MessageEvent<FromFrame>) => this.#receive(message.data);
    const answer: Connect = { type: "drydock:connect", version: PROTOCOL_VERSION, nonce: event.data.nonce, ...connect };
    this.#frame.contentWindow?.postMessage(answer, origin, [port2]);
    this.#options.onConnected();
    for (const send of this.#queue.splice(0)) send();
  };

  #send(send: () => void): void {
    if (this.#port) send();
    else this.#queue.push(send);
  }

  #receive(message: FromFrame): void {
    if ("event" in message) return this.#options.onEvent(message.event, message.detail);
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (!("error" in message)) return waiting?.resolve(message.result);
    const error = new Error(message.error.message);
    error.name = message.error.name;
    waiting?.reject(error);
  }

  #drop(error: Error): void {
    this.#port?.close();
    this.#port = undefined;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
