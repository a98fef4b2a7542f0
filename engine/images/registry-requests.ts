/**
 * Requests to one repository of one registry for one user: which address answers, who we are, and what a refusal means.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
import type { Clock } from "../base/clock.ts";
import { isKind, messageOf } from "../base/errors.ts";
import { type ByteStream, collect } from "../base/streams.ts";
import { DEFAULT_DOMAIN, type Reference } from "../oci/reference.ts";
import { authorize, type Credentials, HUB_CHALLENGE, parseChallenge } from "./registry-auth.ts";
import { errorOfCode, errorOfResponse, RegistryError } from "./registry-errors.ts";
import type { RegistryEndpoint, RegistryHosts } from "./registry-hosts.ts";
import { type Fetch, RegistryTransport } from "./registry-transport.ts";
import { explainSilence, explainUnreachable } from "./unreachable.ts";

export interface RegistryClientPorts {
  readonly fetch: Fetch;
  readonly hosts: RegistryHosts;
  readonly clock: Clock;
  /** Silence that ends a request, before the headers or between two pieces of the body. */
  readonly timeoutMs?: number;
}

export interface RegistryRequest {
  /** Default GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal | undefined;
  /** For messages. */
  readonly asked: Reference;
  readonly blob?: boolean;
  /** What Docker would have done here, for messages: it asks for a tag with HEAD first. */
  readonly shownMethod?: string;
  /** Statuses beside 2xx that are answers, not errors. */
  readonly expected?: readonly number[];
}

/** `push`: addresses that take writes; mirrors are left out. */
export type Access = "pull" | "push";

export class RegistryRequests {
  readonly reference: Reference;
  readonly #hosts: RegistryHosts;
  readonly #transport: RegistryTransport;
  readonly #credentials: Credentials | undefined;
  readonly #access: Access;
  #endpoint: RegistryEndpoint | undefined;
  #authorization: string | undefined;
  #authorizing: Promise<string> | undefined;

  constructor(
    ports: RegistryClientPorts,
    reference: Reference,
    options: { credentials?: Credentials; access: Access },
  ) {
    this.reference = reference;
    this.#hosts = ports.hosts;
    this.#transport = new RegistryTransport(ports);
    this.#credentials = options.credentials;
    this.#access = options.access;
  }

