import { EngineError, messageOf } from "../base/errors.ts";
import { Serial } from "../base/serial.ts";
import type { RecordStore } from "../content/record-store.ts";
import type { Guest } from "../guest/guest.ts";
import { decodeNames } from "../guest/op-results.ts";
import type { SavedContent, SavedContents } from "./saved-contents.ts";
import { scanTree } from "./scan-tree.ts";
import { mountpointOf, type Volume, volumeDirectory } from "./volume.ts";
import { isMounted, mountVolume, unmountVolume } from "./volume-mounts.ts";

export const VOLUME_RECORDS = "volumes/";

/** What the store keeps of a volume. */
export interface VolumeRecord extends Volume {
  /** 32 random hex digits: tells its saved content from that of another volume of the same name. */
  readonly instance: string;
  /** The newest state that was saved whole. */
  readonly saved?: SavedContent;
}

/** What one volume needs of the rest. */
export interface LiveVolumePorts {
  readonly guest: Pick<Guest, "run" | "readTree" | "writeTree">;
  readonly contents: SavedContents;
  readonly records: RecordStore;
  readonly now: () => string;
}

/** A volume with its directory in the guest, its users and the state of its saves. Its operations happen one after the other. */
export class LiveVolume {
  record: VolumeRecord;
  /** Containers that have it among their mounts. */
  readonly users = new Set<string>();
  /** Mounts of running containers: how many, by container. */
  readonly mounts = new Map<string, number>();
  /** What makes its directory, mounts it and gives it its first content. */
  readonly work = new Serial();
  /** Apart from {@link work}: a container does not wait for a save. */
  readonly saves = new Serial();
  /** Resolves when it is on record. */
  created: Promise<unknown> = Promise.resolve();
  isRemoved = false;
  /** Somebody may have written since the last save. */
  isDirty = false;
  saveError: string | undefined;
  readonly #ports: LiveVolumePorts;
  #isReady = false;
  #fingerprint: string | undefined;

  constructor(record: VolumeRecord, ports: LiveVolumePorts) {
    this.record = record;
    this.#ports = ports;
  }

  get directory(): string {
    return mountpointOf(this.record.name);
  }

  /** Only what is in a directory of the guest is kept; a mounted file system is kept by whoever serves it, or is a tmpfs and meant to go. */
  get isKept(): boolean {
    return !isMounted(this.record) && !this.isRemoved;
  }

  /** Makes the directory, with the content that was saved last. @throws EngineError when that cannot be read */
  async ready(): Promise<void> {
    if (this.#isReady) return;
    const { guest, contents } = this.#ports;
    const { name, saved } = this.record;
    await guest.run([{ op: "mkdir", path: this.directory, parents: true }]);
    if (saved !== undefined && this.isKept) {
      try {
        await guest.writeTree(this.directory, contents.open(saved));
      } catch (error) {
        // Half of it must not be taken for the whole.
        await guest.run([{ op: "remove", path: volumeDirectory(name) }]).catch(() => undefined);
        const message = `error while mounting volume '${this.directory}': what was saved of it cannot be restored: ${messageOf(error)}`;
        throw new EngineError("internal", message, { cause: error });
      }
      this.#fingerprint = (await scanTree(guest, this.directory)).fingerprint;
    }
    this.#isReady = true;
  }

  async mount(containerId: string): Promise<void> {
    await this.ready();
    if (this.mounts.size === 0 && isMounted(this.record)) await mountVolume(this.#ports.guest, this.record);
    this.mounts.set(containerId, (this.mounts.get(containerId) ?? 0) + 1);
  }

  async unmount(containerId: string): Promise<void> {
    const count = this.mounts.get(containerId) ?? 0;
    if (count === 0) return;
    if (count > 1) this.mounts.set(containerId, count - 1);
    else this.mounts.delete(containerId);
    if (this.mounts.size === 0 && isMounted(this.record)) await unmountVolume(this.#ports.guest, this.record);
  }

  async isEmpty(): Promise<boolean> {
    const [names = new Uint8Array()] = await this.#ports.guest.run([{ op: "readdir", path: this.directory }]);
    return decodeNames(names).length === 0;
  }

  /** Bytes of its files; of one that was not used since the engine came up, as they were saved. */
  async sizeBytes(): Promise<number> {
    if (!this.#isReady) return this.record.saved?.sizeBytes ?? 0;
    return (await scanTree(this.#ports.guest, this.directory)).sizeBytes;
  }

  /**
   * Keeps what it holds now. While containers write, that is what the kernel shows of each file at the moment it is read.
   * @param options.always also when nothing seems to have changed
   * @throws why it could not; the previous state is kept then
   */
  async save({ always }: { always: boolean }): Promise<void> {
    if (!this.isKept || !this.#isReady) return;
    const { guest, contents, records, now } = this.#ports;
    // Looked at before it is read: what is written meanwhile is seen as a change the next time.
    const { fingerprint, sizeBytes } = await scanTree(guest, this.directory);
    if (!always && fingerprint === this.#fingerprint) return;
    try {
      await contents.save(this.record, await guest.readTree(this.directory), {
        previous: this.record.saved,
        sizeBytes,
        savedAt: now(),
        commit: async (saved) => {
          const record = { ...this.record, saved };
          await records.set(VOLUME_RECORDS + record.name, record);
          this.record = record;
        },
      });
      this.#fingerprint = fingerprint;
      this.saveError = undefined;
    } catch (error) {
      this.saveError = messageOf(error);
      throw error;
    }
  }

  /** Takes away the record first: what a crash leaves of the rest is nobody's. */
  async destroy(): Promise<void> {
    const { guest, contents, records } = this.#ports;
    const { name, saved } = this.record;
    await records.delete(VOLUME_RECORDS + name);
    await contents.discard(name, saved);
    await guest.run([{ op: "remove", path: volumeDirectory(name) }]);
  }
}
