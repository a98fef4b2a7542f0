/**
 * Why an image cannot be had from here. A browser hides the reason of a failed request, so this says what is known: which registries
 * never let a web page read, what the page's own registry has, and what can be done.
 */
import { DEFAULT_DOMAIN, familiarName, formatFamiliar, type Reference } from "../oci/reference.ts";
import { nodeNetworkReason, RegistryError } from "./registry-errors.ts";
import type { RegistryHosts } from "./registry-hosts.ts";
import { stringsOf, tryReadJson } from "./registry-lists.ts";
import type { RegistryTransport } from "./registry-transport.ts";

const NAMES_SHOWN = 12;

interface Ports {
  readonly transport: RegistryTransport;
  readonly hosts: RegistryHosts;
  readonly signal: AbortSignal | undefined;
}

/** @returns the error to show instead of `failure` */
export async function explainUnreachable(
  failure: RegistryError,
  asked: Reference,
  ports: Ports,
): Promise<RegistryError> {
  const fails = { cause: failure, unreachable: true };
  if (asked.domain !== DEFAULT_DOMAIN) return explainSilence(failure, ports.hosts);
  const mirror = ports.hosts.endpoints(asked.domain).find(({ isMirror }) => isMirror);
  const read = async (path: string): Promise<unknown> =>
    mirror && (await tryReadJson(ports.transport, mirror.through(`${mirror.baseUrl}v2/${path}`), ports.signal));
  // Where the reason is known, Docker's own words say it all.
  const isKnown = nodeNetworkReason(failure.cause) !== undefined;
  const hub = "Docker Hub does not let web pages read from it (it sends no CORS headers)";
  const tags = stringsOf(await read(`${asked.path}/tags/list`), "tags").map((tag) =>
    formatFamiliar({ domain: asked.domain, path: asked.path, tag }),
  );
  if (tags.length > 0) {
    const detail = "manifest unknown: manifest unknown";
    const hint = isKnown ? "" : ` (here: ${sentence(tags)}; ${hub}. ${ports.hosts.proxyHint})`;
    const text = `manifest for ${formatFamiliar(asked)} not found: ${detail}${hint}`;
    return new RegistryError("not-found", text, { ...fails, detail });
  }
  if (isKnown) return failure;
  const names = stringsOf(await read("_catalog"), "repositories").map((path) =>
    familiarName({ domain: asked.domain, path }),
  );
  const here = names.length > 0 ? ` The registry of this page has ${sentence(names)}.` : "";
  return new RegistryError(
    "internal",
    `Get "https://registry-1.docker.io/v2/": ${hub}.${here} ${ports.hosts.proxyHint}`,
    fails,
  );
}

/** What a browser hides, guessed; where the reason is known, `failure` as it is. */
export function explainSilence(failure: RegistryError, hosts: RegistryHosts): RegistryError {
  if (nodeNetworkReason(failure.cause) !== undefined || isTimeout(failure)) return failure;
  const reason = "no answer: the registry is down, or it does not let web pages read from it (CORS)";
  const message = failure.message.replace(/no answer$/, `${reason}. ${hosts.proxyHint}`);
  return new RegistryError("internal", message, { cause: failure, unreachable: true });
}

function isTimeout(failure: RegistryError): boolean {
  return failure.cause === undefined;
}

/** `a, b and c` */
function sentence(names: readonly string[]): string {
  const shown =
    names.length > NAMES_SHOWN ? [...names.slice(0, NAMES_SHOWN), `${names.length - NAMES_SHOWN} more`] : names;
  const last = shown.at(-1) ?? "";
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(", ")} and ${last}`;
}
