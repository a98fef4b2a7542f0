import { MOUNT_ATTR, MS } from "./linux.ts";

/** What mount(8)'s words mean to the kernel. */
export interface MountOptions {
  /** MS_* for mount(2). */
  readonly flags: number;
  /** MOUNT_ATTR_* for mount_setattr(2), of a bind. */
  readonly attributes: number;
  /** One of MS_PRIVATE … or 0; with MS_REC for `rprivate` … */
  readonly propagation: number;
  /** `rbind` */
  readonly recursive: boolean;
  /** `rro`: the attributes are for the mounts below too. */
  readonly recursiveAttributes: boolean;
  /** The file system's own options. */
  readonly data: string;
}

const FLAGS: Readonly<
  Record<
    string,
    { readonly set?: number; readonly clear?: number; readonly attribute?: number; readonly clearAttribute?: number }
  >
> = {
  defaults: {},
  ro: { set: MS.RDONLY, attribute: MOUNT_ATTR.RDONLY },
  rro: { set: MS.RDONLY, attribute: MOUNT_ATTR.RDONLY },
  rw: { clear: MS.RDONLY, clearAttribute: MOUNT_ATTR.RDONLY },
  nosuid: { set: MS.NOSUID, attribute: MOUNT_ATTR.NOSUID },
  suid: { clear: MS.NOSUID, clearAttribute: MOUNT_ATTR.NOSUID },
  nodev: { set: MS.NODEV, attribute: MOUNT_ATTR.NODEV },
  dev: { clear: MS.NODEV, clearAttribute: MOUNT_ATTR.NODEV },
  noexec: { set: MS.NOEXEC, attribute: MOUNT_ATTR.NOEXEC },
  exec: { clear: MS.NOEXEC, clearAttribute: MOUNT_ATTR.NOEXEC },
  sync: { set: MS.SYNCHRONOUS },
  async: { clear: MS.SYNCHRONOUS },
  dirsync: { set: MS.DIRSYNC },
  noatime: { set: MS.NOATIME, attribute: MOUNT_ATTR.NOATIME },
  atime: { clear: MS.NOATIME, clearAttribute: MOUNT_ATTR.NOATIME },
  nodiratime: { set: MS.NODIRATIME, attribute: MOUNT_ATTR.NODIRATIME },
  diratime: { clear: MS.NODIRATIME, clearAttribute: MOUNT_ATTR.NODIRATIME },
  relatime: { set: MS.RELATIME },
  norelatime: { clear: MS.RELATIME },
  strictatime: { set: MS.STRICTATIME, attribute: MOUNT_ATTR.STRICTATIME },
  nostrictatime: { clear: MS.STRICTATIME, clearAttribute: MOUNT_ATTR.STRICTATIME },
  bind: {},
  rbind: {},
};

const PROPAGATIONS: Readonly<Record<string, number>> = {
  private: MS.PRIVATE,
  rprivate: MS.PRIVATE | MS.REC,
  shared: MS.SHARED,
  rshared: MS.SHARED | MS.REC,
  slave: MS.SLAVE,
  rslave: MS.SLAVE | MS.REC,
  unbindable: MS.UNBINDABLE,
  runbindable: MS.UNBINDABLE | MS.REC,
};

/** runc's `specconv`, parseMountOptions. */
export function parseMountOptions(options: readonly string[]): MountOptions {
  let flags = 0;
  let attributes = 0;
  let propagation = 0;
  let recursive = false;
  let recursiveAttributes = false;
  const data: string[] = [];
  for (const option of options) {
    const known = FLAGS[option];
    if (known !== undefined) {
      flags = (flags & ~(known.clear ?? 0)) | (known.set ?? 0);
      attributes = (attributes & ~(known.clearAttribute ?? 0)) | (known.attribute ?? 0);
      recursive ||= option === "rbind";
      recursiveAttributes ||= option === "rro";
    } else if (PROPAGATIONS[option] !== undefined) propagation = PROPAGATIONS[option];
    else if (option !== "newinstance") data.push(option);
  }
  return { flags, attributes, propagation, recursive, recursiveAttributes, data: data.join(",") };
}

/** Options of the file system itself that Docker lets through (moby's `daemon/internal/mountopts`). */
const TMPFS_DATA: readonly string[] = ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"];

/** May `--tmpfs` be given this one? */
export function isTmpfsOption(option: string): boolean {
  if (option === "rro" || option === "bind" || option === "rbind") return false;
  if (FLAGS[option] !== undefined || PROPAGATIONS[option] !== undefined) return true;
  const equals = option.indexOf("=");
  return equals > 0 && TMPFS_DATA.includes(option.slice(0, equals));
}
