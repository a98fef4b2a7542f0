import { concat } from "../../base/streams.ts";
import { digestOf } from "../../oci/digest.ts";

/** What a registry holds, by `repository/digest` or `repository/tag`. */
export interface RegistryContent {
  readonly blobs: Map<string, Uint8Array>;
  readonly manifests: Map<string, { readonly bytes: Uint8Array; readonly mediaType: string }>;
  readonly tags: Map<string, string[]>;
}

interface WriteRequest {
  readonly method: string;
  /** Below `v2/`, with its query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** The writing half of the registry in memory: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push */
export class UploadsDouble {
  readonly #content: RegistryContent;
  readonly #uploads = new Map<string, Uint8Array>();
  #count = 0;

  constructor(content: RegistryContent) {
    this.#content = content;
  }

  /** Uploads that were begun and neither finished nor given up. */
  get open(): number {
    return this.#uploads.size;
  }

  /** Undefined for what is no write. */
  async answer({ method, path, headers, body }: WriteRequest): Promise<Response | undefined> {
    const url = new URL(path, "http://double/");
    const [, repository = "", kind = "", rest = ""] = /^\/(.+)\/(manifests|blobs)\/(.*)$/.exec(url.pathname) ?? [];
    if (method === "HEAD" && kind === "blobs")
      return new Response(null, { status: this.#content.blobs.has(`${repository}/${rest}`) ? 200 : 404 });
    if (method === "PUT" && kind === "manifests") return await this.#putManifest(repository, rest, headers, body);
    if (method === "POST" && kind === "blobs") return this.#begin(repository, url.searchParams);
    if (!["PATCH", "PUT", "DELETE"].includes(method)) return undefined;
    const received = this.#uploads.get(url.pathname);
    if (!received) return Response.json({ errors: [{ code: "BLOB_UPLOAD_UNKNOWN" }] }, { status: 404 });
    if (method === "DELETE") {
      this.#uploads.delete(url.pathname);
      return new Response(null, { status: 204 });
    }
    if (method === "PATCH") return this.#patch(url.pathname, received, headers, body);
    return await this.#finish(url, repository, concat([received, body]));
  }

  #begin(repository: string, query: URLSearchParams): Response {
    const [mount, from] = [query.get("mount"), query.get("from")];
    const source = this.#content.blobs.get(`${from}/${mount}`);
    if (mount !== null && source) {
      this.#content.blobs.set(`${repository}/${mount}`, source);
      return new Response(null, { status: 201, headers: { location: `/v2/${repository}/blobs/${mount}` } });
    }
    const place = `/${repository}/blobs/uploads/${(this.#count += 1)}`;
    this.#uploads.set(place, new Uint8Array());
    return new Response(null, { status: 202, headers: { location: `/v2${place}?_state=${this.#count}` } });
  }

  #patch(place: string, received: Uint8Array, headers: Headers, body: Uint8Array): Response {
    const start = Number(/^(\d+)-/.exec(headers.get("content-range") ?? "")?.[1] ?? received.length);
    if (start !== received.length) return new Response(null, { status: 416 });
    this.#uploads.set(place, concat([received, body]));
    return new Response(null, { status: 202, headers: { location: `/v2${place}?_state=${received.length}` } });
  }

  async #finish(url: URL, repository: string, bytes: Uint8Array): Promise<Response> {
    this.#uploads.delete(url.pathname);
    const digest = await digestOf(bytes);
    if (url.searchParams.get("digest") !== digest)
      return Response.json({ errors: [{ code: "DIGEST_INVALID", message: "" }] }, { status: 400 });
    this.#content.blobs.set(`${repository}/${digest}`, bytes);
    return new Response(null, { status: 201 });
  }

  async #putManifest(repository: string, tag: string, headers: Headers, bytes: Uint8Array): Promise<Response> {
    const { manifests, tags, blobs } = this.#content;
    const document = JSON.parse(new TextDecoder().decode(bytes)) as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    const missing = [document.config, ...document.layers].find(({ digest }) => !blobs.has(`${repository}/${digest}`));
    if (missing) return Response.json({ errors: [{ code: "MANIFEST_BLOB_UNKNOWN" }] }, { status: 400 });
    const entry = { bytes, mediaType: headers.get("content-type") ?? "" };
    for (const name of [await digestOf(bytes), tag]) manifests.set(`${repository}/${name}`, entry);
    tags.set(repository, [...new Set([...(tags.get(repository) ?? []), tag])]);
    return new Response(null, { status: 201 });
  }
}
