/**
 * One HTTP/1.1 connection (RFC 9112), on whatever carries bytes both ways: a socket of Node's, or one in the guest. Requests are
 * answered in the order they came; each may take the connection over (attach and exec), as Docker's clients ask with `Upgrade: tcp`.
 */
import type { EngineFetch, EngineRequest, EngineResponse } from "../api/app.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import { type ByteStream, encodeUtf8, streamOf } from "../base/streams.ts";
import { ByteSource } from "./byte-source.ts";
import { createHijackedInput, serveHijacked } from "./hijack.ts";
import { HttpError } from "./http-error.ts";
import { expectsContinue, framingOf, RequestBody } from "./request-body.ts";
import { hasToken, readRequestHead, type RequestHead } from "./request-head.ts";
import { encodeHead, reasonOf, writeResponse } from "./response-writer.ts";

/** Two byte flows. Closing `writable` is a half close, aborting it or cancelling `readable` ends the connection. */
export interface Connection {
  readonly readable: ByteStream;
  readonly writable: WritableStream<Uint8Array>;
}

export interface ServeOptions {
  readonly fetch: EngineFetch;
  readonly clock?: Clock;
}

/**
 * So long a closed connection is still read: closing it with unread bytes would make the kernel take back the answer's end
 * (Go's `rstAvoidanceDelay`).
 */
const LINGER_MS = 500;

/** Everything an exchange needs of its connection. */
interface Link {
  readonly source: ByteSource;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly fetch: EngineFetch;
  readonly clock: Clock;
}

/** Serves a connection until it is over. Never rejects. */
export async function serveConnection({ readable, writable }: Connection, options: ServeOptions): Promise<void> {
  const { fetch, clock = systemClock } = options;
  const source = new ByteSource(readable);
  const writer = writable.getWriter();
  writer.closed.catch(() => undefined);
  try {
    while (await serveRequest({ source, writer, fetch, clock }));
    await writer.close();
    await linger(source, clock);
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
  } finally {
    await source.cancel();
  }
}

interface ReceivedRequest {
  readonly head: RequestHead;
  readonly body: RequestBody | undefined;
  /** It was sent with `Expect: 100-continue`. */
  readonly waits: boolean;
}

/** One request and its answer. True when another may follow. */
async function serveRequest(link: Link): Promise<boolean> {
  let received: ReceivedRequest | undefined;
  try {
    received = await receive(link);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    await link.writer.write(encodeRefusal(error));
    return false;
  }
  return received !== undefined && (await exchange(link, received));
}

/** Undefined when the client has no more requests. @throws HttpError */
async function receive({ source, writer }: Link): Promise<ReceivedRequest | undefined> {
  const head = await readRequestHead(source);
  if (head === undefined) return undefined;
  const framing = framingOf(head);
  const waits = expectsContinue(head) && framing !== undefined;
  const body =
    framing &&
    new RequestBody(source, framing, async () => {
      if (waits) await writer.write(encodeUtf8("HTTP/1.1 100 Continue\r\n\r\n"));
    });
  return { head, body, waits };
}

async function exchange(link: Link, received: ReceivedRequest): Promise<boolean> {
  const { source, fetch, writer } = link;
  const { head, body, waits } = received;
  const client = new Client(source, (reason) => void writer.abort(reason).catch(() => undefined));
  const input = createHijackedInput();
  const request = toRequest(head, { body: body?.stream, input: input.stream, signal: client.signal });
  if (body === undefined) client.watch();
  else void body.whenRead.then(() => client.watch());
  try {
    const response = head.target === "*" ? EMPTY : await answer(fetch, request);
    if (response.hijack === true) {
      if (body !== undefined && !(await body.drain())) throw new Error("the request's body is too long to be skipped");
      await serveHijacked({ source, writer, head, response, input, onGone: (reason) => client.leave(reason) });
      return false;
    }
    client.isOneWay = true;
    if (body?.isUntouched === true) client.watch();
    const stays = wantsKeepAlive(head) && body?.hasFailed !== true && !(waits && body?.isUntouched === true);
    const form = { minorVersion: head.minorVersion, isHead: head.method === "HEAD", keepAlive: stays };
    const keepAlive = await writeResponse(writer, response, { ...form, now: link.clock.now() });
    client.isServed = true;
    return keepAlive && (body === undefined || (await body.drain()));
  } catch (error) {
    client.leave(error);
    throw error;
  }
}

