/**
 * Reads registries: manifests, blobs and tags over `fetch`.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
import type { Clock } from "../base/clock.ts";
import { isKind, messageOf } from "../base/errors.ts";
import { type ByteStream, collect, decodeUtf8 } from "../base/streams.ts";
import { type Digest, digestOf, isDigest } from "../oci/digest.ts";
import { MANIFEST_MEDIA_TYPES } from "../oci/media-types.ts";
import { MAX_MANIFEST_BYTES } from "../oci/parse-manifest.ts";
import { DEFAULT_DOMAIN, type Reference } from "../oci/reference.ts";
import { authorize, type Credentials, HUB_CHALLENGE, parseChallenge } from "./registry-auth.ts";
import { errorOfCode, errorOfResponse, RegistryError } from "./registry-errors.ts";
import type { RegistryEndpoint, RegistryHosts } from "./registry-hosts.ts";
import { type Fetch, RegistryTransport } from "./registry-transport.ts";
import { explainUnreachable } from "./unreachable.ts";

export interface FetchedManifest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Computed from `bytes`. */
  readonly digest: Digest;
  readonly contentType: string | undefined;
}

/** What one repository of one registry holds, for one user. The first endpoint that answers is kept. */
export interface RegistrySession {
  /** @throws RegistryError in Docker's words */
  manifest(tagOrDigest: string, options?: { signal?: AbortSignal }): Promise<FetchedManifest>;
  /** Content from `offsetBytes` on, unverified. @throws RegistryError; also from the stream */
  blob(digest: Digest, options?: { offsetBytes?: number; signal?: AbortSignal }): Promise<ByteStream>;
  tags(options?: { signal?: AbortSignal }): Promise<readonly string[]>;
}

export interface RegistryClientPorts {
  readonly fetch: Fetch;
  readonly hosts: RegistryHosts;
  readonly clock: Clock;
  /** Silence that ends a request, before the headers or between two pieces of the body. */
  readonly timeoutMs?: number;
}

export class RegistryClient {
  readonly #ports: RegistryClientPorts;

  constructor(ports: RegistryClientPorts) {
    this.#ports = ports;
  }

  open(reference: Reference, credentials?: Credentials): RegistrySession {
    return new Session(this.#ports, reference, credentials);
  }
}

class Session implements RegistrySession {
  readonly #ports: RegistryClientPorts;
  readonly #transport: RegistryTransport;
  readonly #reference: Reference;
  readonly #credentials: Credentials | undefined;
  #endpoint: RegistryEndpoint | undefined;
  #authorization: string | undefined;

  constructor(ports: RegistryClientPorts, reference: Reference, credentials: Credentials | undefined) {
    this.#ports = ports;
    this.#transport = new RegistryTransport(ports);
    this.#reference = reference;
    this.#credentials = credentials;
  }

