import { askJson } from "./drydock-api.ts";
import type { DockerFetch } from "./engine-client.ts";
import { number, object, objects, text } from "./fields.ts";
import { kindOf } from "./workspace-files.ts";

export type FileChange = "added" | "changed" | "removed" | "unchanged";

/** A file of a layer, or of everything up to it. */
export interface LayerFile {
  readonly path: string;
  readonly kind: "file" | "directory" | "link" | "other";
  readonly sizeBytes: number;
  readonly change: FileChange;
  readonly mode: number;
  readonly owner: string;
  readonly target: string;
}

export interface LayerFiles {
  readonly files: readonly LayerFile[];
  readonly isTruncated: boolean;
}

/** A layer of an image, the lowest first. */
export interface ImageLayer {
  readonly digest: string;
  readonly createdBy: string;
  readonly sizeBytes: number;
  readonly wasteBytes: number;
}

const CHANGES = ["added", "changed", "removed", "unchanged"] as const;

/** Files of a layer of an image, or of a build's step. `cumulative`: everything that is there, with what this layer did to it. @throws ApiError */
export async function readLayerFiles(fetch: DockerFetch, path: string, cumulative: boolean): Promise<LayerFiles> {
  const answer = object(await askJson(fetch, "GET", `${path}/files${cumulative ? "?cumulative=1" : ""}`));
  const files = objects(answer["Files"]).map((fields): LayerFile => ({
    path: text(fields["Path"]).replace(/^\/+/, ""),
    kind: kindOf(text(fields["Type"])),
    sizeBytes: number(fields["SizeBytes"]),
    change: CHANGES.find((each) => each === fields["Change"]) ?? "unchanged",
    mode: number(fields["Mode"]) & 0o7777,
    owner: `${number(fields["Uid"])}:${number(fields["Gid"])}`,
    target: text(fields["Target"]),
  }));
  return { files: files.filter((file) => file.path !== ""), isTruncated: answer["Truncated"] === true };
}

/** @throws ApiError */
export async function readImageLayers(fetch: DockerFetch, image: string): Promise<readonly ImageLayer[]> {
  const path = `/drydock/images/${encodeURIComponent(image)}/layers`;
  return objects(await askJson(fetch, "GET", path)).map((fields) => ({
    digest: text(fields["Digest"]),
    createdBy: text(fields["CreatedBy"]),
    sizeBytes: number(fields["SizeBytes"]),
    wasteBytes: number(fields["WasteBytes"]),
  }));
}

/** The part of an image's bytes that is not wasted, 0 to 1: what a container sees of all that was stored. */
export function efficiency(layers: readonly ImageLayer[]): number {
  const all = layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
  const waste = layers.reduce((sum, layer) => sum + layer.wasteBytes, 0);
  return all === 0 ? 1 : Math.max(0, all - waste) / all;
}

/** The instruction behind a layer, without what the builder wraps around it. */
export function instructionOf(createdBy: string): string {
  return createdBy
    .replace(/^\/bin\/sh -c #\(nop\)\s+/, "")
    .replace(/^(?:RUN )?\/bin\/sh -c /, "RUN ")
    .replace(/\s+# buildkit$/, "")
    .trim();
}
