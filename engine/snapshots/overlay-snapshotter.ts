import { EngineError, isKind } from "../base/errors.ts";
import type { RecordStore } from "../content/record-store.ts";
import type { Guest } from "../guest/guest.ts";
import type { Op } from "../guest/ops.ts";
import type { Digest } from "../oci/digest.ts";
import type { LayerStore, OverlayMount, Snapshotter } from "./snapshotter.ts";

const ROOT = "/var/lib/docker/overlay2";
const RECORDS = "snapshots/";
/** mount(2) copies one page of options, with a NUL at its end. */
const MAX_DATA_BYTES = 4095;

interface SnapshotRecord {
  readonly layers: readonly Digest[];
}

interface Ports {
  readonly records: RecordStore;
  readonly layers: LayerStore;
  readonly guest: Guest;
}

/** Snapshots that are overlays: layers served over 9p below, a directory of the guest's tmpfs above. */
export class OverlaySnapshotter implements Snapshotter {
  readonly #ports: Ports;
  /** By key: the mount, or why there is none. */
  readonly #snapshots = new Map<string, OverlayMount | EngineError>();
  /** Keys that are being prepared. */
  readonly #preparing = new Set<string>();

  /**
   * Takes up the snapshots of earlier sessions: their layers are exported, their directories made in this guest. What was written in them went
   * with the earlier guest's memory. A snapshot whose layers are gone fails when it is mounted.
   */
  static async open(ports: Ports): Promise<OverlaySnapshotter> {
    const snapshotter = new OverlaySnapshotter(ports);
    const records = await ports.records.entries<SnapshotRecord>(RECORDS);
    const ops = await Promise.all(
      records.map(async ([key, { layers }]) => snapshotter.#takeUp(key.slice(RECORDS.length), layers)),
    );
    if (records.length > 0) await ports.guest.run(ops.flat());
    return snapshotter;
  }

  private constructor(ports: Ports) {
    this.#ports = ports;
  }

  async prepare(key: string, layers: readonly Digest[]): Promise<void> {
    const { records, guest } = this.#ports;
    if (!/^[A-Za-z0-9][\w.-]*$/.test(key)) throw new EngineError("invalid-argument", `invalid snapshot key: ${key}`);
    if (this.#snapshots.has(key) || this.#preparing.has(key))
      throw new EngineError("conflict", `snapshot ${key} already exists`);
    this.#preparing.add(key);
    try {
      const mount = await this.#mount(key, layers);
      await guest.run(directories(mount));
      await records.set(RECORDS + key, { layers } satisfies SnapshotRecord);
      this.#snapshots.set(key, mount);
    } finally {
      this.#preparing.delete(key);
    }
  }

  mounts(key: string): OverlayMount {
    const mount = this.#snapshots.get(key);
    if (!mount) throw new EngineError("not-found", `snapshot ${key} does not exist`);
    if (mount instanceof EngineError) throw mount;
    return mount;
  }

  async remove(key: string): Promise<void> {
    const { records, guest } = this.#ports;
    if (!this.#snapshots.has(key)) return;
    try {
      await guest.run([{ op: "remove", path: `${ROOT}/${key}` }]);
    } catch (error) {
      // A guest that has died took the directories with it.
      if (!isKind(error, "unavailable")) throw error;
    }
    await records.delete(RECORDS + key);
    this.#snapshots.delete(key);
  }

  async #takeUp(key: string, layers: readonly Digest[]): Promise<readonly Op[]> {
    try {
      const mount = await this.#mount(key, layers);
      this.#snapshots.set(key, mount);
      return directories(mount);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#snapshots.set(key, error);
      return [];
    }
  }

  /**
   * No options but the directories: `index`, `xino`, `metacopy` and `redirect_dir` are off unless the kernel was built otherwise, and 9p could not
   * support the first two (https://docs.kernel.org/filesystems/overlayfs.html).
   */
  async #mount(key: string, layers: readonly Digest[]): Promise<OverlayMount> {
    const directory = `${ROOT}/${key}`;
    // A layer that comes again lower down shows nothing that the upper one has not settled, and the kernel refuses the same directory twice.
    const topFirst = [...new Set(layers.toReversed())];
    const exported = await Promise.all(topFirst.map(async (layer) => this.#ports.layers.export(layer)));
    // An image may have no layer at all; an overlay must have one.
    const lower = exported.length === 0 ? [`${directory}/lower`] : exported;
    const [upper, work] = [`${directory}/diff`, `${directory}/work`];
    const data = `lowerdir=${lower.join(":")},upperdir=${upper},workdir=${work}`;
    if (data.length > MAX_DATA_BYTES) throw new EngineError("invalid-argument", "max depth exceeded");
    return { target: `${directory}/merged`, upper, work, lower, data };
  }
}

function directories(mount: OverlayMount): readonly Op[] {
  const lower = mount.lower.filter((path) => path.startsWith(ROOT));
  return [mount.upper, mount.work, mount.target, ...lower].map((path) => ({
    op: "mkdir",
    path,
    mode: 0o755,
    parents: true,
  }));
}
