/** What the page's own registry offers, for `docker search`. */
import { DEFAULT_DOMAIN, familiarName } from "../oci/reference.ts";
import type { RegistryHosts } from "./registry-hosts.ts";
import type { RegistryTransport } from "./registry-transport.ts";
import { stringsOf, tryReadJson } from "./registry-lists.ts";

export interface CatalogEntry {
  /** As people write it: `nginx`. */
  readonly name: string;
  readonly description: string;
  readonly isOfficial: boolean;
  /** Docker Hub's; catalogues know none. */
  readonly stars: number;
}

/** Every repository of the mirrors of docker.io, sorted by name. Mirrors that give no list count as empty. */
export async function readCatalog(ports: {
  readonly transport: RegistryTransport;
  readonly hosts: RegistryHosts;
  readonly signal?: AbortSignal;
}): Promise<readonly CatalogEntry[]> {
  const entries = new Map<string, CatalogEntry>();
  for (const mirror of ports.hosts.endpoints(DEFAULT_DOMAIN).filter(({ isMirror }) => isMirror)) {
    const catalog = await tryReadJson(ports.transport, mirror.through(`${mirror.baseUrl}v2/_catalog`), ports.signal);
    const descriptions = (catalog as { readonly descriptions?: Readonly<Record<string, unknown>> } | undefined)
      ?.descriptions;
    for (const path of stringsOf(catalog, "repositories")) {
      const name = familiarName({ domain: DEFAULT_DOMAIN, path });
      const description = descriptions?.[path];
      if (entries.has(name)) continue;
      entries.set(name, {
        name,
        description: typeof description === "string" ? description : "",
        isOfficial: path.startsWith("library/"),
        stars: 0,
      });
    }
  }
  return [...entries.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
