import { EngineError, messageOf } from "../base/errors.ts";
import type { ByteStream } from "../base/streams.ts";
import { networkError, nodeNetworkReason } from "./registry-errors.ts";
import type { Fetch } from "./registry-transport.ts";

/** Opens the archive that `docker import http://…` names. @throws EngineError internal, in Docker's words */
export async function openImportSource(fetch: Fetch, url: string, signal: AbortSignal): Promise<ByteStream> {
  const response = await fetch(url, { signal }).catch((cause: unknown) => {
    throw networkError(url, cause, nodeNetworkReason(cause) ?? messageOf(cause));
  });
  if (response.status >= 400 || response.body === null) {
    await response.body?.cancel().catch(() => undefined);
    throw new EngineError("internal", `failed to GET ${url} with status ${response.status} ${response.statusText}`);
  }
  return response.body;
}

/** `example.com/root.tar` is fetched by HTTP. @throws EngineError internal when there is no host */
export function importUrl(source: string): string {
  const url = source.includes("://") ? source : `http://${source}`;
  if (!/^https?:\/\/[^/]/.test(url))
    throw new EngineError("internal", `Get ${JSON.stringify(url)}: unsupported protocol scheme or no host in it`);
  return url;
}
