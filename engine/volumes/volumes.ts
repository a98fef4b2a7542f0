import type { Clock } from "../base/clock.ts";
import { EngineError } from "../base/errors.ts";
import type { BlobStore } from "../content/blob-store.ts";
import type { RecordStore } from "../content/record-store.ts";
import type { Guest } from "../guest/guest.ts";
import { checkVolumeRequest } from "./check-volume.ts";
import { LiveVolume, type LiveVolumePorts, VOLUME_RECORDS, type VolumeRecord } from "./live-volume.ts";
import { SavedContents } from "./saved-contents.ts";
import {
  type ContainerVolumes,
  isAnonymousVolume,
  type Volume,
  type VolumeRequest,
  type VolumeService,
  type VolumeUsage,
  type VolumeUse,
} from "./volume.ts";
import { VolumeSaver } from "./volume-saver.ts";

export interface VolumePorts {
  readonly guest: Pick<Guest, "run" | "readTree" | "writeTree">;
  /** Of this machine. */
  readonly records: RecordStore;
  /** What volumes hold; other machines may keep theirs in it too. */
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly events: { publish(event: VolumeEvent): void };
  /** Trouble that no caller waits for: a save that failed. */
  readonly report: (what: string, error: unknown) => void;
}

interface VolumeEvent {
  readonly type: "volume";
  readonly action: "create" | "mount" | "unmount" | "destroy" | "prune";
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const NAME_BYTES = 32;
const INSTANCE_BYTES = 16;

/** Docker's `local` volumes: directories of the guest, kept outside it as of their last save (docs/decisions/0009-volumes.md). */
export class Volumes implements VolumeService, ContainerVolumes, AsyncDisposable {
  readonly #ports: VolumePorts;
  readonly #live: LiveVolumePorts;
  readonly #saver: VolumeSaver;
  readonly #volumes = new Map<string, LiveVolume>();
  /** Volumes whose files are being removed, by name. */
  readonly #leaving = new Map<string, Promise<void>>();

  /** Takes up the volumes of earlier sessions; their content comes with their first mount. */
  static async open(ports: VolumePorts): Promise<Volumes> {
    const volumes = new Volumes(ports);
    for (const [, record] of await ports.records.entries<VolumeRecord>(VOLUME_RECORDS))
      volumes.#volumes.set(record.name, new LiveVolume(record, volumes.#live));
    await volumes.#live.contents.recover((name) => volumes.#volumes.get(name)?.record.saved);
    return volumes;
  }

  /** Without those of earlier sessions: see {@link open}. */
  constructor(ports: VolumePorts) {
    this.#ports = ports;
    this.#saver = new VolumeSaver(ports.clock, (error) => ports.report("volume-save", error));
    this.#live = {
      guest: ports.guest,
      records: ports.records,
      contents: new SavedContents(ports),
      now: () => new Date(ports.clock.now()).toISOString(),
    };
  }

