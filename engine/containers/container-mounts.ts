import { EngineError, isKind, messageOf } from "../base/errors.ts";
import { type ContainerVolumes, isAnonymousVolume, mountpointOf, type VolumeRequest } from "../volumes/volume.ts";
import type { Container, HostConfig, MountRecord, MountRequest } from "./container.ts";
import { checkMountRequest, checkTmpfsDestination, cleanPath, invalidMount } from "./mount-request.ts";
import { parseBind, parseVolumesFrom } from "./parse-bind.ts";

/** What deciding on mounts needs of the rest of the engine. */
export interface MountPorts {
  readonly volumes: Pick<ContainerVolumes, "acquire" | "get" | "release">;
  /** @throws EngineError not-found */
  readonly containers: { get(reference: string): { readonly record: Pick<Container, "mounts"> } };
  /** Is there anything at this path of the machine? */
  readonly exists: (path: string) => Promise<boolean>;
  /** Prepares a snapshot of an image; answers where it will be seen. @throws EngineError not-found */
  readonly prepareImage: (reference: string, snapshot: string) => Promise<Pick<MountRecord, "source" | "imageId">>;
  /** Takes a prepared snapshot away again. */
  readonly dropImage: (snapshot: string) => Promise<void>;
}

type HostMounts = Pick<HostConfig, "binds" | "mounts" | "volumesFrom" | "volumeDriver" | "tmpfs">;

/** Where the engine's own files are: who binds it, or what is above it, must see what is mounted there later. */
const DATA_ROOT = "/var/lib/docker";

/**
 * The mounts that a container gets, in moby's order of precedence (`daemon/volumes.go`, registerMountPoints): from other containers, `-v`,
 * `--mount`, and volumes for what the image declares. What was taken is given back when it fails.
 * @throws EngineError in Docker's words, of the kind that gives Docker's status
 */
export async function decideMounts(
  request: { readonly containerId: string; readonly host: HostMounts; readonly declared: readonly string[] },
  ports: MountPorts,
): Promise<{ readonly mounts: readonly MountRecord[]; readonly warnings: readonly string[] }> {
  const { containerId, host, declared } = request;
  const requests = host.mounts ?? [];
  for (const mount of requests) await checkRequest(mount, ports);
  for (const destination of Object.keys(host.tmpfs)) checkTmpfsDestination(destination);
  const decision = new Decision(containerId, ports);
  try {
    for (const from of host.volumesFrom ?? []) await decision.inherit(from);
    await decision.bind(host);
    for (const mount of requests) await decision.add(mount, { mode: "" });
    await decision.declare(declared, host);
  } catch (error) {
    await decision.giveBack();
    throw error;
  }
  return { mounts: decision.mounts, warnings: warningsOf(host) };
}

async function checkRequest(mount: MountRequest, { exists }: MountPorts): Promise<void> {
  checkMountRequest(mount);
  if (mount.type !== "bind" || mount.bind?.createMountpoint === true || (await exists(mount.source))) return;
  throw invalidMount("bind", `bind source path does not exist: ${mount.source}`);
}

function warningsOf({ mounts = [], volumeDriver = "" }: HostMounts): readonly string[] {
  return [
    ...(volumeDriver !== "" && mounts.some(({ type }) => type === "volume")
      ? [
          "WARNING: the container-wide volume-driver configuration is ignored for volumes specified via 'mount'. Use '--mount type=volume,volume-driver=...' instead",
        ]
      : []),
    ...(mounts.some(({ type }) => type === "image") ? ["Image mount is an experimental feature"] : []),
  ];
}

/** Mounts by destination while they are decided; a later one replaces what came from another container. */
class Decision {
  readonly #containerId: string;
  readonly #ports: MountPorts;
  readonly #byDestination = new Map<string, MountRecord>();
  /** Destinations that this container was given itself. */
  readonly #own = new Set<string>();
  readonly #acquired: string[] = [];
  readonly #snapshots: string[] = [];

  constructor(containerId: string, ports: MountPorts) {
    this.#containerId = containerId;
    this.#ports = ports;
  }

