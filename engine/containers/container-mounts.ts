import { EngineError } from "../base/errors.ts";
import type { SpecMount } from "../oci/runtime-spec.ts";
import type { HostFile } from "../runtime/runtime.ts";
import { createId, type RandomBytes } from "./container-id.ts";
import type { MountRecord } from "./container.ts";

/** Named directories that outlive containers. */
export interface ContainerVolumes {
  /** Makes the volume when it is missing; answers its directory in the guest. */
  acquire(name: string, containerId: string): Promise<string>;
  /** The container is gone; `remove`: so is an anonymous volume that nobody else uses. */
  release(name: string, containerId: string, options: { remove: boolean }): Promise<void>;
}

/** Where Docker keeps volumes; the runtime makes the directories at the start. */
export const PLAIN_VOLUMES: ContainerVolumes = {
  acquire: async (name) => `/var/lib/docker/volumes/${name}/_data`,
  release: async () => undefined,
};

const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const ANONYMOUS = /^[0-9a-f]{64}$/;

/**
 * The mounts of `-v source:destination[:options]` and of the volumes that the image declares.
 * @throws EngineError invalid-argument, in Docker's words
 */
export async function decideMounts(
  request: { containerId: string; binds: readonly string[]; declared: readonly string[]; tmpfs: readonly string[] },
  volumes: ContainerVolumes,
  random: RandomBytes,
): Promise<readonly MountRecord[]> {
  const mounts: MountRecord[] = [];
  const acquire = async (name: string, rest: { destination: string; mode: string }): Promise<void> => {
    const source = await volumes.acquire(name, request.containerId);
    mounts.push({ type: "volume", name, source, ...rest, readWrite: !isReadonly(rest.mode), propagation: "" });
  };
  for (const bind of request.binds) {
    const { source, destination, mode } = parseBind(bind);
    if (mounts.some((mount) => mount.destination === destination))
      throw new EngineError("invalid-argument", `Duplicate mount point: ${destination}`);
    if (source.startsWith("/"))
      mounts.push({
        type: "bind",
        source,
        destination,
        mode,
        readWrite: !isReadonly(mode),
        propagation: propagationOf(mode),
      });
    else
      await acquire(source === "" ? createId(random) : source, {
        destination,
        mode: mode === "" && source !== "" ? "z" : mode,
      });
  }
  for (const declared of request.declared) {
    const destination = cleanPath(declared);
    const covered = mounts.some((mount) => mount.destination === destination) || request.tmpfs.includes(destination);
    if (!covered) await acquire(createId(random), { destination, mode: "" });
  }
  return mounts;
}

/** `docker rm -v` and `--rm` remove volumes that nobody named. */
export function isAnonymous(mount: MountRecord): boolean {
  return mount.type === "volume" && ANONYMOUS.test(mount.name ?? "");
}

function parseBind(text: string): { source: string; destination: string; mode: string } {
  const invalid = (reason: string): EngineError =>
    new EngineError("invalid-argument", `invalid volume specification: '${text}'${reason}`);
  const parts = text.split(":");
  if (parts.length > 3 || parts.some((part) => part === "")) throw invalid("");
  const [source = "", destination = "", mode = ""] = parts.length === 1 ? ["", parts[0]] : parts;
  const kind = source.startsWith("/") ? "bind" : "volume";
  if (!destination.startsWith("/"))
    throw invalid(
      `: invalid mount config for type "${kind}": invalid mount path: '${destination}' mount path must be absolute`,
    );
  if (cleanPath(destination) === "/")
    throw invalid(`: invalid mount config for type "${kind}": invalid specification: destination can't be '/'`);
  if (mode !== "" && !mode.split(",").every((option) => MODES.has(option)))
    throw new EngineError("invalid-argument", `invalid mode: ${mode}`);
  if (kind === "volume" && source !== "" && !VOLUME_NAME.test(source)) {
    throw new EngineError(
      "invalid-argument",
      `create ${source}: "${source}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  }
  return { source: kind === "bind" ? cleanPath(source) : source, destination: cleanPath(destination), mode };
}

const PROPAGATIONS = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];
const MODES = new Set(["ro", "rw", "z", "Z", "nocopy", "consistent", "cached", "delegated", ...PROPAGATIONS]);

function isReadonly(mode: string): boolean {
  return mode.split(",").includes("ro");
}

function propagationOf(mode: string): string {
  return mode.split(",").find((option) => PROPAGATIONS.includes(option)) ?? "rprivate";
}

/** Lexical, as Go's `path.Clean`. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** The mounts as the spec has them, parents before children, then Docker's three files. */
export function specMounts(mounts: readonly MountRecord[], files: readonly EtcFile[]): readonly SpecMount[] {
  const taken = new Set(mounts.map(({ destination }) => destination));
  const own = files.filter(({ destination }) => !taken.has(destination));
  return [
    ...mounts
      .toSorted((a, b) => depth(a.destination) - depth(b.destination))
      .map(({ source, destination, readWrite, propagation }) => ({
        destination,
        type: "bind",
        source,
        options: ["rbind", ...(readWrite ? [] : ["ro"]), propagation === "" ? "rprivate" : propagation],
      })),
    ...own.map(({ path, destination }) => ({
      destination,
      type: "bind",
      source: path,
      options: ["rbind", "rprivate"],
    })),
  ];
}

function depth(path: string): number {
  return path.split("/").length;
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
