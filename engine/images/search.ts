/** `docker search`: Docker Hub's search is stood in for by the catalogues of its mirrors; other registries are asked for theirs. */
import { EngineError } from "../base/errors.ts";
import { collectText, emptyStream } from "../base/streams.ts";
import { DEFAULT_DOMAIN } from "../oci/reference.ts";
import { type CatalogEntry, readCatalog } from "./catalog.ts";
import { RegistryError } from "./registry-errors.ts";
import type { RegistryHosts } from "./registry-hosts.ts";
import type { RegistryTransport } from "./registry-transport.ts";

interface Ports {
  readonly transport: RegistryTransport;
  readonly hosts: RegistryHosts;
  readonly signal?: AbortSignal;
}

const RESULT_LIMIT = 1 << 20;

/**
 * Images whose name or description holds the term, the closest first.
 * @param term `nginx`, or `localhost:5000/nginx` for another registry
 * @throws EngineError invalid-argument for a URL, RegistryError when a registry has no search
 */
export async function searchImages(term: string, limit: number, ports: Ports): Promise<readonly CatalogEntry[]> {
  if (/^https?:\/\//.test(term)) {
    const text = `invalid repository name: repository name (${term}) should not have a scheme`;
    throw new EngineError("invalid-argument", text);
  }
  const slash = term.indexOf("/");
  const first = slash < 0 ? "" : term.slice(0, slash);
  const rest = term.slice(slash + 1);
  const isHost = first === "localhost" || /[.:]/.test(first);
  if (isHost && ![DEFAULT_DOMAIN, "index.docker.io"].includes(first))
    return await searchRegistry(first, `q=${encodeURIComponent(rest)}&n=${limit}`, ports);
  const wanted = (isHost ? rest : term).replace(/^library\//, "").toLowerCase();
  const found = (await readCatalog(ports)).filter(({ name, description }) =>
    `${name} ${description}`.toLowerCase().includes(wanted),
  );
  const distance = ({ name }: CatalogEntry): number => (name === wanted ? 0 : name.includes(wanted) ? 1 : 2);
  return found.toSorted((a, b) => distance(a) - distance(b));
}

/** https://docs.docker.com/reference/api/registry/ never had it; registries that have a search kept version 1's. */
async function searchRegistry(domain: string, query: string, ports: Ports): Promise<readonly CatalogEntry[]> {
  const { transport, hosts, signal } = ports;
  let failure: RegistryError | undefined;
  for (const { baseUrl, through } of hosts.endpoints(domain)) {
    const url = `${baseUrl}v1/search?${query}`;
    try {
      const response = await transport.send(through(url), {}, { signal, shownUrl: url });
      const text = await collectText(response.body ?? emptyStream(), RESULT_LIMIT);
      if (response.status !== 200) throw new EngineError("internal", `Unexpected status code ${response.status}`);
      return resultsOf(text);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof RegistryError) || !error.unreachable) throw error;
      failure = error;
    }
  }
  throw failure ?? new Error(`no endpoint for ${domain}`);
}

function resultsOf(text: string): readonly CatalogEntry[] {
  const { results } = JSON.parse(text) as { results?: unknown };
  return (Array.isArray(results) ? (results as Readonly<Record<string, unknown>>[]) : []).map((result) => ({
    name: textOf(result["name"]),
    description: textOf(result["description"]),
    isOfficial: result["is_official"] === true,
    stars: Number(result["star_count"] ?? 0),
  }));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
