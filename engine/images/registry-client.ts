/**
 * Reads registries: manifests, blobs and tags over `fetch`.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
import { messageOf } from "../base/errors.ts";
import { type ByteStream, decodeUtf8 } from "../base/streams.ts";
import { type Digest, digestOf, isDigest } from "../oci/digest.ts";
import { MANIFEST_MEDIA_TYPES } from "../oci/media-types.ts";
import { MAX_MANIFEST_BYTES } from "../oci/parse-manifest.ts";
import type { Reference } from "../oci/reference.ts";
import type { Credentials } from "./registry-auth.ts";
import { errorOfCode, RegistryError } from "./registry-errors.ts";
import { type RegistryClientPorts, RegistryRequests } from "./registry-requests.ts";
import { stringsOf } from "./registry-lists.ts";
import { RegistryUploads } from "./registry-uploads.ts";

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

export class RegistryClient {
  readonly #ports: RegistryClientPorts;

  constructor(ports: RegistryClientPorts) {
    this.#ports = ports;
  }

  open(reference: Reference, credentials?: Credentials): RegistrySession {
    return new Session(
      new RegistryRequests(this.#ports, reference, { ...(credentials && { credentials }), access: "pull" }),
    );
  }

  /** For `docker push`. */
  uploads(reference: Reference, credentials?: Credentials): RegistryUploads {
    return new RegistryUploads(
      new RegistryRequests(this.#ports, reference, { ...(credentials && { credentials }), access: "push" }),
    );
  }
}

class Session implements RegistrySession {
  readonly #requests: RegistryRequests;
  readonly #reference: Reference;

  constructor(requests: RegistryRequests) {
    this.#requests = requests;
    this.#reference = requests.reference;
  }

  async manifest(tagOrDigest: string, { signal }: { signal?: AbortSignal } = {}): Promise<FetchedManifest> {
    const { domain, path } = this.#reference;
    const wanted = isDigest(tagOrDigest) ? { domain, path, digest: tagOrDigest } : { domain, path, tag: tagOrDigest };
    return await this.#requests.eachEndpoint(wanted, signal, async (endpoint) => {
      const headers = { Accept: MANIFEST_MEDIA_TYPES.join(", ") };
      const response = await this.#requests.request(endpoint, `manifests/${tagOrDigest}`, {
        headers,
        signal,
        asked: wanted,
        ...(wanted.digest === undefined && { shownMethod: "HEAD" }),
      });
      const bytes = await this.#requests.bodyOf(response, MAX_MANIFEST_BYTES, signal);
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
    return await this.#requests.eachEndpoint(this.#reference, signal, async (endpoint) => {
      const headers: Record<string, string> = offsetBytes > 0 ? { Range: `bytes=${offsetBytes}-` } : {};
      const response = await this.#requests.request(endpoint, `blobs/${digest}`, {
        headers,
        signal,
        asked: this.#reference,
        blob: true,
      });
      const body = this.#requests.watched(response, signal);
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
    return await this.#requests.eachEndpoint(this.#reference, signal, async (endpoint) => {
      const tags: string[] = [];
      let page: string | undefined = "tags/list";
      while (page !== undefined) {
        const options = { signal, asked: this.#reference };
        const response: Response = await this.#requests.request(endpoint, page, options);
        const text = decodeUtf8(await this.#requests.bodyOf(response, MAX_MANIFEST_BYTES, signal));
        try {
          tags.push(...stringsOf(JSON.parse(text), "tags"));
        } catch (cause) {
          if (endpoint.isMirror) throw errorOfCode({ code: "NAME_UNKNOWN", message: "" }, this.#reference);
          throw new RegistryError("internal", `error parsing HTTP 200 response body: ${messageOf(cause)}`, { cause });
        }
        page = nextPage(response, endpoint.baseUrl);
      }
      return tags;
    });
  }
}

/** `Link: <…>; rel="next"` (RFC 5988). A page that leads elsewhere is not followed. */
function nextPage(response: Response, baseUrl: string): string | undefined {
  const link = /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers.get("link") ?? "")?.[1];
  if (link === undefined || !URL.canParse(link, baseUrl)) return undefined;
  const url = new URL(link, baseUrl).href;
  return url.startsWith(baseUrl) ? url : undefined;
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