  async create(request: VolumeRequest): Promise<Volume> {
    return (await this.#create(request)).record;
  }

  get(name: string): Volume {
    return this.#get(name).record;
  }

  list(): readonly Volume[] {
    return [...this.#volumes.values()].map(({ record }) => record).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  usersOf(name: string): readonly string[] {
    return [...this.#get(name).users];
  }

  saveError(name: string): string | undefined {
    return this.#get(name).saveError;
  }

  async remove(name: string, { force }: { force: boolean }): Promise<void> {
    if (force && !this.#volumes.has(name)) return;
    const volume = this.#get(name);
    if (volume.users.size > 0) {
      const users = [...volume.users].join(", ");
      throw new EngineError("conflict", `remove ${name}: volume is in use - [${users}]`);
    }
    await this.#destroy(volume);
  }

  async prune(
    wanted: (volume: Volume) => boolean,
  ): Promise<{ readonly names: readonly string[]; readonly bytes: number }> {
    const names: string[] = [];
    let bytes = 0;
    for (const volume of this.#volumes.values()) {
      if (volume.users.size > 0 || !wanted(volume.record)) continue;
      const size = await volume.sizeBytes().catch(() => 0);
      // A container may have come meanwhile.
      if (volume.users.size > 0 || volume.isRemoved) continue;
      await this.#destroy(volume);
      names.push(volume.record.name);
      bytes += size;
    }
    this.#ports.events.publish({ type: "volume", action: "prune", id: "", attributes: { reclaimed: String(bytes) } });
    return { names, bytes };
  }

  async usage(): Promise<readonly VolumeUsage[]> {
    const usages: VolumeUsage[] = [];
    for (const volume of this.#volumes.values()) {
      const sizeBytes = await volume.sizeBytes().catch(() => -1);
      usages.push({ volume: volume.record, sizeBytes, refCount: volume.users.size });
    }
    return usages;
  }

  async acquire(request: VolumeRequest, containerId: string): Promise<Volume> {
    const volume = await this.#create(request, containerId);
    return volume.record;
  }

  adopt(name: string, containerId: string): void {
    this.#volumes.get(name)?.users.add(containerId);
  }

  async release(name: string, containerId: string, { remove }: { remove: boolean }): Promise<void> {
    const volume = this.#volumes.get(name);
    if (volume === undefined) return;
    volume.users.delete(containerId);
    if (remove && volume.users.size === 0 && isAnonymousVolume(volume.record)) await this.#destroy(volume);
  }

  async mount({ name, containerId, destination, readWrite }: VolumeUse): Promise<string> {
    const volume = this.#get(name);
    await volume.work.run(() => volume.mount(containerId));
    if (readWrite) this.#saver.inUse(volume);
    this.#publish(volume, "mount", {
      container: containerId,
      destination,
      "read/write": String(readWrite),
      propagation: "",
    });
    return volume.directory;
  }

  async unmount(name: string, containerId: string): Promise<void> {
    const volume = this.#volumes.get(name);
    if (volume === undefined || !volume.mounts.has(containerId)) return;
    this.#publish(volume, "unmount", { container: containerId });
    await volume.work.run(() => volume.unmount(containerId));
    if (volume.mounts.size === 0) this.#saver.settled(volume);
  }

  async fill(name: string, containerId: string, work: (directory: string) => Promise<void>): Promise<void> {
    const volume = this.#get(name);
    await volume.work.run(async () => {
      await volume.mount(containerId);
      try {
        if (!(await volume.isEmpty())) return;
        await work(volume.directory);
        volume.isDirty = true;
      } finally {
        await volume.unmount(containerId);
      }
    });
    if (volume.mounts.size === 0) this.#saver.settled(volume);
  }

  /** Saves what is not saved yet. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#saver[Symbol.asyncDispose]();
    const saves = [...this.#volumes.values()].map((volume) =>
      volume.saves
        .run(() => volume.save({ always: volume.isDirty }))
        .catch((error: unknown) => {
          this.#ports.report("volume-save", error);
        }),
    );
    await Promise.all([...saves, ...this.#leaving.values()]);
  }

  #get(name: string): LiveVolume {
    const volume = this.#volumes.get(name);
    if (volume === undefined) throw new EngineError("not-found", `get${name === "" ? "" : ` ${name}`}: no such volume`);
    return volume;
  }

  /** The name is taken, and the user counted, without an await between. */
  async #create(request: VolumeRequest, user?: string): Promise<LiveVolume> {
    const { name, labels, options } = checkVolumeRequest(request, () => randomHex(NAME_BYTES));
    const known = this.#volumes.get(name);
    if (known !== undefined) {
      if (user !== undefined) known.users.add(user);
      await known.created.catch(() => undefined);
      return known.isRemoved ? this.#create(request, user) : known;
    }
    const createdAt = `${new Date(this.#ports.clock.now()).toISOString().slice(0, 19)}Z`;
    const instance = randomHex(INSTANCE_BYTES);
    const volume = new LiveVolume({ name, driver: "local", createdAt, labels, options, instance }, this.#live);
    if (user !== undefined) volume.users.add(user);
    this.#volumes.set(name, volume);
    volume.created = volume.work.run(async () => {
      await this.#leaving.get(name);
      await volume.ready();
      await this.#ports.records.set(VOLUME_RECORDS + name, volume.record);
    });
    try {
      await volume.created;
    } catch (error) {
      volume.isRemoved = true;
      this.#volumes.delete(name);
      throw error;
    }
    this.#publish(volume, "create");
    return volume;
  }

  /** Gone at once for everybody; its files follow. */
  async #destroy(volume: LiveVolume): Promise<void> {
    const { name } = volume.record;
    volume.isRemoved = true;
    this.#volumes.delete(name);
    this.#saver.forget(volume);
    this.#publish(volume, "destroy");
    const gone = volume.saves.run(() => volume.work.run(() => volume.destroy()));
    const over = gone
      .catch(() => undefined)
      .then(() => {
        if (this.#leaving.get(name) === over) this.#leaving.delete(name);
      });
    this.#leaving.set(name, over);
    await gone;
  }

  #publish(volume: LiveVolume, action: VolumeEvent["action"], attributes: Readonly<Record<string, string>> = {}): void {
    const { name, driver } = volume.record;
    this.#ports.events.publish({ type: "volume", action, id: name, attributes: { ...attributes, driver } });
  }
}

function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
