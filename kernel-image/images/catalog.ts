import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ImageIndex } from "../../engine/oci/manifest.ts";

/** Everything that lies under `v2/` and has tags, sorted. */
export async function repositories(v2: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(v2, { recursive: true })) {
    const path = entry.replaceAll("\\", "/");
    if (path.endsWith("/tags/list")) found.push(path.slice(0, -"/tags/list".length));
  }
  return found.toSorted();
}

/** `/v2/` answers any JSON, `/v2/_catalog` lists what is here (and, for `docker search`, what it is). */
export async function writeCatalog(v2: string): Promise<void> {
  const names = await repositories(v2);
  const descriptions: Record<string, string> = {};
  for (const name of names) {
    const tags = JSON.parse(await readFile(join(v2, name, "tags/list"), "utf8")) as { tags: string[] };
    const index = JSON.parse(await readFile(join(v2, name, "manifests", tags.tags[0] ?? ""), "utf8")) as ImageIndex;
    descriptions[name] = index.manifests[0]?.annotations?.["org.opencontainers.image.description"] ?? "";
  }
  await writeFile(join(v2, "index.html"), "{}\n");
  await writeFile(join(v2, "_catalog"), JSON.stringify({ repositories: names, descriptions }));
}
