import type { ByteStream } from "../base/streams.ts";
import type { ClientConnection } from "../http/client.ts";
import { exchange, type ExchangeAnswer } from "../http/exchange.ts";
import { openWebSocket, type WebSocketConnection } from "../http/web-socket-client.ts";
import { CookieJar } from "./cookie-jar.ts";
import { PortFailure } from "./port-failure.ts";
import { codingOf, type HeaderList, requestHeaders, responseHeaders, type Self } from "./preview-headers.ts";

/** What a preview page asks of a published port. */
export interface PortRequest {
  readonly method: string;
  /** Path and query, from the first slash on. */
  readonly target: string;
  readonly headers: HeaderList;
  readonly body?: { readonly stream: ByteStream; readonly sizeBytes: number } | undefined;
}

export interface PortResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: HeaderList;
  readonly body: ByteStream | undefined;
}

export interface PortClientPorts {
  /** Opens a TCP connection to this port of the machine. @throws PortFailure not-published | refused | unreachable */
  readonly connect: () => Promise<ClientConnection>;
  /** What is known of the container behind it now. */
  readonly self: () => Self;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
}

/** How long a server may think before the first byte of its answer. Programs start slowly in an emulated machine. */
const ANSWER_PATIENCE_MS = 120_000;
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/;
/** Visible ASCII without `#`: what a URL's path and query look like once they are serialized. */
const TARGET = /^\/[!"$-~]*$/;

/**
 * A browser's part in talking to one published port: HTTP with cookies as `http://localhost:<port>` would have them, and
 * WebSockets. Who holds it can reach that port and nothing else.
 */
export interface PortClient {
  readonly port: number;
  /** @throws PortFailure; the signal's reason */
  fetch(request: PortRequest, options?: { readonly signal?: AbortSignal }): Promise<PortResponse>;
  /** @throws PortFailure */
  openWebSocket(request: PortWebSocketRequest): Promise<WebSocketConnection>;
  /** What `document.cookie` says at a target. */
  scriptCookies(target: string): string;
  /** An assignment to `document.cookie`. */
  setScriptCookie(line: string, target: string): void;
}

export type PortWebSocketRequest = Pick<PortRequest, "target" | "headers"> & { readonly protocols: readonly string[] };

/** Over connections into the machine. What it is handed may come from a hostile page. */
export class HttpPortClient implements PortClient {
  readonly port: number;
  readonly #ports: PortClientPorts;
  readonly #jar: CookieJar;

  constructor(port: number, ports: PortClientPorts) {
    this.port = port;
    this.#ports = ports;
    this.#jar = new CookieJar(ports.now);
  }

  async fetch(request: PortRequest, { signal }: { readonly signal?: AbortSignal } = {}): Promise<PortResponse> {
    const { method, target, body } = request;
    if (!METHOD.test(method) || !TARGET.test(target)) throw badRequest(`${method} ${target}`.slice(0, 200));
    const headers = this.#headersFor(request);
    const connection = await this.#ports.connect();
    const late = new AbortController();
    const patience = setTimeout(() => late.abort(tooLate()), ANSWER_PATIENCE_MS);
    try {
      const signals = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
      const answer = await exchange(connection, { method, target, headers, body }, { signal: signals });
      return this.#take(answer, target);
    } catch (error) {
      signal?.throwIfAborted();
      throw failureOf(error);
    } finally {
      clearTimeout(patience);
    }
  }

  async openWebSocket(request: PortWebSocketRequest): Promise<WebSocketConnection> {
    if (!TARGET.test(request.target)) throw badRequest(request.target.slice(0, 200));
    const headers = this.#headersFor(request);
    headers.delete("accept-encoding");
    const connection = await this.#ports.connect();
    try {
      const opened = await openWebSocket(connection, {
        target: request.target,
        headers,
        protocols: request.protocols,
      });
      this.#keepCookies(opened.headers, request.target);
      return opened;
    } catch (error) {
      throw failureOf(error);
    }
  }

  scriptCookies(target: string): string {
    return this.#jar.get(target, "script");
  }

  setScriptCookie(line: string, target: string): void {
    this.#jar.set(line, target, "script");
  }

  #headersFor({ target, headers }: Pick<PortRequest, "target" | "headers">): Headers {
    try {
      const cookie = this.#jar.get(target, "server");
      return requestHeaders(headers, { host: `localhost:${this.port}`, cookie });
    } catch (cause) {
      throw new PortFailure("bad-request", "a header cannot be sent", { cause });
    }
  }

  #take(answer: ExchangeAnswer, target: string): PortResponse {
    this.#keepCookies(answer.headers, target);
    const coding = answer.body && codingOf(answer.headers);
    const headers = responseHeaders(answer.headers, this.#ports.self(), { isDecoded: coding !== undefined });
    const { status, statusText } = answer;
    return { status, statusText, headers, body: answer.body && decoded(answer.body, coding) };
  }

  #keepCookies(headers: Headers, target: string): void {
    for (const line of headers.getSetCookie()) this.#jar.set(line, target, "server");
  }
}

function decoded(body: ByteStream, coding: "gzip" | "deflate" | undefined): ByteStream {
  if (coding === undefined) return body;
  const stream = new DecompressionStream(coding) as ReadableWritablePair<Uint8Array, Uint8Array>;
  return body.pipeThrough(stream);
}

const badRequest = (what: string): PortFailure => new PortFailure("bad-request", `cannot be sent: ${what}`);

const tooLate = (): PortFailure =>
  new PortFailure("unreachable", `no answer within ${ANSWER_PATIENCE_MS / 1000} seconds`);

function failureOf(error: unknown): PortFailure {
  if (error instanceof PortFailure) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const isMalformed = cause instanceof Error && "code" in cause && cause.code === "EPROTO";
  const message = cause instanceof Error ? cause.message : String(cause);
  return new PortFailure(isMalformed ? "not-http" : "hung-up", message, { cause: error });
}
