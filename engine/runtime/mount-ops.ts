import type { Op } from "../guest/ops.ts";
import type { RuntimeSpec, SpecDevice, SpecMount } from "../oci/runtime-spec.ts";
import { MS, S_IFBLK, S_IFCHR, S_IFIFO } from "./linux.ts";
import { parseMountOptions } from "./mount-options.ts";

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
    { op: "mount", source: "", target: "/", type: "", flags: MS.REC | MS.PRIVATE },
    ...binds.map((mount, slot): Op => ({
      op: "open-tree",
      slot,
      path: mount.source,
      recursive: parseMountOptions(mount.options ?? []).recursive,
    })),
    { op: "pivot-root", path: spec.root.path },
    ...spec.mounts.flatMap((mount) => mountOps(mount, slots.get(mount), spec)),
  ];
}

function mountOps(mount: SpecMount, slot: number | undefined, spec: RuntimeSpec): readonly Op[] {
  const options = parseMountOptions(mount.options ?? []);
  if (slot !== undefined) {
    return [
      {
        op: "move-mount",
        slot,
        target: mount.destination,
        attributes: options.attributes,
        recursive: options.recursive,
        propagation: options.propagation,
      },
    ];
  }
  const { flags, data } = options;
  const type = mount.type === "cgroup" ? "cgroup2" : mount.type;
  const made: Op[] = EXISTING_TARGETS.has(mount.destination)
    ? []
    : [{ op: "mkdir", path: mount.destination, parents: true }];
  made.push({ op: "mount", source: mount.source, target: mount.destination, type, flags, data });
  return mount.destination === "/dev" && type === "tmpfs" ? [...made, ...deviceOps(spec)] : made;
}

/** The nodes and links of a fresh `/dev`; the umask is 0 until the process gets its own. */
function deviceOps(spec: RuntimeSpec): readonly Op[] {
  return [
    ...(spec.linux.devices ?? []).map(nodeOp),
    ...DEV_LINKS.map(([target, path]): Op => ({ op: "symlink", target, path })),
    // The terminal is mounted over it.
    ...(spec.process.terminal ? [{ op: "write", path: "/dev/console", data: "", mode: 0o666 } as const] : []),
  ];
}

const NODE_TYPES: Readonly<Record<SpecDevice["type"], number>> = { c: S_IFCHR, b: S_IFBLK, p: S_IFIFO };

function nodeOp({ path, type, major, minor, fileMode }: SpecDevice): Op {
  return { op: "mknod", path, mode: NODE_TYPES[type] | (fileMode ?? 0o666), major, minor };
}

/** After the last mount: what the container may not see or change. */
export function protectionOps(spec: RuntimeSpec): readonly Op[] {
  const { readonlyPaths = [], maskedPaths = [], sysctl = {} } = spec.linux;
  return [
    ...Object.entries(sysctl).map(([name, value]): Op => ({
      op: "write",
      path: `/proc/sys/${name.replaceAll(".", "/")}`,
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
