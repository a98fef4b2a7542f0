import { S_IFMT } from "./base/file-types.ts";
import type { CommandFiles, FileStat } from "./cli/command-context.ts";
import { ERRNO, errnoText } from "./guest/errno.ts";
import { type Guest, GuestError } from "./guest/guest.ts";
import { decodeStat } from "./guest/op-results.ts";
import { readTreeWithout } from "./guest-context.ts";
import { tarToTree, treeToTar } from "./guest-tar.ts";

const TYPES: Readonly<Record<number, FileStat["type"]>> = {
  [0o100_000]: "file",
  [0o040_000]: "directory",
  [0o120_000]: "symlink",
};
/** As many symlinks as Linux follows. */
const MAX_LINKS = 40;
/** `TREE_WRITE`: a directory is not replaced by what is none. */
const KEEP_KIND = 1;

/** Files of the guest as a process with this working directory names them. */
export function guestFiles(guest: Guest, cwd: string): CommandFiles {
  const absolute = (path: string): string => (path.startsWith("/") ? path : `${cwd}/${path}`);
  const stat = async (path: string, follow: boolean): Promise<FileStat | undefined> => {
    const [answer] = await guest.run([{ op: "stat", path: absolute(path), follow }]).catch((error: unknown) => {
      if (isErrno(error, ERRNO.ENOENT, ERRNO.ENOTDIR)) return [undefined];
      throw error;
    });
    if (answer === undefined) return undefined;
    const type = TYPES[decodeStat(answer).mode & S_IFMT] ?? "other";
    return type === "symlink" ? { type, link: await readLink(guest, absolute(path)) } : { type };
  };
  const resolved = async (path: string): Promise<string> => {
    let current = absolute(path);
    for (let count = 0; count < MAX_LINKS; count += 1) {
      const { type, link = "" } = (await stat(current, false)) ?? {};
      if (type !== "symlink") return current;
      current = link.startsWith("/") ? link : `${current.replace(/\/*$/, "")}/../${link}`;
    }
    throw new Error(`stat ${path}: too many levels of symbolic links`);
  };
  return {
    read: (path) => told("open", path, async () => (await guest.readFile(absolute(path))).body),
    write: (path, body, options = {}) => told("open", path, () => guest.writeFile(absolute(path), body, options)),
    stat: (path, { follow = false } = {}) => told(follow ? "stat" : "lstat", path, () => stat(path, follow)),
    makeDirectory: (path, mode) =>
      told(
        "mkdir",
        path,
        async () => void (await guest.run([{ op: "mkdir", path: absolute(path), mode, parents: true }])),
      ),
    readTar: (path, name, { follow = false, leaveOut } = {}) =>
      told("lstat", path, async () => {
        const top = follow ? await resolved(path) : absolute(path);
        return treeToTar(await (leaveOut ? readTreeWithout(guest, top, leaveOut) : guest.readTree(top)), name);
      }),
    writeTar: (directory, tar, { rename } = {}) =>
      told("open", directory, () => guest.writeTree(absolute(directory), tarToTree(tar, rename), { flags: KEEP_KIND })),
  };
}

async function readLink(guest: Guest, path: string): Promise<string> {
  const [target] = await guest.run([{ op: "readlink", path }]);
  return new TextDecoder().decode(target);
}

/** A failed system call in Go's words: `open /x: no such file or directory`. */
async function told<T>(call: string, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof GuestError)) throw error;
    throw new Error(`${call} ${path}: ${errnoText(error.errno).toLowerCase()}`, { cause: error });
  }
}

function isErrno(error: unknown, ...numbers: readonly number[]): boolean {
  return error instanceof GuestError && numbers.includes(error.errno);
}
