/** A named directory that outlives containers, as `docker volume inspect` shows it. */
export interface Volume {
  readonly name: string;
  readonly driver: "local";
  /** RFC 3339, whole seconds. */
  readonly createdAt: string;
  /** null: none were given, which clients can tell from an empty map. */
  readonly labels: Readonly<Record<string, string>> | null;
  /** What mount(8) would be given: `type`, `device`, `o`. */
  readonly options: Readonly<Record<string, string>> | null;
}

/** What a volume is made from. A name that is empty stands for one that nobody will remember. */
export interface VolumeRequest {
  readonly name: string;
  readonly driver?: string;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly options?: Readonly<Record<string, string>> | null;
}

/** A container's use of a volume, from its start to its end. */
export interface VolumeUse {
  readonly name: string;
  readonly containerId: string;
  readonly destination: string;
  readonly readWrite: boolean;
}

/** A volume's bytes and users, for `docker system df`. */
export interface VolumeUsage {
  readonly volume: Volume;
  /** Of regular files; each counts once however many names it has. */
  readonly sizeBytes: number;
  /** Containers that have it among their mounts, running or not. */
  readonly refCount: number;
}

/** Volumes of one machine. */
export interface VolumeService {
  /** Answers the one that exists when there is one of that name. @throws EngineError invalid-argument | not-found (no such driver) */
  create(request: VolumeRequest): Promise<Volume>;
  /** @throws EngineError not-found `get NAME: no such volume` */
  get(name: string): Volume;
  list(): readonly Volume[];
  /** Ids of the containers that have it among their mounts. */
  usersOf(name: string): readonly string[];
  /** Why the last attempt to save what it holds failed; undefined when it did not. */
  saveError(name: string): string | undefined;
  /** With `force` a missing one is fine. @throws EngineError not-found | conflict when a container has it */
  remove(name: string, options: { force: boolean }): Promise<void>;
  /** Removes those that no container has and `wanted` picks. */
  prune(wanted: (volume: Volume) => boolean): Promise<{ readonly names: readonly string[]; readonly bytes: number }>;
  usage(): Promise<readonly VolumeUsage[]>;
}

/** What containers do with volumes. */
export interface ContainerVolumes {
  /** Finds or makes the volume and counts the container among its users. @throws EngineError as `create` */
  acquire(request: VolumeRequest, containerId: string): Promise<Volume>;
  /** @throws EngineError not-found: nothing is made */
  get(name: string): Volume;
  /** Of a container that an earlier engine left. A volume that is gone is passed over. */
  adopt(name: string, containerId: string): void;
  /** The container is gone; `remove`: so is a volume that nobody named and nobody else has. */
  release(name: string, containerId: string, options: { remove: boolean }): Promise<void>;
  /** Makes the content visible at the volume's directory until {@link unmount}. @throws EngineError in Docker's words */
  mount(use: VolumeUse): Promise<string>;
  /** Missing is fine. */
  unmount(name: string, containerId: string): Promise<void>;
  /** Gives an empty volume its first content; one that holds something is left alone. */
  fill(name: string, containerId: string, work: (directory: string) => Promise<void>): Promise<void>;
}

/** Docker's mark on a volume that nobody named. */
export const ANONYMOUS_LABEL = "com.docker.volume.anonymous";

export function isAnonymousVolume({ labels }: Volume): boolean {
  return labels !== null && Object.hasOwn(labels, ANONYMOUS_LABEL);
}

const ROOT = "/var/lib/docker/volumes";

/** Where the volume's own files are; safe because names hold no slash and do not begin with a dot. */
export function volumeDirectory(name: string): string {
  return `${ROOT}/${name}`;
}

/** Where what it holds is seen in the guest. */
export function mountpointOf(name: string): string {
  return `${volumeDirectory(name)}/_data`;
}
