/**
 * A tar of a document's files (POSIX.1-2017, pax). 512-byte records: header, content, padding; two empty ones at the end. Paths that do
 * not fit the old header's 100 bytes of ASCII have a pax header of their own in front.
 */
import type { PlaygroundFile } from "./document-files.ts";

const BLOCK = 512;
const encoder = new TextEncoder();

/** The files as a tar, owned by root, without times: the same files give the same bytes. */
export function tarOf(files: readonly PlaygroundFile[]): Blob {
  return new Blob([...files.flatMap(entry), new Uint8Array(2 * BLOCK)], { type: "application/x-tar" });
}

function entry({ path, bytes, isExecutable }: PlaygroundFile): Uint8Array<ArrayBuffer>[] {
  const mode = isExecutable ? 0o755 : 0o644;
  const name = encoder.encode(path);
  const isPlain = name.length <= 100 && name.length === path.length;
  const extra = isPlain ? [] : member(encoder.encode("pax"), paxRecord("path", name), { mode: 0o644, type: "x" });
  return [...extra, ...member(isPlain ? name : encoder.encode("long"), bytes, { mode, type: "0" })];
}

function member(
  name: Uint8Array,
  content: Uint8Array<ArrayBuffer>,
  { mode, type }: { readonly mode: number; readonly type: string },
): Uint8Array<ArrayBuffer>[] {
  const header = new Uint8Array(BLOCK);
  const put = (offset: number, text: string): void => header.set(encoder.encode(text), offset);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  header.set(name, 0);
  put(100, octal(mode, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(content.length, 11));
  put(136, octal(0, 11));
  put(148, " ".repeat(8));
  put(156, type);
  put(257, "ustar\x0000");
  put(265, "root");
  put(297, "root");
  put(
    148,
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
  );
  return [header, content, new Uint8Array((BLOCK - (content.length % BLOCK)) % BLOCK)];
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: Uint8Array): Uint8Array<ArrayBuffer> {
  const rest = encoder.encode(` ${key}=`).length + value.length + 1;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  const record = new Uint8Array(length);
  const head = encoder.encode(`${length} ${key}=`);
  record.set(head);
  record.set(value, head.length);
  record[length - 1] = 0x0a;
  return record;
}
