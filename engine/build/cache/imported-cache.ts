import type { Image } from "../../images/image-service.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ImageHistory } from "../../oci/image-config.ts";

/** Where a stage stands before a step. */
interface Standing {
  readonly layers: readonly Digest[];
  readonly history: readonly ImageHistory[];
}

/**
 * Images that a build may take layers from (`--cache-from`). A layer is taken only where all below it is the same and every instruction so far was:
 * layers by digest, instructions by the history, which has the variables too.
 */
export class ImportedCache {
  readonly #images: readonly Image[];

  constructor(images: readonly Image[]) {
    this.#images = images;
  }

  find(
    { layers, history }: Standing,
    createdBy: string,
  ): { readonly layer: Digest; readonly createdMs: number } | undefined {
    for (const image of this.#images) {
      const entries = image.config.history ?? [];
      const entry = entries[history.length];
      const layer = image.layers[layers.length];
      if (entry === undefined || layer === undefined || entry.empty_layer === true) continue;
      const isSame =
        entry.created_by === createdBy &&
        layers.every((digest, index) => image.layers[index] === digest) &&
        history.every((own, index) => isEqual(own, entries[index]));
      if (isSame) return { layer, createdMs: Date.parse(entry.created ?? "") || 0 };
    }
    return undefined;
  }
}

function isEqual(own: ImageHistory, other: ImageHistory | undefined): boolean {
  return other !== undefined && own.created_by === other.created_by && own.empty_layer === other.empty_layer;
}

/** The image that an entry of `--cache-from` names: `x:1` or `type=registry,ref=x:1`; undefined for other kinds of caches. */
export function imageOfCacheFrom(entry: string): string | undefined {
  if (!entry.includes("=")) return entry;
  const fields = new Map(entry.split(",").map((field) => field.split("=", 2) as [string, string]));
  return (fields.get("type") ?? "registry") === "registry" ? fields.get("ref") : undefined;
}
