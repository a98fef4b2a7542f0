import { connect, type Socket } from "node:net";
import { request } from "node:http";

/** An answer that was read to its end. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** The text as JSON; undefined when it is none. */
  readonly json: unknown;
}

/** One request, `POST /containers/create?name=x`, through Node's own HTTP client. */
export function ask(socketPath: string, line: string, body?: unknown): Promise<Answer> {
  const [method = "GET", path = "/"] = line.split(" ");
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const headers =
    body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method, headers }, (response) => {
      let all = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (all += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text: all, json: parse(all) }));
      response.on("error", reject);
    });
    sent.on("error", reject).end(body === undefined ? undefined : text);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A connection that speaks for itself: bytes out, bytes in, nothing else. */
export class RawClient {
  readonly socket: Socket;
  #text = "";
  #changed: () => void = () => undefined;
  /** Bytes received. */
  byteCount = 0;
  ended = false;

  constructor(socketPath: string, request: string) {
    this.socket = connect({ path: socketPath, allowHalfOpen: true });
    this.socket.on("data", (chunk: Buffer) => {
      this.byteCount += chunk.length;
      if (this.#text.length < 1 << 20) this.#text += chunk.toString("latin1");
      this.#changed();
    });
    const end = (): void => {
      this.ended = true;
      this.#changed();
    };
    this.socket.on("end", end).on("error", end).on("close", end);
    this.socket.write(request.replaceAll("\n", "\r\n"));
  }

  /** Waits until what was received matches. @throws Error when the server closes before */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#text)) {
      if (this.ended) throw new Error(`closed after ${JSON.stringify(this.#text.slice(-500))}`);
      await this.#change();
    }
    return this.#text;
  }

  /** Everything until the server closes. */
  async rest(): Promise<string> {
    while (!this.ended) await this.#change();
    return this.#text;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => (this.#changed = resolve));
  }
}

/** The head of a request whose connection is to be taken over, with its JSON. */
export function upgrade(line: string, json?: unknown): string {
  const body = json === undefined ? "" : JSON.stringify(json);
  const length = json === undefined ? "" : `Content-Type: application/json\nContent-Length: ${body.length}\n`;
  return `${line} HTTP/1.1\nHost: docker\nConnection: Upgrade\nUpgrade: tcp\n${length}\n${body}`;
}
