import { S_IFMT, S_IFDIR, S_IFREG, S_IFLNK } from "../base/file-types.ts";
import { ERRNO, errnoText } from "./errno.ts";
import { GuestError } from "./guest.ts";

/** A file of a fake guest. */
export interface FakeFile {
  /** st_mode, with the type. */
  mode: number;
  uid: number;
  gid: number;
  major: number;
  minor: number;
  mtimeSeconds: number;
  /** Content of a regular file. */
  data: Uint8Array;
  /** Target of a symlink. */
  target: string;
  xattrs: (readonly [string, Uint8Array])[];
  readonly ino: bigint;
}

const MAX_LINKS = 40;
const INITIAL_DIRECTORIES = [
  "/",
  "/dev",
  "/etc",
  "/proc",
  "/run",
  "/sys",
  "/sys/fs",
  "/sys/fs/cgroup",
  "/tmp",
  "/var",
  "/var/lib",
];

/** A GuestError as a failed request gives it. */
export function guestError(errno: number, call: string): GuestError {
  return new GuestError({ errno, phase: "request", opIndex: 0, detail: `${call}: ${errnoText(errno)}` });
}

/** The file system of a fake guest: one flat map from absolute paths, no permissions, no mounts. */
export class FakeFiles {
  readonly #files = new Map<string, FakeFile>();
  #nextIno = 1n;

  constructor() {
    for (const path of INITIAL_DIRECTORIES) this.put(path, { mode: S_IFDIR | 0o755 });
  }

  /** Puts a file there, whatever was there before; parents are the caller's. */
  put(path: string, fields: Partial<FakeFile>): FakeFile {
    const file: FakeFile = {
      mode: S_IFREG | 0o644,
      uid: 0,
      gid: 0,
      major: 0,
      minor: 0,
      mtimeSeconds: 0,
      data: new Uint8Array(0),
      target: "",
      xattrs: [],
      ino: this.#nextIno++,
      ...fields,
    };
    this.#files.set(path, file);
    return file;
  }

  /** Makes `to` another name of the file at `from`. */
  link(from: string, to: string): void {
    this.#files.set(to, this.get(from));
  }

  /** The absolute path without symlinks in it; the last part stays a symlink unless `follow`. It need not exist. */
  resolve(path: string, options: { follow?: boolean; root?: string } = {}): string {
    const root =
      options.root === undefined || options.root === "" || options.root === "/" ? "" : options.root.replace(/\/$/, "");
    const waiting = path.split("/").toReversed();
    let at: string[] = [];
    let links = 0;
    while (waiting.length > 0) {
      const part = waiting.pop() as string;
      if (part === "" || part === ".") continue;
      if (part === "..") {
        at.pop();
        continue;
      }
      const file = this.#files.get(`${root}/${[...at, part].join("/")}`);
      const last = waiting.every((rest) => rest === "" || rest === ".");
      if (file !== undefined && (file.mode & S_IFMT) === S_IFLNK && (!last || options.follow === true)) {
        if (++links > MAX_LINKS) throw guestError(ERRNO.ELOOP, `open(${path})`);
        if (file.target.startsWith("/")) at = [];
        waiting.push(...file.target.split("/").toReversed());
      } else {
        at.push(part);
      }
    }
    return `${root}/${at.join("/")}`.replace(/(?<=.)\/$/, "");
  }

  find(path: string): FakeFile | undefined {
    return this.#files.get(path);
  }

  get(path: string): FakeFile {
    const file = this.#files.get(path);
    if (file === undefined) throw guestError(ERRNO.ENOENT, `open(${path})`);
    return file;
  }

  /** Names in a directory, sorted by byte. */
  names(path: string): string[] {
    if ((this.get(path).mode & S_IFMT) !== S_IFDIR) throw guestError(ERRNO.ENOTDIR, `open(${path})`);
    const prefix = path === "/" ? "/" : `${path}/`;
    const names = [...this.#files.keys()]
      .filter((key) => key.startsWith(prefix) && key.length > prefix.length)
      .map((key) => key.slice(prefix.length));
    return names.filter((name) => !name.includes("/")).toSorted(compareBytes);
  }

  /** @throws GuestError ENOENT or ENOTDIR when there is no directory for this path to be in */
  needParent(path: string): void {
    const parent = path.slice(0, path.lastIndexOf("/")) || "/";
    if ((this.get(parent).mode & S_IFMT) !== S_IFDIR) throw guestError(ERRNO.ENOTDIR, `open(${path})`);
  }

  delete(path: string): void {
    this.#files.delete(path);
  }

  /** Removes a file and all below it. */
  deleteTree(path: string): void {
    for (const key of this.#files.keys()) if (key === path || key.startsWith(`${path}/`)) this.#files.delete(key);
  }

  rename(from: string, to: string): void {
    this.get(from);
    this.needParent(to);
    this.deleteTree(to);
    const moved = Array.from(this.#files).filter(([key]) => key === from || key.startsWith(`${from}/`));
    for (const [key, file] of moved) {
      this.#files.delete(key);
      this.#files.set(to + key.slice(from.length), file);
    }
  }

  /** Paths of everything, for assertions. */
  paths(): string[] {
    return [...this.#files.keys()].toSorted();
  }
}

const encoder = new TextEncoder();

function compareBytes(left: string, right: string): number {
  const a = encoder.encode(left);
  const b = encoder.encode(right);
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = (a[index] as number) - (b[index] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
