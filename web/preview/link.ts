/** The service worker's end of a link. */
import { MessageStreams } from "../data/message-streams.ts";
import type { FromEngine, LinkRequest, LinkResponse, ToEngine } from "./protocol.ts";

/** An answer whose body is coming. */
export interface LinkAnswer extends Omit<LinkResponse, "type" | "id" | "body"> {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
}

/** What is asked; a body is sent as the server takes it. */
export interface LinkQuestion extends Omit<LinkRequest, "type" | "id" | "body"> {
  readonly body?: Blob | undefined;
}

/** Why the port gave no answer; `reason` is one of the engine's `PortFailureReason`s, or `gone` when the link itself has ended. */
export class LinkFailure extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = "LinkFailure";
    this.reason = reason;
  }
}

interface Waiting {
  readonly resolve: (answer: LinkAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** Longer than the engine waits for a server: an end that does not even say that it waited in vain is gone. */
const ANSWER_PATIENCE_MS = 150_000;

/** Requests over a MessagePort, many at a time. */
export class Link {
  readonly #port: MessagePort;
  readonly #streams: MessageStreams;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #isOpen = true;

  constructor(port: MessagePort) {
    this.#port = port;
    this.#streams = new MessageStreams((message, transfer) => this.post(message, transfer));
    port.addEventListener("message", (event: MessageEvent<FromEngine>) => this.#take(event.data));
    port.addEventListener("close", () => this.close());
    port.start();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** @throws LinkFailure; the signal's reason */
  ask(question: LinkQuestion, signal: AbortSignal): Promise<LinkAnswer> {
    if (!this.#isOpen) return Promise.reject(gone());
    const id = ++this.#lastId;
    const { body, ...rest } = question;
    const stream = body && { stream: this.#streams.send(body.stream()), sizeBytes: body.size };
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => this.close(), ANSWER_PATIENCE_MS);
      const settled = (): void => clearTimeout(patience);
      this.#waiting.set(id, {
        resolve: (answer) => (settled(), resolve(answer)),
        reject: (error) => (settled(), reject(error)),
      });
      signal.addEventListener("abort", () => {
        settled();
        if (this.#waiting.delete(id)) this.post({ type: "abort", id });
        reject(signal.reason);
      });
      this.post({ type: "request", id, ...rest, body: stream });
    });
  }

  post(message: ToEngine, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }

  /** Everything under way fails. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const { reject } of this.#waiting.values()) reject(gone());
    this.#waiting.clear();
    this.#streams.fail(gone());
    this.#port.close();
  }

  #take(message: FromEngine): void {
    if (message.type === "closed") return this.close();
    if (message.type !== "response" && message.type !== "failure") return this.#streams.handle(message);
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.type === "failure") return waiting?.reject(new LinkFailure(message.reason, message.message));
    const body = message.body && this.#streams.receive(message.body);
    if (waiting) waiting.resolve({ ...message, body });
    else void body?.cancel();
  }
}

const gone = (): LinkFailure => new LinkFailure("gone", "the machine has gone");
