/** Base64 of bytes (RFC 4648, 4), which `btoa` and `atob` only know of strings. */

/** What a call may take as arguments without running out of stack. */
const CHUNK_BYTES = 0x80_00;

export function encodeBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES));
  return btoa(binary);
}

/** @throws DOMException for what is no base64 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
