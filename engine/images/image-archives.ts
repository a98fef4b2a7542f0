import type { ByteStream } from "../base/streams.ts";
import type { Platform } from "../oci/platform.ts";
import type { Image } from "./image-service.ts";
import { importImage, type ImportOptions } from "./import-image.ts";
import { openImportSource } from "./import-source.ts";
import type { IncomingPorts } from "./incoming.ts";
import { type LoadEvent, loadImages, type LoadOptions } from "./load-images.ts";
import type { Fetch } from "./registry-transport.ts";
import { imagesToSave, type ImageToSave, saveImages } from "./save-images.ts";

/** Images as archives: `docker save`, `load` and `import`. */
export class ImageArchives {
  readonly #ports: IncomingPorts & { readonly fetch: Fetch };

  constructor(ports: IncomingPorts & { readonly fetch: Fetch }) {
    this.#ports = ports;
  }

  /** @throws EngineError not-found for a name that is not here, before anything is written */
  async save(
    names: readonly string[],
    options: { readonly platform?: Platform } = {},
  ): Promise<{ readonly saved: readonly ImageToSave[]; readonly tar: ByteStream }> {
    const saved = await imagesToSave(names, this.#ports, options.platform);
    return { saved, tar: await saveImages(saved, this.#ports) };
  }

  load(body: ByteStream, options?: LoadOptions): AsyncIterable<LoadEvent> {
    return loadImages(body, this.#ports, options);
  }

  /** The archive behind a URL. @throws EngineError internal */
  async fetch(url: string, signal: AbortSignal): Promise<ByteStream> {
    return await openImportSource(this.#ports.fetch, url, signal);
  }

  async import(body: ByteStream, options: ImportOptions): Promise<Image> {
    return await importImage(body, this.#ports, options);
  }
}
