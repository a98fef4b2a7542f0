import { S_IFCHR, S_IFBLK, S_IFIFO } from "../base/file-types.ts";
import type { Op } from "../guest/ops.ts";
import type { RuntimeSpec, SpecDevice, SpecMount } from "../oci/runtime-spec.ts";
import { sysctlPath } from "./check-spec.ts";
import { MS } from "./linux.ts";
import { type MountOptions, parseMountOptions } from "./mount-options.ts";

/** What is there without being made, in every kernel's proc and sysfs. */
const EXISTING_TARGETS: ReadonlySet<string> = new Set(["/sys/fs/cgroup"]);
/** `/proc`, `/sys` and `/dev` are in nearly every image, or made by Docker: a missing one is made. */
const DEV_LINKS: readonly (readonly [target: string, path: string])[] = [
  ["/proc/self/fd", "/dev/fd"],
  ["/proc/self/fd/0", "/dev/stdin"],
  ["/proc/self/fd/1", "/dev/stdout"],
  ["/proc/self/fd/2", "/dev/stderr"],
  ["pts/ptmx", "/dev/ptmx"],
];

/**
 * Gives the process its root, in a mount namespace of its own. Sources of binds are taken before the old root goes; targets are
 * resolved inside the new one, so that a symlink in an image cannot lead a mount out of it (what runc needs securejoin for).
 * Order as runc's `libcontainer/rootfs_linux.go`, prepareRootfs.
 */
export function rootOps(spec: RuntimeSpec): readonly Op[] {
  const binds = spec.mounts.filter(({ type }) => type === "bind");
  const slots = new Map(binds.map((mount, index) => [mount, index]));
  return [
    // Before the rest becomes private: a shared bind stays the peer of its source.
    ...binds.map((mount, slot): Op => ({
      op: "open-tree",
      slot,
      path: mount.source,
      recursive: parseMountOptions(mount.options ?? []).recursive,
    })),
    { op: "mount", source: "", target: "/", type: "", flags: MS.REC | MS.PRIVATE },
    { op: "pivot-root", path: spec.root.path },
    ...spec.mounts.flatMap((mount) => mountOps(mount, slots.get(mount), spec)),
  ];
}

function mountOps(mount: SpecMount, slot: number | undefined, spec: RuntimeSpec): readonly Op[] {
  const options = parseMountOptions(mount.options ?? []);
  if (slot !== undefined) return bindOps(mount.destination, slot, options);
  const { flags, data, propagation } = options;
  const type = mount.type === "cgroup" ? "cgroup2" : mount.type;
  const made: Op[] = EXISTING_TARGETS.has(mount.destination)
    ? []
    : [{ op: "mkdir", path: mount.destination, parents: true }];
  made.push({ op: "mount", source: mount.source, target: mount.destination, type, flags, data });
  if (propagation !== 0 && (propagation & MS.PRIVATE) === 0)
    made.push({ op: "mount", source: "", target: mount.destination, type: "", flags: propagation });
  return mount.destination === "/dev" && type === "tmpfs" ? [...made, ...deviceOps(spec)] : made;
}

/** One call sets both attributes and propagation; two where only one of them is for the mounts below too. */
function bindOps(target: string, slot: number, options: MountOptions): readonly Op[] {
  const { attributes, propagation, recursiveAttributes } = options;
  const recursive = (propagation & MS.REC) !== 0;
  if (attributes === 0 || propagation === 0 || recursive === recursiveAttributes) {
    const all = propagation === 0 ? recursiveAttributes : recursive;
    return [{ op: "move-mount", slot, target, attributes, recursive: all, propagation: propagation & ~MS.REC }];
  }
  return [
    { op: "move-mount", slot, target, attributes, recursive: recursiveAttributes, propagation: 0 },
    { op: "mount", source: "", target, type: "", flags: propagation },
  ];
}

/** The nodes and links of a fresh `/dev`; the umask is 0 until the process gets its own. */
function deviceOps(spec: RuntimeSpec): readonly Op[] {
  return [
    ...(spec.linux.devices ?? []).flatMap(nodeOps),
    ...DEV_LINKS.map(([target, path]): Op => ({ op: "symlink", target, path })),
    // The terminal is mounted over it.
    ...(spec.process.terminal ? [{ op: "write", path: "/dev/console", data: "", mode: 0o666 } as const] : []),
  ];
}

const NODE_TYPES: Readonly<Record<SpecDevice["type"], number>> = { c: S_IFCHR, b: S_IFBLK, p: S_IFIFO };

/** `/dev` is fresh; elsewhere there may be a node of an earlier start, or something of the image's. */
function nodeOps({ path, type, major, minor, fileMode, uid = 0, gid = 0 }: SpecDevice): readonly Op[] {
  const directory = path.slice(0, path.lastIndexOf("/"));
  return [
    ...(directory === "/dev" || directory === "" ? [] : [{ op: "mkdir", path: directory, parents: true } as const]),
    ...(path.startsWith("/dev/") ? [] : [{ op: "unlink", path } as const]),
    { op: "mknod", path, mode: NODE_TYPES[type] | (fileMode ?? 0o666), major, minor },
    ...(uid === 0 && gid === 0 ? [] : [{ op: "chown", path, uid, gid } as const]),
  ];
}

/** After the last mount: what the container may not see or change. */
export function protectionOps(spec: RuntimeSpec): readonly Op[] {
  const { readonlyPaths = [], maskedPaths = [], sysctl = {} } = spec.linux;
  return [
    ...Object.entries(sysctl).map(([name, value]): Op => ({
      op: "write",
      path: sysctlPath(name),
      data: value,
      flags: 1,
    })),
    ...readonlyPaths.map((path): Op => ({ op: "readonly", path })),
    ...maskedPaths.map((path): Op => ({ op: "mask", path })),
    ...(spec.root.readonly
      ? [{ op: "mount", source: "", target: "/", type: "", flags: MS.BIND | MS.REMOUNT | MS.RDONLY } as const]
      : []),
  ];
}
