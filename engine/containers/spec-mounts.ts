import { EngineError } from "../base/errors.ts";
import type { SpecMount } from "../oci/runtime-spec.ts";
import { isTmpfsOption } from "../runtime/mount-options.ts";
import { initFailed } from "../runtime/runc-errors.ts";
import type { HostFile } from "../runtime/runtime.ts";
import type { HostConfig, MountRecord } from "./container.ts";
import { cleanPath } from "./mount-request.ts";

/** A mount whose source is in place. */
export interface PreparedMount {
  readonly mount: MountRecord;
  /** Path on the machine; a tmpfs has none. */
  readonly source: string;
  /** `rprivate`, or what the machine can do of what was asked for. Empty: a volume's. */
  readonly propagation: string;
}

/** Permissions of directories of the image that a tmpfs takes the place of, by destination. */
export type TmpfsModes = ReadonlyMap<string, number>;

/** What Docker puts above the runtime's own mounts. */
export interface UserMounts {
  readonly mounts: readonly PreparedMount[];
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly tmpfsModes?: TmpfsModes;
  readonly files: readonly EtcFile[];
  readonly readonlyRootfs: boolean;
}

/**
 * Binds, volumes, tmpfs and Docker's three files as the spec has them, parents before children.
 * @throws EngineError internal for what no mount can be, in moby's words
 */
export function specMounts({ mounts, tmpfs, tmpfsModes, files, readonlyRootfs }: UserMounts): readonly SpecMount[] {
  const taken = new Set(mounts.map(({ mount }) => mount.destination));
  const modeOf = (destination: string): number | undefined => tmpfsModes?.get(destination);
  const all = [
    ...Object.entries(tmpfs).map(([destination, options]) =>
      tmpfsMount(cleanPath(destination), options.split(","), modeOf(cleanPath(destination))),
    ),
    ...mounts.map((prepared) =>
      prepared.mount.type === "tmpfs"
        ? tmpfsMount(prepared.mount.destination, prepared.mount.tmpfs ?? [], modeOf(prepared.mount.destination))
        : bindMount(prepared),
    ),
    ...files
      .filter(({ destination }) => !taken.has(destination))
      .map(({ path, destination }) => ({
        destination,
        type: "bind",
        source: path,
        options: ["rbind", ...(readonlyRootfs ? ["rro"] : []), "rprivate"],
      })),
  ];
  return all.toSorted((a, b) => depth(a.destination) - depth(b.destination));
}

/** The runtime's own mounts that the user has put nothing over. */
export function withoutOverridden(base: readonly SpecMount[], user: readonly SpecMount[]): readonly SpecMount[] {
  const taken = new Set(user.map(({ destination }) => destination));
  return base.filter(
    ({ destination }) => !taken.has(destination) && !(taken.has("/dev") && destination.startsWith("/dev/")),
  );
}

function bindMount({ mount, source, propagation }: PreparedMount): SpecMount {
  const { readWrite, readOnlyNonRecursive, readOnlyForceRecursive, nonRecursive } = mount;
  if (readOnlyForceRecursive === true) {
    const conflict = readWrite ? "!ReadOnly" : readOnlyNonRecursive === true ? "ReadOnlyNonRecursive" : undefined;
    if (conflict !== undefined)
      throw new EngineError("internal", `mount options conflict: ${conflict} && BindOptions.ReadOnlyForceRecursive`);
  }
  const readOnly = readOnlyNonRecursive === true ? "ro" : "rro";
  const destination = cleanPath(mount.destination);
  if (destination === "/") {
    const where = `error mounting ${JSON.stringify(source)} to rootfs at ${JSON.stringify(mount.destination)}`;
    const reason = `create mountpoint for ${mount.destination} mount: mountpoint is on the top of rootfs`;
    throw new EngineError("internal", initFailed(`${where}: ${reason}`, "start"));
  }
  if (destination === "/proc" && source !== "/proc") {
    const where = `error mounting ${JSON.stringify(source)} to rootfs at "/proc"`;
    const reason = `check proc-safety of /proc mount: "/proc" cannot be mounted because it is not of type proc`;
    throw new EngineError("internal", initFailed(`${where}: create mountpoint for /proc mount: ${reason}`, "start"));
  }
  return {
    destination,
    type: "bind",
    source,
    options: [
      nonRecursive === true ? "bind" : "rbind",
      ...(readWrite ? [] : [readOnly]),
      propagation === "" ? "rslave" : propagation,
    ],
  };
}

/** moby's defaults, then the user's. runc gives a tmpfs the permissions of the directory that it hides. */
function tmpfsMount(destination: string, options: readonly string[], mode: number | undefined): SpecMount {
  const given = options.filter((option) => option !== "");
  const wrong = given.find((option) => !isTmpfsOption(option));
  if (wrong !== undefined) throw new EngineError("internal", `invalid tmpfs option ${JSON.stringify(wrong)}`);
  const hidden = mode === undefined ? [] : [`mode=${mode.toString(8)}`];
  return {
    destination,
    type: "tmpfs",
    source: "tmpfs",
    options: ["noexec", "nosuid", "nodev", ...hidden, ...given],
  };
}

function depth(path: string): number {
  return path.split("/").length;
}

/** Tmpfs mounts whose permissions nobody has said. */
export function tmpfsWithoutMode(mounts: readonly MountRecord[], tmpfs: HostConfig["tmpfs"]): readonly string[] {
  const hasMode = (options: readonly string[]): boolean => options.some((option) => option.startsWith("mode="));
  return [
    ...Object.entries(tmpfs).flatMap(([path, options]) => (hasMode(options.split(",")) ? [] : [cleanPath(path)])),
    ...mounts.flatMap(({ type, destination, tmpfs: own = [] }) =>
      type === "tmpfs" && !hasMode(own) ? [destination] : [],
    ),
  ];
}

/** A file that Docker writes on the machine and binds into the container. */
export interface EtcFile extends HostFile {
  readonly destination: string;
}

/** `/var/lib/docker/containers/<id>/{resolv.conf,hostname,hosts}` */
export function etcFiles(
  id: string,
  contents: { hosts: string; hostname: string; resolvConf: string },
): readonly EtcFile[] {
  const directory = `/var/lib/docker/containers/${id}`;
  return [
    { path: `${directory}/resolv.conf`, destination: "/etc/resolv.conf", content: contents.resolvConf },
    { path: `${directory}/hostname`, destination: "/etc/hostname", content: contents.hostname },
    { path: `${directory}/hosts`, destination: "/etc/hosts", content: contents.hosts },
  ];
}
