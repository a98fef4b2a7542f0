import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ImageRunConfig } from "../../engine/oci/image-config.ts";
import { sha256 } from "./tree.ts";

/** How one image of the library is made. The same inputs give the same bytes. */
export interface Recipe {
  /** `library/busybox` */
  readonly repository: string;
  /** The first is the one people mean. */
  readonly tags: readonly string[];
  /** Committed images are in git; the others are made on first start. */
  readonly committed: boolean;
  /** Image directories below `kernel-image/images/` whose files decide what comes out, its own included. */
  readonly sources: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  build(): Promise<BuiltImage>;
}

export interface BuiltImage {
  readonly config: ImageRunConfig;
  /** What `docker history` shows, oldest first. */
  readonly steps: readonly BuildStep[];
  /** Debian packages inside: `binary NAME VERSION` and `source NAME VERSION` lines. */
  readonly packages: readonly string[];
  readonly licence: string;
}

export interface BuildStep {
  readonly createdBy: string;
  readonly comment?: string;
  /** The layer this step makes. Without one it only changes the config. */
  readonly tar?: Uint8Array;
}

/** A Dockerfile instruction, as BuildKit writes it down. */
export function instruction(createdBy: string, tar?: Uint8Array): BuildStep {
  return { createdBy, comment: "buildkit.dockerfile.v0", ...(tar && { tar }) };
}

export const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export const IMAGES_DIRECTORY = import.meta.dirname;

/** Files that decide what the bytes of every image are. */
const SHARED_SOURCES = ["tree.ts", "image-writer.ts"];

/** SHA-256 over the text of everything a recipe is made from. */
export async function recipeHash(recipe: Recipe): Promise<string> {
  const files = [...SHARED_SOURCES];
  for (const directory of recipe.sources) {
    const names = await readdir(join(IMAGES_DIRECTORY, directory));
    files.push(...names.filter((name) => !name.endsWith(".test.ts")).map((name) => `${directory}/${name}`));
  }
  const lines = await Promise.all(
    files.toSorted().map(async (file) => `${sha256(await readFile(join(IMAGES_DIRECTORY, file)))}  ${file}\n`),
  );
  return sha256(lines.join(""));
}
