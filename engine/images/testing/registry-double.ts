/**
 * A registry in memory, reached through a `fetch` of its own: for tests of what goes well and of everything that can go wrong.
 */
import { encodeUtf8 } from "../../base/streams.ts";
import { type Digest, digestOf } from "../../oci/digest.ts";
import type { Fetch } from "../registry-transport.ts";
import { UploadsDouble } from "./uploads-double.ts";

export interface RecordedRequest {
  readonly url: string;
  /** Below `v2/`: `library/x/manifests/latest`. */
  readonly path: string;
  readonly headers: Headers;
  readonly method: string;
}

/** What goes wrong with one answer. Byte positions count in the body that is sent. */
export type Fault =
  | { readonly kind: "network" }
  | {
      readonly kind: "status";
      readonly status: number;
      readonly body?: string;
      readonly headers?: Record<string, string>;
    }
  | { readonly kind: "truncate" | "reset" | "stall"; readonly atByte: number }
  | { readonly kind: "tamper"; readonly atByte: number }
  | { readonly kind: "body"; readonly body: string };

export interface RegistryDoubleOptions {
  /** What precedes `v2/`. */
  readonly baseUrl?: string;
  readonly ranges?: boolean;
  /** Static hosts say neither what a manifest is nor what its digest is. */
  readonly isStatic?: boolean;
  /** `user:password` that Basic or the token server asks for. */
  readonly basic?: string;
  readonly token?: { readonly realm: string; readonly password?: string };
  readonly chunkBytes?: number;
}

export class RegistryDouble {
  readonly requests: RecordedRequest[] = [];
  readonly #options: RegistryDoubleOptions;
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #manifests = new Map<string, { readonly bytes: Uint8Array; readonly mediaType: string }>();
  readonly #tags = new Map<string, string[]>();
  readonly uploads = new UploadsDouble({ blobs: this.#blobs, manifests: this.#manifests, tags: this.#tags });
  /** Consulted for every request; a fault is used up by being returned. */
  fault: (request: RecordedRequest) => Fault | undefined = () => undefined;
  /** Awaited before any answer. */
  gate: Promise<unknown> = Promise.resolve();
  /** Bodies that were opened and neither read to their end nor cancelled. */
  openBodies = 0;
  /** Bodies that have stalled. */
  stalls = 0;
  /** The most bodies open at once. */
  peakBodies = 0;

  constructor(options: RegistryDoubleOptions = {}) {
    this.#options = options;
  }

  async putBlob(repository: string, bytes: Uint8Array): Promise<Digest> {
    const digest = await digestOf(bytes);
    this.#blobs.set(`${repository}/${digest}`, bytes);
    return digest;
  }

  async putManifest(
    repository: string,
    document: { readonly mediaType?: string },
    ...tags: readonly string[]
  ): Promise<{ digest: Digest; size: number }> {
    const bytes = encodeUtf8(JSON.stringify(document));
    const digest = await digestOf(bytes);
    const entry = { bytes, mediaType: document.mediaType ?? "application/json" };
    for (const reference of [digest, ...tags]) this.#manifests.set(`${repository}/${reference}`, entry);
    this.#tags.set(repository, [...(this.#tags.get(repository) ?? []), ...tags]);
    return { digest, size: bytes.length };
  }

  /** How many requests a path got, by its ending. */
  count(ending: string): number {
    return this.requests.filter(({ path }) => path.endsWith(ending)).length;
  }

  readonly fetch: Fetch = async (url, init = {}) => {
    const { baseUrl = "", token } = this.#options;
    const headers = new Headers(init.headers);
    if (token && url.startsWith(token.realm)) return this.#answerToken(url, headers, init);
    if (!url.startsWith(`${baseUrl}v2/`)) throw new TypeError("Failed to fetch");
    const { method = "GET" } = init;
    const request = { url, path: url.slice(baseUrl.length + 3), headers, method };
    this.requests.push(request);
    const fault = this.fault(request);
    await abortable(this.gate, init.signal);
    if (fault?.kind === "network") throw new TypeError("Failed to fetch");
    if (fault?.kind === "status")
      return new Response(fault.body ?? "", { status: fault.status, headers: fault.headers ?? {} });
    if (fault?.kind === "body") return new Response(fault.body, { headers: { "content-type": "text/html" } });
    const refused = this.#challenge(headers);
    if (refused) return refused;
    const body = new Uint8Array(await new Response(init.body ?? null).arrayBuffer());
    return (
      (await this.uploads.answer({ method, path: request.path, headers, body })) ??
      this.#answer(request.path, headers, fault)
    );
  };

  #answer(path: string, headers: Headers, fault: Fault | undefined): Response {
    if (path === "") return Response.json({});
    if (path === "_catalog") return Response.json({ repositories: [...this.#tags.keys()].toSorted() });
    const [, repository = "", kind = "", reference = ""] = /^(.+)\/(manifests|blobs|tags)\/(.+)$/.exec(path) ?? [];
    if (kind === "tags") {
      const tags = this.#tags.get(repository);
      return tags
        ? Response.json({ name: repository, tags })
        : refusal(404, "NAME_UNKNOWN", "repository name not known to registry");
    }
    if (kind === "blobs") {
      const blob = this.#blobs.get(`${repository}/${reference}`);
      return blob ? this.#send(blob, headers, fault, {}) : refusal(404, "BLOB_UNKNOWN", "blob unknown to registry");
    }
    const manifest = this.#manifests.get(`${repository}/${reference}`);
    if (!manifest) {
      if (this.#options.isStatic) return new Response("<html>404</html>", { status: 404 });
      return this.#tags.has(repository)
        ? refusal(404, "MANIFEST_UNKNOWN", "manifest unknown")
        : refusal(404, "NAME_UNKNOWN", "repository name not known to registry");
    }
    return this.#send(
      manifest.bytes,
      headers,
      fault,
      this.#options.isStatic ? {} : { "content-type": manifest.mediaType },
    );
  }

  #send(bytes: Uint8Array, headers: Headers, fault: Fault | undefined, extra: Record<string, string>): Response {
    const range = /^bytes=(\d+)-$/.exec(headers.get("range") ?? "");
    const start = range && this.#options.ranges !== false ? Number(range[1]) : 0;
    if (start > 0 && start >= bytes.length) return new Response(null, { status: 416 });
    const partial = start > 0 ? { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : undefined;
    const body = this.#body(bytes.slice(start), fault);
    return new Response(body, { status: partial ? 206 : 200, headers: { ...extra, ...partial } });
  }

  #body(bytes: Uint8Array, fault: Fault | undefined): ReadableStream<Uint8Array> {
    if (fault?.kind === "tamper") bytes[fault.atByte] = (bytes[fault.atByte] ?? 0) ^ 0xff;
    const cut = fault?.kind === "truncate" || fault?.kind === "reset" || fault?.kind === "stall" ? fault : undefined;
    const end = cut ? Math.min(cut.atByte, bytes.length) : bytes.length;
    const { chunkBytes = 1000 } = this.#options;
    let offset = 0;
    this.openBodies += 1;
    this.peakBodies = Math.max(this.peakBodies, this.openBodies);
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (offset < end) {
            controller.enqueue(bytes.subarray(offset, (offset = Math.min(end, offset + chunkBytes))));
            return;
          }
          if (cut?.kind === "stall") {
            this.stalls += 1;
            await new Promise<never>(() => undefined);
          }
          this.openBodies -= 1;
          if (cut?.kind === "reset") throw new TypeError("network error");
          controller.close();
        },
        cancel: () => void (this.openBodies -= 1),
      },
      { highWaterMark: 0 },
    );
  }

