/** The small lists that registries give away: catalogues and tags. */
import { collectText } from "../base/streams.ts";
import type { RegistryTransport } from "./registry-transport.ts";

const LIST_LIMIT = 1 << 20;

/** A JSON document, or undefined when there is none: for what is a courtesy and no more. */
export async function tryReadJson(transport: RegistryTransport, url: string, signal?: AbortSignal): Promise<unknown> {
  try {
    const response = await transport.send(url, {}, { signal, shownUrl: url });
    if (!response.ok) {
      await response.body?.cancel();
      return undefined;
    }
    return JSON.parse(await collectText(transport.watched(response, signal), LIST_LIMIT));
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** The strings of a list in a document of unknown shape. */
export function stringsOf(document: unknown, key: string): readonly string[] {
  const list =
    typeof document === "object" && document !== null ? (document as Record<string, unknown>)[key] : undefined;
  return Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
}
