import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import { Disposals } from "../../base/disposal.ts";
import { EngineError } from "../../base/errors.ts";
import { chunksOf } from "../../base/streams.ts";
import { createHasher } from "../../oci/digest.ts";
import { ByteSpool } from "../context/byte-spool.ts";
import { receiveRepository } from "../context/remote-context.ts";
import type { CopyPorts, FetchedUrl } from "./copy-request.ts";
import type { GitSource, RemoteSource } from "./copy-sources.ts";
import { oneFile } from "./one-file.ts";

const MAX_BYTES = 2 ** 30;

/** What an `ADD` downloads, each URL once, until it is disposed of (BuildKit `source/http`). */
export class Downloads implements AsyncDisposable {
  readonly #ports: CopyPorts;
  readonly #checksum: string | undefined;
  readonly #known = new Map<string, Promise<ReadableLowerFiles>>();
  readonly #owned = new Disposals();

  constructor(ports: CopyPorts, checksum: string | undefined) {
    this.#ports = ports;
    this.#checksum = checksum === "" ? undefined : checksum;
  }

  /**
   * A tree with the file in its root: 0600, root's, with the time of `Last-Modified` or else 1970.
   * @throws EngineError unavailable, invalid-argument
   */
  get(source: RemoteSource): Promise<ReadableLowerFiles> {
    const known = this.#known.get(source.url) ?? this.#download(source);
    this.#known.set(source.url, known);
    return known;
  }

  /** @throws EngineError */
  repository(source: GitSource): Promise<ReadableLowerFiles> {
    const { remote, ref, subdirectory } = source.repository;
    const name = `${remote}#${ref}:${subdirectory}`;
    const known = this.#known.get(name) ?? this.#receiveRepository(source);
    this.#known.set(name, known);
    return known;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#known.clear();
    await this.#owned[Symbol.asyncDispose]();
  }

  async #receiveRepository({ repository, relay }: GitSource): Promise<ReadableLowerFiles> {
    const { spool, signal, maxBytes = MAX_BYTES } = this.#ports;
    const options = { maxBytes, ...(spool && { spool }), ...(signal && { signal }) };
    return this.#owned.use(await receiveRepository(repository, relay, options)).files;
  }

  async #download({ url, name }: RemoteSource): Promise<ReadableLowerFiles> {
    const { fetcher, signal } = this.#ports;
    if (fetcher === undefined) throw new EngineError("unavailable", `Get "${url}": there is no way to other machines`);
    const response = await fetcher.get(url, signal ? { signal } : {});
    if (response.status < 200 || response.status >= 400) {
      await response.body.cancel().catch(() => undefined);
      throw new EngineError("invalid-argument", `invalid response status ${response.status}`);
    }
    const spool = this.#owned.use(new ByteSpool(this.#ports.spool));
    await this.#receive(url, response, spool);
    const mtimeSeconds = lastModified(response.headers.get("last-modified"));
    return oneFile(name, { size: spool.sizeBytes, open: () => spool.open() }, { permissions: 0o600, mtimeSeconds });
  }

  async #receive(url: string, { body }: FetchedUrl, spool: ByteSpool): Promise<void> {
    const limit = this.#ports.maxBytes ?? MAX_BYTES;
    const hasher = await createHasher();
    for await (const chunk of chunksOf(body)) {
      this.#ports.signal?.throwIfAborted();
      if (spool.sizeBytes + chunk.length > limit)
        throw new EngineError("invalid-argument", `Get "${url}": the response is larger than ${limit} bytes`);
      hasher.update(chunk);
      await spool.append(chunk);
    }
    const digest = hasher.digest();
    const expected = this.#checksum;
    if (expected === undefined || expected === digest) return;
    if (!expected.startsWith("sha256:"))
      throw new EngineError("not-implemented", `checksums other than sha256 are not supported: ${expected}`);
    const text = `digest mismatch for ${url}: ${digest} (expected: ${expected})`;
    throw new EngineError("invalid-argument", text);
  }
}

function lastModified(text: string | undefined): number {
  const milliseconds = Date.parse(text ?? "");
  return Number.isNaN(milliseconds) || milliseconds < 0 ? 0 : Math.floor(milliseconds / 1000);
}
