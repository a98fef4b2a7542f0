/**
 * A document in the fragment of an address, where no server sees it:
 *
 *   #doc=1.<base64url of raw deflate (RFC 1951) of the JSON>      what "Share" makes
 *   #doc=0.<base64url of the JSON>                                for programs without a deflater
 *
 * base64url is RFC 4648 section 5 without padding.
 */
import { fail } from "./document-fields.ts";
import { parsePlayground, type Playground } from "./playground-document.ts";

const PARAMETER = "doc=";
/** A JSON text is longer than its files: escapes, base64. Inflating stops here, whatever the input promises. */
export const JSON_LIMIT_BYTES = 2 << 20;

/** The part after `#` for a document. */
export async function encodeFragment(document: object): Promise<string> {
  const plain = new Blob([JSON.stringify(document)]).stream();
  const bytes = new Uint8Array(
    await new Response(plain.pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer(),
  );
  return `${PARAMETER}1.${toBase64Url(bytes)}`;
}

/** The encoded document in a `location.hash` (or its inside), if there is one. */
export function fragmentOf(hash: string): string | undefined {
  const found = hash
    .replace(/^#/, "")
    .split("&")
    .find((part) => part.startsWith(PARAMETER));
  return found?.slice(PARAMETER.length);
}

/** The JSON text of what {@link fragmentOf} found. @throws PlaygroundDocumentError */
export async function decodeFragmentText(encoded: string): Promise<string> {
  const version = encoded.slice(0, encoded.indexOf(".") + 1);
  if (version !== "1." && version !== "0.") fail("doc", "is of a version that this page does not know");
  const bytes = fromBase64Url(encoded.slice(version.length));
  const inflated = version === "0." ? bytes : await inflate(bytes);
  if (inflated.length > JSON_LIMIT_BYTES) tooLong();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(inflated);
  } catch {
    return fail("doc", "is not UTF-8");
  }
}

/** The document of what {@link fragmentOf} found. @throws PlaygroundDocumentError */
export async function decodeFragment(encoded: string): Promise<Playground> {
  return parsePlayground(await decodeFragmentText(encoded));
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let sizeBytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      sizeBytes += value.length;
      if (sizeBytes > JSON_LIMIT_BYTES) break;
      parts.push(value);
    }
  } catch {
    return fail("doc", "is damaged: the address may have been cut");
  }
  if (sizeBytes > JSON_LIMIT_BYTES) {
    await reader.cancel().catch(() => undefined);
    tooLong();
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function tooLong(): never {
  return fail("doc", `may have ${JSON_LIMIT_BYTES} bytes at most`);
}

function toBase64Url(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (text === "" || !/^[A-Za-z0-9_-]+$/.test(text)) fail("doc", "is damaged: the address may have been cut");
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
  } catch {
    return fail("doc", "is damaged: the address may have been cut");
  }
}