const EMPTY: EngineResponse = { status: 200, headers: new Map(), body: undefined };

/** Notices that the client of one request has gone. */
class Client {
  readonly #source: ByteSource;
  readonly #onLost: (error: unknown) => void;
  readonly #gone = new AbortController();
  #hasClosed = false;
  #isOneWay = false;
  /** Its answer is written: what becomes of it now does not matter. */
  isServed = false;

  /** `onLost`: the connection broke; what is still written for it goes nowhere. */
  constructor(source: ByteSource, onLost: (error: unknown) => void) {
    this.#source = source;
    this.#onLost = onLost;
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /**
   * The connection will not be taken over: a client that closes its side is as good as gone, as for Go's server (over a hijacked
   * one it has only said that there is no more input).
   */
  set isOneWay(value: boolean) {
    this.#isOneWay = value;
    if (this.#hasClosed) this.leave(new Error("the client closed the connection"));
  }

  /** Looks for the end of what it sends, one chunk ahead at most. */
  watch(): void {
    if (this.#source.buffered.length > 0 && !this.#isOneWay) return;
    this.#source.fill().then(
      (more) => {
        if (more) return;
        this.#hasClosed = true;
        if (this.#isOneWay) this.leave(new Error("the client closed the connection"));
      },
      (error: unknown) => {
        this.leave(error);
        this.#onLost(error);
      },
    );
  }

  leave(reason: unknown): void {
    if (!this.isServed) this.#gone.abort(reason);
  }
}

function toRequest(
  { method, target, headers }: RequestHead,
  rest: Pick<EngineRequest, "body" | "input" | "signal">,
): EngineRequest {
  const question = target.indexOf("?");
  return {
    method,
    path: question < 0 ? target : target.slice(0, question),
    query: new URLSearchParams(question < 0 ? "" : target.slice(question + 1)),
    headers: new Map([...headers].map(([name, values]) => [name, values.join(", ")])),
    ...rest,
  };
}

function wantsKeepAlive(head: RequestHead): boolean {
  return head.minorVersion > 0 ? !hasToken(head, "connection", "close") : hasToken(head, "connection", "keep-alive");
}

async function answer(fetch: EngineFetch, request: EngineRequest): Promise<EngineResponse> {
  try {
    return await fetch(request);
  } catch (error) {
    const body = encodeUtf8(`${JSON.stringify({ message: messageOf(error) })}\n`);
    return { status: 500, headers: new Map([["content-type", "application/json"]]), body: streamOf(body) };
  }
}

/** What Go's server says to what it cannot read; it is plain text there too. */
function encodeRefusal({ status, text }: HttpError): Uint8Array {
  if (status === 417) return encodeHead(status, [["connection", "close"], ["content-length", "0"]]); // prettier-ignore
  const reason = text === "" ? reasonOf(status) : `${reasonOf(status)}: ${text}`;
  const headers = [["content-type", "text/plain; charset=utf-8"], ["connection", "close"]] as const; // prettier-ignore
  const body = status === 501 ? "Unsupported transfer encoding" : `${status} ${reason}`;
  return encodeUtf8(new TextDecoder().decode(encodeHead(status, headers, { reason })) + body);
}

/** Lets the client read the answer's end and close its side. */
async function linger(source: ByteSource, clock: Clock): Promise<void> {
  const stop = new AbortController();
  const timeout = clock.sleep(LINGER_MS, { signal: stop.signal });
  await Promise.race([timeout, discard(source)]).catch(() => undefined);
  stop.abort();
  await timeout.catch(() => undefined);
}

async function discard(source: ByteSource): Promise<void> {
  do source.skip(source.buffered.length);
  while (await source.fill());
}
