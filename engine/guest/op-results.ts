/** Decoders for what `stat`, `readdir`, `statfs`, `readlink` and `read` ops answer. */
import { FieldReader, FieldWriter } from "./codec.ts";

/** Answer of the `stat` op. `mode` is st_mode, with the file's type. */
export interface FileStat {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: number;
  /** Of a device node. */
  readonly major: number;
  readonly minor: number;
  readonly size: number;
  readonly ino: bigint;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
}

/** Answer of the `statfs` op. */
export interface FileSystemUsage {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly files: number;
  readonly freeFiles: number;
}

/** Answer of the `stat` op. */
export function decodeStat(bytes: Uint8Array): FileStat {
  const input = new FieldReader(bytes);
  return {
    mode: input.u32(),
    uid: input.u32(),
    gid: input.u32(),
    nlink: input.u32(),
    major: input.u32(),
    minor: input.u32(),
    size: input.size(),
    ino: input.u64(),
    mtimeSeconds: input.integer(),
    mtimeNanoseconds: input.u32(),
  };
}

/** The same, for a fake. */
export function encodeStat(stat: FileStat): Uint8Array {
  return new FieldWriter(64)
    .u32(stat.mode)
    .u32(stat.uid)
    .u32(stat.gid)
    .u32(stat.nlink)
    .u32(stat.major)
    .u32(stat.minor)
    .u64(stat.size)
    .u64(stat.ino)
    .i64(stat.mtimeSeconds)
    .u32(stat.mtimeNanoseconds)
    .finish();
}

/** Names of a `readdir` op, sorted by byte, without `.` and `..`. */
export function decodeNames(bytes: Uint8Array): string[] {
  const input = new FieldReader(bytes);
  return input.list(() => input.string());
}

/** The same, for a fake. */
export function encodeNames(names: readonly string[]): Uint8Array {
  const out = new FieldWriter();
  return out.list(names, (name) => out.string(name)).finish();
}

/** Answer of the `statfs` op. */
export function decodeStatfs(bytes: Uint8Array): FileSystemUsage {
  const input = new FieldReader(bytes);
  return { totalBytes: input.size(), freeBytes: input.size(), files: input.size(), freeFiles: input.size() };
}

/** The same, for a fake. */
export function encodeStatfs(usage: FileSystemUsage): Uint8Array {
  return new FieldWriter(32).u64(usage.totalBytes).u64(usage.freeBytes).u64(usage.files).u64(usage.freeFiles).finish();
}
