import type { RecordStore } from "../content/record-store.ts";
import { type Digest, hexOf } from "../oci/digest.ts";

/** A repository that has a layer, compressed this way (moby keeps the same beside its layers, `daemon/internal/distribution/metadata`). */
export interface LayerSource {
  readonly digest: Digest;
  readonly size: number;
  readonly mediaType: string;
  /** Canonical name: `localhost:5000/img`. */
  readonly repository: string;
}

const PREFIX = "layer-sources/";
/** moby `maxMetadata`. */
const KEPT = 50;

/** Which repositories have which layers, as far as pulls and pushes have told: a push looks there before it sends anything. */
export class LayerSources {
  readonly #records: RecordStore;
  #last: Promise<unknown> = Promise.resolve();

  constructor(records: RecordStore) {
    this.#records = records;
  }

  /** Newest first. */
  async list(diffId: Digest): Promise<readonly LayerSource[]> {
    return (await this.#records.get<readonly LayerSource[]>(keyOf(diffId))) ?? [];
  }

  async add(diffId: Digest, source: LayerSource): Promise<void> {
    await this.#change(async () => {
      const others = (await this.list(diffId)).filter(
        ({ digest, repository }) => digest !== source.digest || repository !== source.repository,
      );
      await this.#records.set(keyOf(diffId), [source, ...others].slice(0, KEPT));
    });
  }

  async forget(diffId: Digest): Promise<void> {
    await this.#change(() => this.#records.delete(keyOf(diffId)));
  }

  async #change(work: () => Promise<void>): Promise<void> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    await result;
  }
}

function keyOf(diffId: Digest): string {
  return PREFIX + hexOf(diffId);
}
