/**
 * HPACK's Huffman code, for reading (RFC 7541, 5.2 and appendix B). The code is canonical: the lengths say it all. What is sent from here is
 * not compressed, which every peer must take.
 */

/** Bits per symbol, symbols 0 to 256 (the end of the string), runs as `length x count`. */
const LENGTHS =
  "13 23 28x7 24 30 28x2 30 28x8 30 28x9 6 10x2 12 13 6 8 11 10x2 8 11 8 6x3 5x3 6x7 7 8 15 6 12 10 13 6 7x22 8 7 8 13 19 13 14 6 15 " +
  "5 6 5 6 5 6x3 5 7x2 6x3 5 6 7 6 5x2 6 7x5 15 11 14 13 28 20 22 20x2 22x3 23 22 23x5 24 23 24x2 22 23 24 23x4 21 22 23 22 23x2 24 22 21 " +
  "20 22x2 23x2 21 23 22x2 24 21 22 23x2 21x2 22 21 23 22 23x2 20 22x3 23 22x2 23 26x2 20 19 22 23 22 25 26x3 27x2 26 24 25 19 21 26 27x2 " +
  "26 27 24 21x2 26x2 28 27x3 20 24 20 21 22 21x2 23 22x2 25x2 24x2 26 23 26 27 26x2 27x5 28 27x5 26 30";

const END_OF_STRING = 256;
const LONGEST = 30;

/** By length: the first code, and the symbols in the order of their codes. */
const CODES = makeCodes();

/** @throws Error for what is no such string */
export function decodeHuffman(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = new Uint8Array(bytes.length * 2);
  let length = 0;
  let code = 0;
  let bits = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      code = code * 2 + ((byte >>> bit) & 1);
      bits += 1;
      const row = CODES[bits];
      const symbol = row?.symbols[code - row.first];
      if (symbol === undefined) {
        if (bits >= LONGEST) throw new Error("hpack: invalid Huffman code");
        continue;
      }
      if (symbol === END_OF_STRING) throw new Error("hpack: end of string inside a Huffman string");
      text[length] = symbol;
      length += 1;
      code = 0;
      bits = 0;
    }
  }
  // The rest of the last byte is the beginning of the longest code: ones.
  if (bits > 7 || code !== 2 ** bits - 1) throw new Error("hpack: invalid Huffman padding");
  return text.slice(0, length);
}

function makeCodes(): readonly { readonly first: number; readonly symbols: readonly number[] }[] {
  const lengths = LENGTHS.split(" ").flatMap((run) => {
    const [length = 0, count = 1] = run.split("x").map(Number);
    return Array.from({ length: count }, () => length);
  });
  const rows: { first: number; symbols: number[] }[] = [];
  let next = 0;
  for (let length = 0; length <= LONGEST; length += 1) {
    const symbols = lengths.flatMap((each, symbol) => (each === length ? [symbol] : []));
    rows.push({ first: next, symbols });
    next = (next + symbols.length) * 2;
  }
  return rows;
}
