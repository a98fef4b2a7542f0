import { EngineError } from "../base/errors.ts";
import { shortId } from "./container-id.ts";
import type { Container, MountRecord } from "./container.ts";
import type { EngineContext } from "./engine-context.ts";
import { type PreparedMount, type TmpfsModes, tmpfsWithoutMode } from "./spec-mounts.ts";

/** Mounts whose sources are in place, and how they are given back. */
export interface PreparedMounts {
  readonly mounts: readonly PreparedMount[];
  readonly tmpfsModes: TmpfsModes;
  /** Says at once who does not use his volumes any more; the guest's part follows. Never rejects. */
  release(): Promise<void>;
}

type MountPorts = Pick<EngineContext, "runtime" | "snapshots" | "volumes" | "report">;

/** Where parts of volumes and images are mounted for a container to bind. */
const STAGE = "/run/drydock/mounts";

/**
 * What a start needs on the machine before the container's own mounts can be made. Nothing is left of it when it fails.
 * @throws EngineError in Docker's words
 */
export async function prepareMounts(ports: MountPorts, { id, host, mounts }: Container): Promise<PreparedMounts> {
  const undo: (() => Promise<void>)[] = [];
  const release = async (): Promise<void> => {
    const steps = undo.splice(0).toReversed();
    // All of them begin now: who reads the events sees the volumes given back before anything else happens.
    await Promise.all(steps.map((step) => step().catch((error: unknown) => ports.report("unmount", error))));
  };
  try {
    const prepared: PreparedMount[] = [];
    for (const [index, mount] of mounts.entries()) {
      const source = await sourceOf(ports, { id, mount, stage: `${STAGE}/${shortId(id)}.${index}` }, undo);
      prepared.push({ mount, source, propagation: await propagationOf(ports, mount) });
    }
    return { mounts: prepared, tmpfsModes: await tmpfsModes(ports, { id, host, mounts }), release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function sourceOf(
  { runtime, snapshots, volumes }: MountPorts,
  { id, mount, stage }: { readonly id: string; readonly mount: MountRecord; readonly stage: string },
  undo: (() => Promise<void>)[],
): Promise<string> {
  const { name = "", destination, readWrite, subpath, snapshot } = mount;
  if (mount.type === "bind" && mount.createSource === true) await runtime.ensureDirectories([mount.source]);
  if (mount.type === "volume") {
    await volumes.mount({ name, containerId: id, destination, readWrite });
    undo.push(() => volumes.unmount(name, id));
  }
  if (mount.type === "image" && snapshot !== undefined) {
    const rootfs = snapshots.mounts(snapshot);
    await runtime.sources.show(rootfs);
    undo.push(() => runtime.sources.hide(rootfs.target));
  }
  if (subpath === undefined) return mount.source;
  await runtime.sources.stage(mount.source, subpath, stage);
  undo.push(() => runtime.sources.unstage(stage));
  return stage;
}

/** @throws EngineError internal when the source's own mount cannot do what was asked for */
async function propagationOf({ runtime }: MountPorts, mount: MountRecord): Promise<string> {
  const { type, propagation, source } = mount;
  if (type !== "bind" || !/shared|slave/.test(propagation)) return propagation;
  const at = await runtime.sources.mountOf(source);
  const fits = at?.isShared === true || (propagation.endsWith("slave") && at?.isSlave === true);
  if (fits) return propagation;
  if (mount.propagationIsDefault === true) return "rprivate";
  const needed = propagation.endsWith("slave") ? "shared or slave" : "shared";
  throw new EngineError(
    "internal",
    `path ${source} is mounted on ${at?.mountpoint ?? "/"} but it is not a ${needed} mount`,
  );
}

async function tmpfsModes(
  { runtime, snapshots }: MountPorts,
  { id, host, mounts }: Pick<Container, "id" | "host" | "mounts">,
): Promise<TmpfsModes> {
  const paths = tmpfsWithoutMode(mounts, host.tmpfs);
  return paths.length === 0 ? new Map() : runtime.sources.directoryModes(snapshots.mounts(id), paths);
}

/** Docker's copy-up: volumes that are empty get what the image has at their place. Waits for others that fill the same one. */
export async function fillVolumes(
  { runtime, snapshots, volumes }: MountPorts,
  { id, mounts }: Container,
): Promise<void> {
  for (const { type, name = "", destination, copyUp } of mounts) {
    if (type !== "volume" || copyUp !== true) continue;
    await volumes.fill(name, id, (directory) => runtime.sources.copyUp(snapshots.mounts(id), destination, directory));
  }
}
