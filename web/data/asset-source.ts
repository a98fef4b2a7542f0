import type { EngineOptions } from "../../engine/index.ts";
import { artifactUrl, bootArtifacts, type ArtifactTable } from "./artifacts.ts";

type AssetSource = EngineOptions["assets"];
type Progress = (loadedBytes: number, totalBytes: number | undefined) => void;

/** What went wrong with which file: the page has a screen for it. */
export interface AssetFailure {
  readonly kind: "missing" | "unreachable";
  readonly path: string;
}

export interface AssetSourceOptions {
  readonly baseUrl: string;
  readonly emulatorUrl: string;
  readonly artifacts: ArtifactTable;
  /** Makes the engine's error; the engine may not be loaded yet when a download fails, hence a promise. */
  readonly makeError: (kind: "not-found" | "unavailable", message: string, cause?: unknown) => Promise<Error>;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

/** One file on its way; several readers may watch it. */
interface Download {
  readonly bytes: Promise<Uint8Array<ArrayBuffer>>;
  readonly watchers: Set<Progress>;
  loadedBytes: number;
  totalBytes: number | undefined;
}

/**
 * The published files, over HTTP, for the worker. `prefetch` starts all downloads of a boot at once, before the engine's own code
 * has arrived; `read` then finds them under way. The service worker answers repeat visits from its cache.
 */
export class HttpAssetSource implements AssetSource {
  readonly #options: AssetSourceOptions;
  readonly #downloads = new Map<string, Download>();
  readonly #failures = new WeakMap<Error, AssetFailure>();
  #emulator: Promise<WebAssembly.Module> | undefined;

  constructor(options: AssetSourceOptions) {
    this.#options = options;
  }

  /** Starts fetching what a boot reads. Failures surface in `read`. */
  prefetch(options: { coldBoot: boolean }): void {
    this.emulator().catch(() => undefined);
    for (const path of bootArtifacts(this.#options.artifacts, options)) {
      this.#download(path).bytes.catch(() => undefined);
    }
  }

  async read(
    path: string,
    options: { onProgress?: Progress; signal?: AbortSignal } = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    options.signal?.throwIfAborted();
    const download = this.#download(path);
    const { onProgress, signal } = options;
    if (onProgress) {
      onProgress(download.loadedBytes, download.totalBytes);
      download.watchers.add(onProgress);
    }
    try {
      return await (signal ? untilAborted(download.bytes, signal) : download.bytes);
    } finally {
      if (onProgress) download.watchers.delete(onProgress);
      // Whoever reads owns the bytes (and may transfer them): a second read downloads again, from the cache.
      this.#downloads.delete(path);
    }
  }

  emulator(): Promise<WebAssembly.Module> {
    this.#emulator ??= this.#compile().catch((error: unknown) => {
      this.#emulator = undefined;
      throw error;
    });
    return this.#emulator;
  }

  fetch(url: string, init?: RequestInit): Promise<Response> {
    return this.#fetch(new URL(url, this.#options.baseUrl).href, init);
  }

  /** After the boot: gives up memory of what was fetched ahead and never read. */
  dropUnread(): void {
    this.#downloads.clear();
  }

  /** The asset failure behind an error, followed through its causes. */
  failureOf(error: unknown): AssetFailure | undefined {
    for (let current = error, depth = 0; current instanceof Error && depth < 10; current = current.cause, depth++) {
      const failure = this.#failures.get(current);
      if (failure) return failure;
    }
    return undefined;
  }

  #fetch(url: string, init?: RequestInit): Promise<Response> {
    return (this.#options.fetch ?? fetch)(url, init);
  }

  async #compile(): Promise<WebAssembly.Module> {
    const path = "the emulator (v86.wasm)";
    const response = await this.#get(this.#options.emulatorUrl, path);
    if (response.headers.get("content-type")?.startsWith("application/wasm") && "compileStreaming" in WebAssembly) {
      return WebAssembly.compileStreaming(response);
    }
    return WebAssembly.compile(await response.arrayBuffer());
  }

  #download(path: string): Download {
    const known = this.#downloads.get(path);
    if (known) return known;
    const download: Download = {
      bytes: Promise.resolve().then(() => this.#load(path, download)),
      watchers: new Set(),
      loadedBytes: 0,
      totalBytes: this.#options.artifacts[path]?.sizeBytes,
    };
    this.#downloads.set(path, download);
    return download;
  }

  async #load(path: string, download: Download): Promise<Uint8Array<ArrayBuffer>> {
    const response = await this.#get(artifactUrl(this.#options.baseUrl, path, this.#options.artifacts), path);
    const isEncoded = response.headers.has("content-encoding");
    const length = Number(response.headers.get("content-length"));
    if (!isEncoded && length > 0) download.totalBytes = length;
    try {
      const bytes = await readAll(response, download);
      return path.endsWith(".gz") && !isGzip(bytes) ? await gzip(bytes) : bytes;
    } catch (cause) {
      throw await this.#fail({ kind: "unreachable", path }, `${path}: the download broke off`, cause);
    }
  }

  /** A response that really is the file: not an error page, not a host's "single page" fallback. */
  async #get(url: string, path: string): Promise<Response> {
    let response: Response;
    try {
      response = await this.#fetch(url);
    } catch (cause) {
      throw await this.#fail({ kind: "unreachable", path }, `${path} could not be fetched`, cause);
    }
    const isPage = response.headers.get("content-type")?.startsWith("text/html") ?? false;
    if (response.ok && !isPage) return response;
    await response.body?.cancel();
    if (response.status >= 500) {
      throw await this.#fail({ kind: "unreachable", path }, `${path} could not be fetched: HTTP ${response.status}`);
    }
    throw await this.#fail({ kind: "missing", path }, `${path} is missing on the server (HTTP ${response.status})`);
  }

  async #fail(failure: AssetFailure, message: string, cause?: unknown): Promise<Error> {
    const kind = failure.kind === "missing" ? "not-found" : "unavailable";
    const error = await this.#options.makeError(kind, message, cause);
    this.#failures.set(error, failure);
    return error;
  }
}

/** All bytes of a body, straight into one array when the size is known. */
async function readAll(response: Response, download: Download): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array(download.totalBytes ?? 1 << 20);
  const reader = (response.body ?? new Blob().stream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (download.loadedBytes + value.length > bytes.length) {
      const grown = new Uint8Array(Math.max(bytes.length * 2, download.loadedBytes + value.length));
      grown.set(bytes);
      bytes = grown;
    }
    bytes.set(value, download.loadedBytes);
    download.loadedBytes += value.length;
    for (const watcher of download.watchers) watcher(download.loadedBytes, download.totalBytes);
  }
  return download.loadedBytes === bytes.length ? bytes : bytes.slice(0, download.loadedBytes);
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Some hosts label `.gz` files with `Content-Encoding: gzip` and the browser unpacks them: this undoes it. */
async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