  async manifest(tagOrDigest: string, { signal }: { signal?: AbortSignal } = {}): Promise<FetchedManifest> {
    const { domain, path } = this.#reference;
    const wanted = isDigest(tagOrDigest) ? { domain, path, digest: tagOrDigest } : { domain, path, tag: tagOrDigest };
    return await this.#eachEndpoint(wanted, signal, async (endpoint) => {
      const headers = { Accept: MANIFEST_MEDIA_TYPES.join(", ") };
      const response = await this.#request(endpoint, `manifests/${tagOrDigest}`, { headers, signal, asked: wanted });
      const bytes = await this.#bodyOf(response, MAX_MANIFEST_BYTES, signal);
      // Hosts of single-page applications answer any path with their page.
      if (endpoint.isMirror && bytes[0] === 0x3c) throw errorOfCode({ code: "MANIFEST_UNKNOWN", message: "" }, wanted);
      const digest = await digestOf(bytes);
      const expected = wanted.digest ?? response.headers.get("docker-content-digest") ?? digest;
      if (digest !== expected) {
        throw new RegistryError("invalid-argument", `manifest verification failed for digest ${expected}`);
      }
      return { bytes, digest, contentType: response.headers.get("content-type") ?? undefined };
    });
  }

  async blob(digest: Digest, options: { offsetBytes?: number; signal?: AbortSignal } = {}): Promise<ByteStream> {
    const { offsetBytes = 0, signal } = options;
    return await this.#eachEndpoint(this.#reference, signal, async (endpoint) => {
      const headers: Record<string, string> = offsetBytes > 0 ? { Range: `bytes=${offsetBytes}-` } : {};
      const response = await this.#request(endpoint, `blobs/${digest}`, {
        headers,
        signal,
        asked: this.#reference,
        blob: true,
      });
      const body = this.#transport.watched(response, signal);
      if (offsetBytes === 0) return body;
      if (response.status !== 206) return skip(body, offsetBytes);
      const range = response.headers.get("content-range");
      const start = range === null ? offsetBytes : Number(/^bytes (\d+)-/.exec(range)?.[1] ?? NaN);
      if (start === offsetBytes) return body;
      await body.cancel();
      throw new RegistryError("internal", `unexpected Content-Range: ${String(range)}`, { retryable: true });
    });
  }

  async tags({ signal }: { signal?: AbortSignal } = {}): Promise<readonly string[]> {
    return await this.#eachEndpoint(this.#reference, signal, async (endpoint) => {
      const response = await this.#request(endpoint, "tags/list", { signal, asked: this.#reference });
      const text = decodeUtf8(await this.#bodyOf(response, MAX_MANIFEST_BYTES, signal));
      try {
        const { tags } = JSON.parse(text) as { tags?: unknown };
        return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
      } catch (cause) {
        if (endpoint.isMirror) throw errorOfCode({ code: "NAME_UNKNOWN", message: "" }, this.#reference);
        throw new RegistryError("internal", `error parsing HTTP 200 response body: ${messageOf(cause)}`, { cause });
      }
    });
  }

  /** Tries the endpoints in order, or the one that answered before. */
  async #eachEndpoint<T>(
    asked: Reference,
    signal: AbortSignal | undefined,
    work: (endpoint: RegistryEndpoint) => Promise<T>,
  ): Promise<T> {
    if (this.#endpoint) return await work(this.#endpoint);
    const { hosts } = this.#ports;
    let failure: RegistryError | undefined;
    for (const endpoint of hosts.endpoints(this.#reference.domain)) {
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
    throw await explainUnreachable(failure, asked, { transport: this.#transport, hosts, signal });
  }

  /** One request, and a second one when the registry asks who we are. @throws RegistryError when there is no 2xx answer */
  async #request(endpoint: RegistryEndpoint, path: string, options: RequestOptions): Promise<Response> {
    const url = `${endpoint.baseUrl}v2/${this.#reference.path}/${path}`;
    const pingUrl = `${endpoint.baseUrl}v2/`;
    const send = (): Promise<Response> => {
      const headers = {
        ...options.headers,
        ...(this.#authorization !== undefined && { Authorization: this.#authorization }),
      };
      return this.#transport.send(endpoint.through(url), { headers }, { signal: options.signal, shownUrl: pingUrl });
    };
    let response = await send();
    if (response.status === 401) {
      const header = response.headers.get("www-authenticate");
      const challenge = header === null ? this.#hiddenChallenge(endpoint) : parseChallenge(header);
      if (challenge && !(header !== null && /insufficient_scope/.test(header))) {
        await response.body?.cancel();
        this.#authorization = await authorize(challenge, this.#reference, this.#credentials, (tokenUrl, init) =>
          this.#transport.send(endpoint.through(tokenUrl), init, { signal: options.signal, shownUrl: tokenUrl }),
        );
        response = await send();
      }
    }
    if (response.ok) return response;
    const error = await errorOfResponse(response, options.asked, endpoint.isMirror);
    const isMissingBlob = options.blob === true && isKind(error, "not-found") && response.status === 404;
    throw isMissingBlob ? errorOfCode({ code: "BLOB_UNKNOWN", message: "" }, options.asked) : error;
  }

  /** `WWW-Authenticate` is not among the headers that CORS shows unless the registry says so. */
  #hiddenChallenge(endpoint: RegistryEndpoint): ReturnType<typeof parseChallenge> {
    if (endpoint.isMirror) return undefined;
    if (this.#reference.domain === DEFAULT_DOMAIN) return HUB_CHALLENGE;
    return this.#credentials ? { scheme: "basic", parameters: {} } : undefined;
  }

  async #bodyOf(response: Response, limit: number, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return await collect(this.#transport.watched(response, signal), limit);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RegistryError("invalid-argument", `response of more than ${limit} bytes is too large`, {
        cause: error,
      });
    }
  }
}

interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** For messages. */
  readonly asked: Reference;
  readonly blob?: boolean;
}

/** "Not here" of a mirror says less than a registry's own answer, but more than silence on a second address. */
function moreTelling(before: RegistryError | undefined, now: RegistryError): RegistryError {
  const wasRefused = before !== undefined && !before.unreachable && before.kind !== "not-found";
  return wasRefused && now.unreachable ? before : now;
}

/** What comes after the first `bytes`: for servers that answer a range request with everything. */
function skip(stream: ByteStream, bytes: number): ByteStream {
  let left = bytes;
  const rest = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      const dropped = Math.min(left, chunk.length);
      left -= dropped;
      if (dropped < chunk.length) controller.enqueue(chunk.subarray(dropped));
    },
  });
  return stream.pipeThrough(rest);
}
