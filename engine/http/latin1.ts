/** Bytes as characters of the same numbers: how HTTP's heads are read (RFC 9112 §2.2). */
export function decodeLatin1(bytes: Uint8Array): string {
  let text = "";
  for (let offset = 0; offset < bytes.length; offset += 8192)
    text += String.fromCharCode(...bytes.subarray(offset, offset + 8192));
  return text;
}
