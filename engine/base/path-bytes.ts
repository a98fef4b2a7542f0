/**
 * File names are bytes to Linux and strings to us. Names that are not UTF-8 survive the round trip: a byte that does not decode becomes
 * the lone surrogate U+DC80–U+DCFF (Python's `surrogateescape`, PEP 383), which no valid UTF-8 decodes to.
 */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The name these bytes stand for. */
export function decodePath(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 0x80) return text + decodeRest(bytes.subarray(at));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The bytes of a name; the inverse of {@link decodePath}. */
export function encodePath(text: string): Uint8Array<ArrayBuffer> {
  if (!/[\uDC80-\uDCFF]/.test(text)) return encoder.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(character));
  }
  return new Uint8Array(bytes);
}

function decodeRest(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeEscaping(bytes);
  }
}

function decodeEscaping(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at] as number);
    const sequence = bytes.subarray(at, at + length);
    try {
      text += strict.decode(sequence);
      at += length;
    } catch {
      text += String.fromCharCode(0xdc00 + (bytes[at] as number));
      at += 1;
    }
  }
  return text;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}
