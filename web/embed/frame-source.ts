import { decodeFragment, fragmentOf, JSON_LIMIT_BYTES } from "./document-codec.ts";
import { fail } from "./document-fields.ts";
import { isSet, playgroundOfQuery } from "./document-query.ts";
import { parsePlayground, type Playground } from "./playground-document.ts";

/** A document that is in the address itself, or the address where it is. */
export type FrameSource = { readonly playground: Playground } | { readonly address: string };

/** What an address says of its document: in the fragment, by `?src=`, or in plain parameters. @throws PlaygroundDocumentError */
export async function sourceOfLocation(location: Location): Promise<FrameSource> {
  const query = new URLSearchParams(location.search);
  const encoded = fragmentOf(location.hash);
  if (encoded !== undefined) return { playground: withRun(await decodeFragment(encoded), query) };
  const src = query.get("src");
  if (src !== null) return { address: checkAddress(src, location.href) };
  return { playground: playgroundOfQuery(query) };
}

/** An absolute address a document may be fetched from. @throws PlaygroundDocumentError */
export function checkAddress(address: string, base: string): string {
  if (!URL.canParse(address, base)) fail("src", "is no address");
  const url = new URL(address, base);
  const isOwn = url.origin === new URL(base).origin;
  if (url.protocol !== "https:" && !isOwn) fail("src", "must begin with https: or be on this page's own origin");
  if (url.username !== "" || url.password !== "") fail("src", "must not contain a password");
  return url.href;
}

/**
 * Fetches a document. Its server must allow it to be read from here (CORS), and is sent no cookies.
 * @throws PlaygroundDocumentError, Error naming the address
 */
export async function loadAddress(address: string, query: URLSearchParams): Promise<Playground> {
  const response = await fetch(address, { credentials: "omit", referrerPolicy: "no-referrer" }).catch(
    (error: unknown) => {
      throw new Error(`${address} could not be read: the server must answer with Access-Control-Allow-Origin`, {
        cause: error,
      });
    },
  );
  if (!response.ok) throw new Error(`${address}: HTTP ${response.status}`);
  return withRun(parsePlayground(await textOf(response)), query);
}

async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let sizeBytes = 0;
  for await (const part of response.body ?? []) {
    sizeBytes += part.length;
    if (sizeBytes > JSON_LIMIT_BYTES) fail("src", `may have ${JSON_LIMIT_BYTES} bytes at most`);
    parts.push(part);
  }
  return new Blob(parts).text();
}

/** Whether the commands are run is said by the address, which the embedding page wrote, and not by the document. */
function withRun(playground: Playground, query: URLSearchParams): Playground {
  return { ...playground, run: isSet(query, "run") };
}
