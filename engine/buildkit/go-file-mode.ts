/** Go's `fs.FileMode`, which is not st_mode (https://pkg.go.dev/io/fs#FileMode). */
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG } from "../base/file-types.ts";

const MODE = {
  directory: 2 ** 31,
  symlink: 2 ** 27,
  device: 2 ** 26,
  pipe: 2 ** 25,
  socket: 2 ** 24,
  setuid: 2 ** 23,
  setgid: 2 ** 22,
  character: 2 ** 21,
  sticky: 2 ** 20,
} as const;

const PERMISSIONS = 0o777;

const has = (mode: number, bit: number): boolean => Math.floor(mode / bit) % 2 === 1;

/** The file's type as st_mode has it; 0 for a socket. */
export function formatOfGoMode(mode: number): number {
  if (has(mode, MODE.directory)) return S_IFDIR;
  if (has(mode, MODE.symlink)) return S_IFLNK;
  if (has(mode, MODE.device)) return has(mode, MODE.character) ? S_IFCHR : S_IFBLK;
  if (has(mode, MODE.pipe)) return S_IFIFO;
  return has(mode, MODE.socket) ? 0 : S_IFREG;
}

/** The lower 12 bits of st_mode. */
export function permissionsOfGoMode(mode: number): number {
  const special =
    (has(mode, MODE.setuid) ? 0o4000 : 0) |
    (has(mode, MODE.setgid) ? 0o2000 : 0) |
    (has(mode, MODE.sticky) ? 0o1000 : 0);
  return (mode % (PERMISSIONS + 1)) | special;
}

/** @param mode st_mode */
export function goModeOf(mode: number): number {
  const format = mode & 0o170_000;
  const types = new Map<number, number>([
    [S_IFDIR, MODE.directory],
    [S_IFLNK, MODE.symlink],
    [S_IFBLK, MODE.device],
    [S_IFCHR, MODE.device + MODE.character],
    [S_IFIFO, MODE.pipe],
  ]);
  return (
    (mode & PERMISSIONS) +
    (types.get(format) ?? 0) +
    (mode & 0o4000 ? MODE.setuid : 0) +
    (mode & 0o2000 ? MODE.setgid : 0) +
    (mode & 0o1000 ? MODE.sticky : 0)
  );
}