  #challenge(headers: Headers): Response | undefined {
    const { basic, token } = this.#options;
    const authorization = headers.get("authorization");
    if (basic !== undefined && authorization !== `Basic ${btoa(basic)}`) {
      return refusal(401, "UNAUTHORIZED", "authentication required", { "www-authenticate": 'Basic realm="Registry"' });
    }
    if (token && authorization !== "Bearer good") {
      return refusal(401, "UNAUTHORIZED", "authentication required", {
        "www-authenticate": `Bearer realm="${token.realm}",service="double",scope="x"`,
      });
    }
    return undefined;
  }

  #answerToken(url: string, headers: Headers, init: RequestInit): Response {
    this.requests.push({ url, path: "token", headers, method: init.method ?? "GET" });
    const { token } = this.#options;
    const refreshed = init.method === "POST" && (init.body as URLSearchParams).get("refresh_token") === "good";
    const isKnown =
      token?.password === undefined || refreshed || headers.get("authorization") === `Basic ${btoa(token.password)}`;
    return isKnown
      ? Response.json({ token: "good", refresh_token: "refresh" })
      : refusal(401, "UNAUTHORIZED", "incorrect username or password");
  }
}

function refusal(status: number, code: string, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ errors: [{ code, message }] }, { status, headers });
}

function abortable(work: Promise<unknown>, signal: AbortSignal | null | undefined): Promise<unknown> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}

/** Uses up `faults` one by one for requests whose path contains `part`. */
export function faultsFor(part: string, ...faults: readonly (Fault | undefined)[]): RegistryDouble["fault"] {
  const left = [...faults];
  return ({ path }) => (path.includes(part) ? left.shift() : undefined);
}
