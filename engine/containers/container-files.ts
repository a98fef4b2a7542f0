import type { OverlayMount } from "../snapshots/snapshotter.ts";
import type { Digest } from "../oci/digest.ts";
import type { EngineContext } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";
import { etcFiles } from "./spec-mounts.ts";

/** What is mounted into a container's files: volumes, binds and Docker's own files in `/etc`. */
export interface FileMount {
  readonly source: string;
  /** What of the source is mounted, relative. */
  readonly subpath?: string;
  readonly destination: string;
  readonly readWrite: boolean;
}

/** A container's files on the machine. */
export interface ContainerFiles {
  /** Directory with the container's own root; nothing is mounted in it. */
  readonly root: string;
  /** Not mounted there: whoever reads the files puts them in their places. Files in `/etc` are there from the first start on. */
  readonly mounts: readonly FileMount[];
}

/** Where a container's own layer is, and what is below it. */
export interface ContainerLayers {
  readonly overlay: OverlayMount;
  /** Bottom first. */
  readonly layers: readonly Digest[];
}

/** Shows a container's files while `work` runs. One that does not run cannot be started meanwhile. */
export async function withContainerFiles<T>(
  context: EngineContext,
  container: LiveContainer,
  work: (files: ContainerFiles) => Promise<T>,
): Promise<T> {
  const { runtime, snapshots } = context;
  const mounts = mountsOf(container);
  const show = async (root: string): Promise<T> => work({ root, mounts });
  const showRunning = async (): Promise<T> => {
    const viewing = show(snapshots.mounts(container.id).target);
    container.viewers.add(viewing);
    return await viewing.finally(() => container.viewers.delete(viewing));
  };
  const volumes = container.record.mounts.filter(({ type }) => type === "volume");
  if (container.task !== undefined) return await showRunning();
  return container.changes.run(async () => {
    if (container.task !== undefined) return await showRunning();
    await Promise.all([container.prepared, container.cleanup]);
    const mounted: string[] = [];
    try {
      for (const { name = "", destination, readWrite } of volumes) {
        await context.volumes.mount({ name, containerId: container.id, destination, readWrite });
        mounted.push(name);
      }
      return await runtime.withRootfs(snapshots.mounts(container.id), show);
    } finally {
      for (const name of mounted) await context.volumes.unmount(name, container.id);
    }
  });
}

/** A container's layers, once they are prepared. */
export async function containerLayers(
  { snapshots }: EngineContext,
  { id, prepared, record }: LiveContainer,
): Promise<ContainerLayers> {
  await prepared;
  return { overlay: snapshots.mounts(id), layers: record.layers };
}

function mountsOf({ id, record }: LiveContainer): readonly FileMount[] {
  const taken = new Set(record.mounts.map(({ destination }) => destination));
  const own = etcFiles(id, { hosts: "", hostname: "", resolvConf: "" })
    .filter(({ destination }) => !taken.has(destination))
    .map(({ path, destination }) => ({ source: path, destination, readWrite: true }));
  const given = record.mounts
    .filter(({ type }) => type === "bind" || type === "volume")
    .map(({ source, destination, readWrite, subpath }) => ({
      source,
      destination,
      readWrite,
      ...(subpath !== undefined && { subpath }),
    }));
  return [...given, ...own];
}