  /** Tries the endpoints in order, or the one that answered before. */
  async eachEndpoint<T>(
    asked: Reference,
    signal: AbortSignal | undefined,
    work: (endpoint: RegistryEndpoint) => Promise<T>,
  ): Promise<T> {
    if (this.#endpoint) return await work(this.#endpoint);
    let failure: RegistryError | undefined;
    for (const endpoint of this.#hosts.endpoints(this.reference.domain)) {
      if (endpoint.isMirror && this.#access === "push") continue;
      try {
        const result = await work(endpoint);
        this.#endpoint = endpoint;
        return result;
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof RegistryError) || !error.tryNext) throw error;
        failure = moreTelling(failure, error);
        this.#authorization = undefined;
      }
    }
    if (!failure?.unreachable) throw failure ?? new Error(`no endpoint for ${asked.domain}`);
    if (this.#access === "push") throw explainSilence(failure, this.#hosts);
    throw await explainUnreachable(failure, asked, { transport: this.#transport, hosts: this.#hosts, signal });
  }

  /** Any answer of the registry to `GET /v2/`, even a refusal. @throws RegistryError when there is none */
  async ping(signal: AbortSignal | undefined): Promise<void> {
    await this.eachEndpoint(this.reference, signal, async (endpoint) => {
      const shownUrl = `${endpoint.baseUrl}v2/`;
      const response = await this.#transport.send(endpoint.through(shownUrl), {}, { signal, shownUrl });
      await response.body?.cancel();
    });
  }

  /**
   * One request, and a second one when the registry asks who we are.
   * @param target below the repository (`manifests/1`), or an absolute URL that the registry named
   * @throws RegistryError when there is no 2xx (or expected) answer
   */
  async request(endpoint: RegistryEndpoint, target: string, options: RegistryRequest): Promise<Response> {
    const url = /^https?:/.test(target) ? target : `${endpoint.baseUrl}v2/${this.reference.path}/${target}`;
    const isForeign = !url.startsWith(endpoint.baseUrl);
    let sent: string | undefined;
    const send = (): Promise<Response> => {
      sent = isForeign ? undefined : this.#authorization;
      const headers = { ...options.headers, ...(sent !== undefined && { Authorization: sent }) };
      const { method = "GET", body, signal } = options;
      const init = { headers, ...(method !== "GET" && { method }), ...(body && { body }) };
      return this.#transport.send(endpoint.through(url), init, { signal, shownUrl: `${endpoint.baseUrl}v2/` });
    };
    let response = await send();
    if (response.status === 401 && !isForeign) {
      const header = response.headers.get("www-authenticate");
      const challenge = header === null ? this.#hiddenChallenge(endpoint) : parseChallenge(header);
      if (challenge && !(header !== null && /insufficient_scope/.test(header))) {
        await response.body?.cancel();
        // Another request may have got a newer token meanwhile.
        if (this.#authorization === sent) {
          this.#authorizing ??= this.#authorize(endpoint, challenge, { ...options, url }).finally(
            () => (this.#authorizing = undefined),
          );
          this.#authorization = await this.#authorizing;
        }
        response = await send();
      }
    }
    if (response.ok || options.expected?.includes(response.status) === true) return response;
    const error = await errorOfResponse(response, options.asked, endpoint.isMirror);
    const isMissingBlob = options.blob === true && isKind(error, "not-found") && response.status === 404;
    throw isMissingBlob ? errorOfCode({ code: "BLOB_UNKNOWN", message: "" }, options.asked) : error;
  }

  async bodyOf(response: Response, limit: number, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return await collect(this.watched(response, signal), limit);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RegistryError("invalid-argument", `response of more than ${limit} bytes is too large`, {
        cause: error,
      });
    }
  }

  watched(response: Response, signal: AbortSignal | undefined): ByteStream {
    return this.#transport.watched(response, signal);
  }

  async #authorize(
    endpoint: RegistryEndpoint,
    challenge: NonNullable<ReturnType<typeof parseChallenge>>,
    { url, method = "GET", shownMethod = method, signal }: RegistryRequest & { readonly url: string },
  ): Promise<string> {
    // A mirror is another host than the one the user logged in to.
    const credentials = endpoint.isMirror ? undefined : this.#credentials;
    const scope = `repository:${this.reference.path}:${this.#access === "push" ? "push,pull" : "pull"}`;
    try {
      return await authorize({ challenge, scope, credentials }, (tokenUrl, init) =>
        this.#transport.send(endpoint.through(tokenUrl), init, { signal, shownUrl: tokenUrl }),
      );
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof RegistryError) || error.unreachable) throw error;
      const verb = shownMethod[0] + shownMethod.slice(1).toLowerCase();
      throw new RegistryError(error.kind, `${verb} "${url}": ${messageOf(error)}`, {
        cause: error,
        detail: messageOf(error),
        tryNext: true,
      });
    }
  }

  /** `WWW-Authenticate` is not among the headers that CORS shows unless the registry says so. */
  #hiddenChallenge(endpoint: RegistryEndpoint): ReturnType<typeof parseChallenge> {
    if (endpoint.isMirror) return undefined;
    if (this.reference.domain === DEFAULT_DOMAIN) return HUB_CHALLENGE;
    return this.#credentials ? { scheme: "basic", parameters: {} } : undefined;
  }
}

/** "Not here" of a mirror says less than a registry's own answer, but more than silence on a second address. */
function moreTelling(before: RegistryError | undefined, now: RegistryError): RegistryError {
  const wasRefused = before !== undefined && !before.unreachable && before.kind !== "not-found";
  return wasRefused && now.unreachable ? before : now;
}
