import { concat } from "../base/streams.ts";
import { createHasher, type Digest } from "../oci/digest.ts";
import { MANIFEST_MEDIA_TYPES } from "../oci/media-types.ts";
import { canonicalName, type Reference } from "../oci/reference.ts";
import { RegistryError } from "./registry-errors.ts";
import type { RegistryRequest, RegistryRequests } from "./registry-requests.ts";

/**
 * One `PATCH`: browsers cannot stream a request, so an upload goes in pieces of this size. It is also how often progress is told.
 */
const PIECE_BYTES = 1 << 20;

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes to one repository of a registry. Every method throws RegistryError.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push
 */
export class RegistryUploads {
  readonly reference: Reference;
  readonly #requests: RegistryRequests;

  constructor(requests: RegistryRequests) {
    this.reference = requests.reference;
    this.#requests = requests;
  }

  /** Finds the registry's address; its refusal counts as an answer. */
  async ping({ signal }: Options = {}): Promise<void> {
    await this.#requests.ping(signal);
  }

  /** Whether the repository has this blob. */
  async has(digest: Digest, { signal }: Options = {}): Promise<boolean> {
    return (await this.#send(`blobs/${digest}`, { method: "HEAD", expected: [404], signal })).status !== 404;
  }

  /** Takes a blob over from another repository of the same registry. False when the registry does not do it. */
  async mount(digest: Digest, from: string, { signal }: Options = {}): Promise<boolean> {
    const query = new URLSearchParams({ mount: digest, from });
    const { status, location } = await this.#send(`blobs/uploads/?${query.toString()}`, { method: "POST", signal });
    if (status === 201) return true;
    // 202: an upload was begun instead, which nobody needs.
    await this.#send(this.#checked(location), { method: "DELETE", signal, expected: [404, 405] }).catch(
      () => undefined,
    );
    return false;
  }

  /**
   * Uploads content whose digest is found on the way.
   * @param report called with the bytes sent so far
   * @param check called with the digest before the registry is told that the content is whole; what it throws ends the upload
   */
  async upload(
    content: AsyncIterable<Uint8Array>,
    options: Options & { report?: (bytes: number) => void; check?: (digest: Digest) => Promise<void> } = {},
  ): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
    const { signal, report } = options;
    const hasher = await createHasher();
    let { location } = await this.#send("blobs/uploads/", { method: "POST", signal });
    let sizeBytes = 0;
    for await (const piece of pieces(content)) {
      hasher.update(piece);
      const headers = {
        "Content-Type": "application/octet-stream",
        "Content-Range": `${sizeBytes}-${sizeBytes + piece.length - 1}`,
      };
      ({ location } = await this.#send(this.#checked(location), { method: "PATCH", headers, body: piece, signal }));
      sizeBytes += piece.length;
      report?.(sizeBytes);
    }
    const digest = hasher.digest();
    await options.check?.(digest);
    const end = new URL(this.#checked(location));
    end.searchParams.set("digest", digest);
    await this.#send(end.href, { method: "PUT", body: new Uint8Array(), signal });
    return { digest, sizeBytes };
  }

  /** @param mediaType the manifest's own */
  async putManifest(
    bytes: Uint8Array<ArrayBuffer>,
    mediaType: string,
    tag: string,
    { signal }: Options = {},
  ): Promise<void> {
    await this.#send(`manifests/${tag}`, {
      method: "PUT",
      headers: { "Content-Type": mediaType, Accept: MANIFEST_MEDIA_TYPES.join(", ") },
      body: bytes,
      signal,
    });
  }

  /** Sends, and takes nothing of the answer but its status and where it leads. */
  async #send(target: string, options: Omit<RegistryRequest, "asked">): Promise<Answer> {
    return await this.#requests.eachEndpoint(this.reference, options.signal, async (endpoint) => {
      const response = await this.#requests.request(endpoint, target, { ...options, asked: this.reference });
      await response.body?.cancel();
      const location = response.headers.get("location") ?? "";
      const isUrl = location !== "" && URL.canParse(location, endpoint.baseUrl);
      return { status: response.status, location: isUrl ? new URL(location, endpoint.baseUrl).href : undefined };
    });
  }

  #checked(location: string | undefined): string {
    if (location !== undefined) return location;
    const name = canonicalName(this.reference);
    throw new RegistryError("internal", `the registry began no upload to ${name}: there is no Location in its answer`);
  }
}

interface Answer {
  readonly status: number;
  /** An absolute URL. */
  readonly location: string | undefined;
}

/** The same bytes in arrays of {@link PIECE_BYTES}, the last one shorter. */
async function* pieces(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.slice(at, at + PIECE_BYTES - size);
      waiting.push(part);
      size += part.length;
      at += part.length;
      if (size < PIECE_BYTES) continue;
      yield concat(waiting);
      waiting = [];
      size = 0;
    }
  }
  if (size > 0) yield concat(waiting);
}