  get mounts(): readonly MountRecord[] {
    return [...this.#byDestination.values()];
  }

  async inherit(text: string): Promise<void> {
    const { reference, readOnly } = parseVolumesFrom(text);
    if (reference === "") throw new EngineError("invalid-argument", 'invalid name or ID supplied: ""');
    for (const mount of this.#mountsOf(reference)) {
      // Moby takes a tmpfs for a volume without a name, and stumbles: so do its clients expect.
      if (mount.type === "tmpfs") this.#ports.volumes.get("");
      if (mount.type === "image")
        throw new EngineError("not-implemented", "--volumes-from a container with an image mount is not implemented");
      if (mount.type === "volume") {
        this.#ports.volumes.get(mount.name ?? "");
        await this.#acquire({ name: mount.name ?? "" });
      }
      const { copyUp: _, ...rest } = mount;
      this.#byDestination.set(mount.destination, { ...rest, mode: "", readWrite: mount.readWrite && !readOnly });
    }
  }

  async bind({ binds, volumeDriver = "", tmpfs }: HostMounts): Promise<void> {
    for (const text of binds) {
      const { mode, mount } = parseBind(text, volumeDriver);
      if (Object.hasOwn(tmpfs, cleanPath(mount.target))) throw duplicate(cleanPath(mount.target));
      await this.add(mount, { mode });
    }
  }

  /** @throws EngineError invalid-argument `Duplicate mount point: /x` */
  async add(request: MountRequest, { mode }: { mode: string }): Promise<void> {
    const destination = cleanPath(request.target);
    if (this.#own.has(destination)) throw duplicate(destination);
    this.#own.add(destination);
    const base = { destination, mode, readWrite: !request.readOnly, propagation: "" };
    this.#byDestination.set(destination, await this.#recordOf(request, base));
  }

  /** Anonymous volumes where the image or the client wants some, and nothing else is there. */
  async declare(declared: readonly string[], { volumeDriver = "", tmpfs }: HostMounts): Promise<void> {
    for (const path of declared) {
      // A relative one is shown as it came; the mount is made below the root.
      const destination = path.startsWith("/") ? cleanPath(path) : cleanPath(path).slice(1) || ".";
      if (this.#byDestination.has(destination) || Object.hasOwn(tmpfs, destination)) continue;
      const volume = await this.#acquire({ name: "", driver: volumeDriver });
      this.#byDestination.set(destination, {
        type: "volume",
        ...volume,
        destination,
        mode: "",
        readWrite: true,
        propagation: "",
        copyUp: true,
      });
    }
  }

  async giveBack(): Promise<void> {
    for (const name of this.#acquired)
      await this.#ports.volumes.release(name, this.#containerId, { remove: true }).catch(() => undefined);
    for (const snapshot of this.#snapshots) await this.#ports.dropImage(snapshot).catch(() => undefined);
  }

  async #recordOf(
    request: MountRequest,
    base: Pick<MountRecord, "destination" | "mode" | "readWrite" | "propagation">,
  ): Promise<MountRecord> {
    if (request.type === "bind") return { type: "bind", ...base, ...bindFields(request) };
    if (request.type === "tmpfs") return { type: "tmpfs", source: "", ...base, tmpfs: tmpfsOptions(request) };
    if (request.type === "image") {
      const snapshot = `${this.#containerId}.image${this.#byDestination.size}`;
      const image = await this.#ports.prepareImage(request.source, snapshot);
      this.#snapshots.push(snapshot);
      const subpath = request.image?.subpath ?? "";
      const fields = { name: request.source, ...image, snapshot, readWrite: false, propagation: "rprivate" };
      return { type: "image", ...base, ...fields, ...(subpath !== "" && { subpath }) };
    }
    const { noCopy = false, subpath = "", labels = {}, driver } = request.volume ?? {};
    const volume = await this.#acquire({
      name: request.source,
      labels: Object.keys(labels).length > 0 ? labels : null,
      ...(driver && {
        driver: driver.name,
        options: Object.keys(driver.options).length > 0 ? driver.options : null,
      }),
    });
    const mode = base.mode === "" ? "z" : base.mode;
    return {
      type: "volume",
      ...base,
      ...volume,
      mode,
      // A part of a volume has to be there already.
      ...(subpath === "" ? { copyUp: !noCopy } : { subpath }),
    };
  }

  async #acquire(request: VolumeRequest): Promise<Pick<MountRecord, "name" | "source" | "isAnonymous">> {
    const volume = await this.#ports.volumes.acquire(request, this.#containerId);
    this.#acquired.push(volume.name);
    return {
      name: volume.name,
      source: mountpointOf(volume.name),
      ...(isAnonymousVolume(volume) && { isAnonymous: true }),
    };
  }

  #mountsOf(reference: string): readonly MountRecord[] {
    try {
      return this.#ports.containers.get(reference).record.mounts;
    } catch (error) {
      if (!isKind(error, "not-found")) throw error;
      throw new EngineError("invalid-argument", messageOf(error), { cause: error });
    }
  }
}

function duplicate(destination: string): EngineError {
  return new EngineError("invalid-argument", `Duplicate mount point: ${destination}`);
}

/** @throws EngineError invalid-argument: the engine's own directory cannot be hidden from its later mounts */
function bindFields({ source, bind }: MountRequest): Partial<MountRecord> & Pick<MountRecord, "source"> {
  const path = cleanPath(source);
  const { propagation = "", createMountpoint, nonRecursive, readOnlyNonRecursive, readOnlyForceRecursive } = bind ?? {};
  const holdsData = path.startsWith(DATA_ROOT) || DATA_ROOT.startsWith(path);
  if (holdsData && !["", "rslave", "rshared"].includes(propagation)) {
    throw new EngineError(
      "invalid-argument",
      `invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root, daemon root: "${DATA_ROOT}", bind mount source: "${source}", propagation: "${propagation}"`,
    );
  }
  return {
    source: path,
    propagation: propagation === "" ? (holdsData ? "rslave" : "rprivate") : propagation,
    ...(holdsData && propagation === "" && { propagationIsDefault: true }),
    ...(createMountpoint === true && { createSource: true }),
    ...(nonRecursive === true && { nonRecursive }),
    ...(readOnlyNonRecursive === true && { readOnlyNonRecursive }),
    ...(readOnlyForceRecursive === true && { readOnlyForceRecursive }),
  };
}

/** In moby's order (`volume/mounts/linux_parser.go`, ConvertTmpfsOptions). */
function tmpfsOptions({ readOnly, tmpfs }: MountRequest): readonly string[] {
  const { mode = 0, sizeBytes = 0, options = [] } = tmpfs ?? {};
  return [
    ...(readOnly ? ["ro"] : []),
    ...(mode === 0 ? [] : [`mode=${mode.toString(8)}`]),
    ...(sizeBytes === 0 ? [] : [`size=${sizeBytes}`]),
    ...options.map((words) => words.join("=")),
  ];
}
