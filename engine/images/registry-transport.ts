import type { Clock } from "../base/clock.ts";
import { type ByteStream, emptyStream } from "../base/streams.ts";
import { networkError, nodeNetworkReason, RegistryError } from "./registry-errors.ts";

/** `fetch`, or what stands in for it. URLs without a scheme are relative to the page. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

const DEFAULT_TIMEOUT_MS = 60_000;

interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  /** What messages call the address. */
  readonly shownUrl: string;
}

/** `fetch` with time limits and errors in the words of Go's HTTP client, which Docker's users know. */
export class RegistryTransport {
  readonly #fetch: Fetch;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(ports: { readonly fetch: Fetch; readonly clock: Clock; readonly timeoutMs?: number }) {
    this.#fetch = ports.fetch;
    this.#clock = ports.clock;
    this.#timeoutMs = ports.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  /** Any HTTP answer. @throws RegistryError `unreachable` when there is none */
  async send(url: string, init: RequestInit, options: SendOptions): Promise<Response> {
    try {
      return await this.#once(url, init, options);
    } catch (error) {
      // A long Accept header makes browsers ask first with OPTIONS, which static hosts refuse even if they let anyone read.
      const isPlain = Object.keys(init.headers ?? {}).join() === "Accept" && init.method === undefined;
      const isHidden =
        error instanceof RegistryError &&
        error.cause instanceof TypeError &&
        nodeNetworkReason(error.cause) === undefined;
      if (!isPlain || !isHidden || !isForeign(url)) throw error;
      return await this.#once(url, {}, options);
    }
  }

  async #once(url: string, init: RequestInit, { signal, shownUrl }: SendOptions): Promise<Response> {
    signal?.throwIfAborted();
    const abort = new AbortController();
    const forward = (): void => abort.abort(signal?.reason);
    signal?.addEventListener("abort", forward, { once: true });
    try {
      return await this.#beforeTimeout(this.#fetch(url, { ...init, signal: abort.signal }), () => {
        const reason =
          "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)";
        const error = networkError(shownUrl, undefined, reason);
        abort.abort(error);
        return error;
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof RegistryError) throw error;
      throw networkError(shownUrl, error, nodeNetworkReason(error) ?? "no answer");
    } finally {
      // Once the body flows, `watched` looks after the signal.
      signal?.removeEventListener("abort", forward);
    }
  }

  /** The body; fails when it breaks off, stalls, or the signal is aborted. */
  watched(response: Response, signal: AbortSignal | undefined): ByteStream {
    if (!response.body) return emptyStream();
    const reader = response.body.getReader();
    const cancel = async (reason: unknown): Promise<void> => {
      signal?.removeEventListener("abort", abort);
      await reader.cancel(reason).catch(() => undefined);
    };
    // Ends a pending read too.
    const abort = (): void => void cancel(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const read = async (): Promise<ReadableStreamReadResult<Uint8Array>> => {
      try {
        return await this.#beforeTimeout(reader.read(), () => stalled(response.url));
      } catch (error) {
        if (error instanceof RegistryError) throw error;
        throw new RegistryError("internal", "unexpected EOF", { cause: error, retryable: true });
      }
    };
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      try {
        const { done, value } = await read();
        signal?.throwIfAborted();
        if (!done) return controller.enqueue(value);
        signal?.removeEventListener("abort", abort);
        controller.close();
      } catch (error) {
        await cancel(error);
        signal?.throwIfAborted();
        throw error;
      }
    };
    return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  }

  async #beforeTimeout<T>(work: Promise<T>, error: () => RegistryError): Promise<T> {
    const done = new AbortController();
    const timeout = this.#clock.sleep(this.#timeoutMs, { signal: done.signal }).then(
      () => Promise.reject(error()),
      () => new Promise<never>(() => undefined),
    );
    try {
      return await Promise.race([work, timeout]);
    } finally {
      done.abort();
    }
  }
}

function stalled(url: string): RegistryError {
  return new RegistryError("internal", `Get "${url}": read tcp: i/o timeout`, { retryable: true });
}

function isForeign(url: string): boolean {
  return /^https?:/.test(url);
}
