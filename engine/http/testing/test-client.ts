import type { EngineFetch, EngineRequest, EngineResponse } from "../../api/app.ts";
import { collectText, concat, decodeUtf8, encodeUtf8, streamOf } from "../../base/streams.ts";
import { serveConnection } from "../serve-connection.ts";

/** The client's end of a connection in memory: what it sends arrives at once, what it does not read is not sent. */
export class TestClient {
  /** Resolves when the server has done with the connection. */
  readonly served: Promise<void>;
  #toServer!: ReadableStreamDefaultController<Uint8Array>;
  #received: Uint8Array = new Uint8Array(0);
  #changed: () => void = () => undefined;
  /** Set once the server has closed its side. */
  #ended: "closed" | "aborted" | undefined;
  #taking = true;
  #taken: () => void = () => undefined;
  /** Bytes that the server has written, read or not. */
  writtenBytes = 0;

  constructor(fetch: EngineFetch) {
    const readable = new ReadableStream<Uint8Array>({ start: (controller) => void (this.#toServer = controller) });
    const writable = new WritableStream<Uint8Array>({
      write: async (chunk) => {
        while (!this.#taking) await new Promise<void>((resolve) => (this.#taken = resolve));
        this.writtenBytes += chunk.length;
        this.#received = concat([this.#received, chunk]);
        this.#changed();
      },
      close: () => this.#end("closed"),
      abort: () => this.#end("aborted"),
    });
    this.served = serveConnection({ readable, writable }, { fetch });
  }

  send(data: string | Uint8Array): this {
    this.#toServer.enqueue(typeof data === "string" ? encodeUtf8(data) : data);
    return this;
  }

  /** Closes the client's side only. */
  end(): this {
    this.#toServer.close();
    return this;
  }

  /** The connection is lost. */
  reset(): void {
    this.#toServer.error(new Error("ECONNRESET"));
  }

  /** Takes no more of what the server writes, until `resume`. */
  pause(): void {
    this.#taking = false;
  }

  resume(): void {
    this.#taking = true;
    this.#taken();
  }

  /** Waits until what was received and not read yet matches, and reads it to the end of the match. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const text = decodeUtf8(this.#received);
      const match = pattern.exec(text);
      if (match !== null) {
        const end = match.index + match[0].length;
        this.#received = encodeUtf8(text.slice(end));
        return text.slice(0, end);
      }
      if (this.#ended !== undefined) throw new Error(`the connection was ${this.#ended} after ${JSON.stringify(text)}`);
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }

  /** Waits for `count` bytes. */
  async bytes(count: number): Promise<Uint8Array> {
    while (this.#received.length < count) await new Promise<void>((resolve) => (this.#changed = resolve));
    const taken = this.#received.slice(0, count);
    this.#received = this.#received.slice(count);
    return taken;
  }

  /** Everything until the server closes its side. @throws Error when it broke the connection instead */
  async rest(): Promise<string> {
    while (this.#ended === undefined) await new Promise<void>((resolve) => (this.#changed = resolve));
    if (this.#ended === "aborted") throw new Error(`aborted after ${JSON.stringify(decodeUtf8(this.#received))}`);
    const text = decodeUtf8(this.#received);
    this.#received = new Uint8Array(0);
    return text;
  }

  #end(how: "closed" | "aborted"): void {
    this.#ended = how;
    this.#changed();
  }
}

/** An answer of text with its length. */
export function textResponse(text: string, status = 200): EngineResponse {
  const body = encodeUtf8(text);
  return { status, headers: new Map([["content-length", String(body.length)]]), body: streamOf(body) };
}

/** Answers with what it was asked: `POST /path?query body`. */
export const echo: EngineFetch = async (request: EngineRequest) => {
  const query = [...request.query].map(([name, value]) => `${name}=${value}`).join("&");
  const body = request.body === undefined ? "" : await collectText(request.body);
  return textResponse([request.method, request.path, query, body].filter((part) => part !== "").join(" "));
};
