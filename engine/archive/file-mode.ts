import { S_IFMT, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK, S_IFREG } from "../base/file-types.ts";

/** Bits of Go's `os.FileMode` (https://pkg.go.dev/io/fs#FileMode), beside the nine permissions. */
const GO_TYPES = new Map([
  [S_IFDIR, 2 ** 31],
  [S_IFLNK, 2 ** 27],
  [S_IFBLK, 2 ** 26],
  [S_IFCHR, 2 ** 26 + 2 ** 21],
  [S_IFIFO, 2 ** 25],
  [S_IFSOCK, 2 ** 24],
]);

const GO_PERMISSIONS: readonly (readonly [bit: number, goBit: number])[] = [
  [0o4000, 2 ** 23],
  [0o2000, 2 ** 22],
  [0o1000, 2 ** 20],
];

/** `st_mode` as Go's `os.FileMode`, which Docker puts on the wire. */
export function goFileMode(mode: number): number {
  const type = GO_TYPES.get(mode & S_IFMT) ?? 0;
  return GO_PERMISSIONS.reduce((sum, [bit, goBit]) => sum + ((mode & bit) === 0 ? 0 : goBit), type + (mode & 0o777));
}

/** The reverse: `st_mode` of what a client of Docker sends. */
export function modeOfGo(goMode: number): number {
  const has = (goBit: number): boolean => Math.floor(goMode / goBit) % 2 === 1;
  // A character device has the bit of a device too: of those that fit the last one says most.
  const type = [...GO_TYPES].filter(([, goType]) => isSubset(goType, has)).at(-1)?.[0] ?? S_IFREG;
  return GO_PERMISSIONS.reduce((mode, [bit, goBit]) => mode | (has(goBit) ? bit : 0), type | (goMode % 0o1000));
}

function isSubset(goType: number, has: (goBit: number) => boolean): boolean {
  return [31, 27, 26, 25, 24, 21].every((power) => Math.floor(goType / 2 ** power) % 2 === 0 || has(2 ** power));
}

export const isDirectory = (mode: number): boolean => (mode & S_IFMT) === S_IFDIR;
export const isSymlink = (mode: number): boolean => (mode & S_IFMT) === S_IFLNK;
