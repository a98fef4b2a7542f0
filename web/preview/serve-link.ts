/** The engine's end of a link: answers what the service worker of one preview asks of its one published port. */
import type { PortClient } from "../../engine/index.ts";
import { MessageStreams } from "../data/message-streams.ts";
import { checkLinkMessage, type FromEngine, type LinkRequest, type ToEngine } from "./protocol.ts";
import { serveSocket } from "./serve-socket.ts";

/** A page that asks for more at a time is answered later: a browser opens six connections to a host. */
const MAX_REQUESTS = 64;
const MAX_SOCKETS = 64;

/** Answers until the other side is gone or it is disposed, which ends every request under way. */
export function serveLink(link: MessagePort, client: PortClient): Disposable {
  const served = new ServedLink(link, client);
  return { [Symbol.dispose]: () => served.close() };
}

class ServedLink {
  readonly #link: MessagePort;
  readonly #client: PortClient;
  readonly #streams: MessageStreams;
  readonly #requests = new Map<number, AbortController>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  readonly #sockets = new Set<Disposable>();

  constructor(link: MessagePort, client: PortClient) {
    this.#link = link;
    this.#client = client;
    this.#streams = new MessageStreams((message, transfer) => link.postMessage(message, transfer));
    link.addEventListener("message", (event) => {
      const message = checkLinkMessage(event.data);
      if (message) this.#take(message);
    });
    link.addEventListener("messageerror", () => this.#endRequests());
    // Where a browser tells it (Chromium): the service worker has ended. The pages' sockets go past it and live on.
    link.addEventListener("close", () => this.#endRequests());
    link.start();
  }

  close(): void {
    this.#endRequests();
    for (const socket of this.#sockets) socket[Symbol.dispose]();
    this.#post({ type: "closed" });
    this.#link.close();
  }

  #endRequests(): void {
    for (const controller of this.#requests.values()) controller.abort(new Error("the preview is gone"));
    this.#requests.clear();
    this.#streams.fail(new Error("the preview is gone"));
  }

  #take(message: ToEngine): void {
    switch (message.type) {
      case "request":
        return void this.#answer(message);
      case "abort":
        return this.#requests.get(message.id)?.abort(new Error("the page has let go of it"));
      case "cookie":
        return this.#client.setScriptCookie(message.line, message.target);
      case "socket": {
        if (this.#sockets.size >= MAX_SOCKETS) return message.port.close();
        const socket = serveSocket(message.port, this.#client, message, () => this.#sockets.delete(socket));
        this.#sockets.add(socket);
        return;
      }
      default:
        this.#streams.handle(message);
    }
  }

  async #answer(request: LinkRequest): Promise<void> {
    const { id, method, target, documentTarget, headers } = request;
    // Before anything is awaited: the body's first bytes are right behind this message.
    const body = request.body && {
      stream: this.#streams.receive(request.body.stream) as ReadableStream<Uint8Array>,
      sizeBytes: request.body.sizeBytes,
    };
    if (this.#requests.has(id)) return;
    const controller = new AbortController();
    const { signal } = controller;
    this.#requests.set(id, controller);
    let isOver = false;
    const over = (): void => {
      if (isOver) return;
      isOver = true;
      this.#requests.delete(id);
      this.#running--;
      this.#waiting.shift()?.();
    };
    if (this.#running >= MAX_REQUESTS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    try {
      signal.throwIfAborted();
      const answer = await this.#client.fetch({ method, target, headers, body }, { signal });
      this.#post({
        type: "response",
        id,
        status: answer.status,
        statusText: answer.statusText,
        headers: answer.headers,
        body: answer.body && this.#streams.send(answer.body, over),
        cookies: this.#client.scriptCookies(documentTarget),
      });
      if (!answer.body) over();
    } catch (error) {
      over();
      await body?.stream.cancel().catch(() => undefined);
      const reason = error instanceof Error && "reason" in error ? String(error.reason) : "internal";
      this.#post({ type: "failure", id, reason, message: error instanceof Error ? error.message : String(error) });
    }
  }

  #post(message: FromEngine): void {
    this.#link.postMessage(message);
  }
}
