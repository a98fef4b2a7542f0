import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

const BLOCK = 512;

/** A tar with these regular files, for what a client sends. */
export function tarOf(files: Readonly<Record<string, string>>): Readable {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const data = Buffer.from(content);
    const padding = Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK);
    return [header(name, data.length), data, padding];
  });
  return Readable.from([Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)])]);
}

/** The content of a regular file of a tar that a client received. */
export async function extractText(tar: NodeJS.ReadableStream, name: string): Promise<string | undefined> {
  const bytes = await buffer(tar);
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const found = bytes.toString("utf8", at, at + 100).replace(/\0.*$/s, "");
    const size = Number.parseInt(bytes.toString("latin1", at + 124, at + 135), 8) || 0;
    if (found === name) return bytes.toString("utf8", at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return undefined;
}

/** POSIX.1-1988 `ustar` (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "ustar Interchange Format"). */
function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0);
  block.write("0000644\0", 100);
  block.write("0000000\0".repeat(2), 108);
  block.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  block.write("00000000000\0", 136);
  block.write("        ", 148);
  block.write("0ustar\x0000", 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
