/** Writes tar files: equal entries give equal bytes. ustar where it suffices, PAX where it does not; never GNU (as Go's `archive/tar`). */
import { chunksOf, concat, encodeUtf8, streamFrom, type ByteStream } from "../base/streams.ts";
import type { TarEntry, TarEntryType } from "./layer-tar.ts";
import { encodePath } from "./path-bytes.ts";
import { encodePax, formatPaxTime, XATTR_PREFIX } from "./pax.ts";
import { BLOCK_BYTES, encodeTarHeader, nameFits, octalLimit } from "./tar-header.ts";

/** What to write. `mode` defaults to 0755 for directories and 0644 otherwise, everything else to 0, "" or nothing. */
export type TarEntryFields = Pick<TarEntry, "path"> & Partial<Omit<TarEntry, "contentOffset" | "escape">>;

const FLAGS: Readonly<Record<TarEntryType, string>> = {
  file: "0",
  "hard-link": "1",
  symlink: "2",
  "character-device": "3",
  "block-device": "4",
  directory: "5",
  fifo: "6",
};

/** Two zero blocks. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK_BYTES);

/** What precedes an entry's content: its block, and an extended header before it when needed. */
export function encodeTarEntry(fields: TarEntryFields): Uint8Array<ArrayBuffer> {
  const {
    type = "file",
    link = "",
    uid = 0,
    gid = 0,
    major = 0,
    minor = 0,
    mtimeSeconds = 0,
    mtimeNanoseconds = 0,
    xattrs = [],
  } = fields;
  const path = nameOf(fields.path, type);
  const size = contentSize(fields);
  const records = new Map<string, Uint8Array>();
  const fit = (key: string, value: number, fieldBytes: number): number => {
    if (value >= 0 && value <= octalLimit(fieldBytes)) return value;
    records.set(key, encodeUtf8(String(value)));
    return 0;
  };
  const header = {
    flag: FLAGS[type],
    name: path,
    link,
    mode: fields.mode ?? (type === "directory" ? 0o755 : 0o644),
    uid: fit("uid", uid, 8),
    gid: fit("gid", gid, 8),
    size: fit("size", size, 12),
    mtimeSeconds: fit("mtime", mtimeSeconds, 12),
    major,
    minor,
  };
  if (mtimeNanoseconds !== 0) records.set("mtime", encodeUtf8(formatPaxTime(mtimeSeconds, mtimeNanoseconds)));
  if (!nameFits(path) || !isAscii(path)) {
    records.set("path", encodePath(path));
    header.name = shorten(path);
  }
  if (encodePath(link).length > 100 || !isAscii(link)) {
    records.set("linkpath", encodePath(link));
    header.link = shorten(link);
  }
  for (const [name, value] of xattrs) records.set(XATTR_PREFIX + name, value);
  const block = encodeTarHeader(header);
  return records.size === 0 ? block : concat([extendedHeader(records, path), block]);
}

/** The zeros after content of this size. */
export function tarPadding(size: number): Uint8Array {
  return TAR_END.subarray(0, (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
}

/** A tar file of these entries. The stream fails when content is not as long as its entry says. */
export function writeTar(
  entries:
    | AsyncIterable<{ entry: TarEntryFields; content?: ByteStream }>
    | Iterable<{ entry: TarEntryFields; content?: ByteStream }>,
): ByteStream {
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const { entry, content } of entries) {
      yield encodeTarEntry(entry);
      const size = contentSize(entry);
      let written = 0;
      if (content !== undefined) {
        for await (const chunk of chunksOf(content)) {
          written += chunk.length;
          if (written > size) break;
          yield chunk;
        }
      }
      if (written !== size) throw new RangeError(`archive/tar: content of ${entry.path} is not ${size} bytes long`);
      const padding = tarPadding(size);
      if (padding.length > 0) yield padding;
    }
    yield TAR_END;
  }
  return streamFrom(chunks());
}

function nameOf(path: string, type: TarEntryType): string {
  if (path === "") return "./";
  return type === "directory" && !path.endsWith("/") ? `${path}/` : path;
}

function contentSize({ type = "file", size = 0 }: TarEntryFields): number {
  return type === "file" ? size : 0;
}

function extendedHeader(records: ReadonlyMap<string, Uint8Array>, path: string): Uint8Array {
  const payload = encodePax(records);
  const name = shorten(`PaxHeaders.0/${path.replace(/\/$/, "").split("/").at(-1) ?? ""}`);
  const block = encodeTarHeader({
    flag: "x",
    name,
    link: "",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: payload.length,
    mtimeSeconds: 0,
    major: 0,
    minor: 0,
  });
  return concat([block, payload, tarPadding(payload.length)]);
}

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** What a reader that knows no PAX shall see. */
const shorten = (text: string): string => text.replace(/[^\x20-\x7e]/g, "").slice(0, 100);
