import { archivePath, archiveRoot } from "../archive/archive-path.ts";
import { type Change, listChanges } from "../archive/changes.ts";
import { ContainerView } from "../archive/container-view.ts";
import { extractArchive, type ExtractOptions } from "../archive/extract-archive.ts";
import { isDirectory } from "../archive/file-mode.ts";
import { diffLayer } from "../archive/layer-diff.ts";
import type { ReadableLowerFiles } from "../archive/lower-files.ts";
import { absolutePath, type PathStat, statPath } from "../archive/path-stat.ts";
import { fileError, type TreeGuest } from "../archive/place.ts";
import { EngineError, isKind } from "../base/errors.ts";
import { type ByteStream, untilOver } from "../base/streams.ts";
import { decompressed } from "../images/decompress.ts";
import type { Digest } from "../oci/digest.ts";
import type { Containers } from "./containers.ts";

export interface ArchivePorts {
  readonly containers: Pick<Containers, "get" | "withFiles" | "layers" | "user" | "announce">;
  readonly guest: TreeGuest;
  /** Layers of an image as one tree. Bottom first. */
  readonly lower: (layers: readonly Digest[]) => Promise<ReadableLowerFiles>;
  /** No archive may become larger than this, uncompressed. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 8 * 2 ** 30;

/** Files of containers as tar files, both ways. Errors are Docker's, in Docker's words. */
export class ContainerArchives {
  readonly #ports: ArchivePorts;

  constructor(ports: ArchivePorts) {
    this.#ports = ports;
  }

  /** @throws EngineError not-found `Could not find the file /x in container y` */
  async stat(container: string, path: string): Promise<PathStat> {
    const work = async (view: ContainerView): Promise<PathStat> => (await statPath(view, path)).stat;
    return await this.#withView(container, work).catch(notFound(container, path));
  }

  /** A file or directory. A container that does not run cannot be started before the stream is over. */
  async read(container: string, path: string): Promise<{ readonly stat: PathStat; readonly tar: ByteStream }> {
    const asked = absolutePath(path);
    const read = await this.#streaming(container, async (view) => {
      const { found, stat } = await statPath(view, asked);
      return { stat, tar: archivePath(view, found.path, asked) };
    }).catch(notFound(container, path));
    this.#ports.containers.announce(container, "archive-path");
    return read;
  }

  /**
   * Puts the files of a tar file, plain or compressed, into a directory.
   * @param copyOwner they belong to the user of the container
   */
  async write(
    container: string,
    path: string,
    body: ByteStream,
    options: { readonly keepKinds: boolean; readonly copyOwner: boolean },
  ): Promise<void> {
    const { containers, maxBytes = MAX_BYTES } = this.#ports;
    const { config, host } = containers.get(container);
    // Without a user Docker leaves the owners as they are.
    const owner = options.copyOwner && config.user !== "" ? await containers.user(container) : undefined;
    const extract: ExtractOptions = {
      keepKinds: options.keepKinds,
      ...(owner && { owner: { uid: owner.uid, gid: owner.gid } }),
    };
    const tar = await decompressed(body, maxBytes);
    try {
      await this.#withView(container, async (view) => {
        const target = await directoryAt(view, path);
        const mount = view.mountOf(target.path);
        if (mount?.readWrite === false) throw new EngineError("invalid-argument", "mounted volume is marked read-only");
        if (mount === undefined && host.readonlyRootfs)
          throw new EngineError("invalid-argument", "container rootfs is marked read-only");
        await extractArchive(view, target, tar, extract);
      }).catch(notFound(container, path));
    } finally {
      if (!tar.locked) await tar.cancel().catch(() => undefined);
    }
    containers.announce(container, "extract-to-dir");
  }

  /** All of a container's files but its volumes. */
  async export(container: string): Promise<ByteStream> {
    const { containers, guest, lower } = this.#ports;
    const { id, state } = containers.get(container);
    const refusal = { dead: "which is Dead", removing: "which is being removed" }[state.status as string];
    if (refusal !== undefined) throw new EngineError("conflict", `You cannot export container ${id} ${refusal}`);
    const { overlay, layers } = await containers.layers(container);
    const tar = archiveRoot(guest, { upper: overlay.upper, lower: await lower(layers) });
    containers.announce(container, "export");
    return tar;
  }

  /** `docker diff` */
  async changes(container: string): Promise<readonly Change[]> {
    const { containers, guest, lower } = this.#ports;
    const { overlay, layers } = await containers.layers(container);
    return await listChanges(guest, overlay.upper, await lower(layers));
  }

  /** What a container has changed below its image, as a layer. */
  async diff(container: string): Promise<ByteStream> {
    const { containers, guest, lower } = this.#ports;
    const { overlay, layers } = await containers.layers(container);
    return diffLayer(guest, overlay.upper, await lower(layers));
  }

  async #withView<T>(container: string, work: (view: ContainerView) => Promise<T>): Promise<T> {
    const { containers, guest, lower } = this.#ports;
    return await containers.withFiles(container, async (files) => {
      const { overlay, layers } = await containers.layers(container);
      const merged = { upper: overlay.upper, lower: await lower(layers) };
      return await work(await ContainerView.open(guest, { ...files, layers: merged }));
    });
  }

  /** Answers when `work` has; the files stay until its stream is over. */
  #streaming<T extends { readonly tar: ByteStream }>(
    container: string,
    work: (view: ContainerView) => Promise<T>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#withView(container, async (view) => {
        const result = await work(view);
        const { stream, over } = untilOver(result.tar);
        resolve({ ...result, tar: stream });
        await over;
      }).catch(reject);
    });
  }
}

async function directoryAt(view: ContainerView, path: string): ReturnType<ContainerView["resolve"]> {
  const found = await view.resolve(path, { follow: true }).catch((error: unknown) => {
    if (isKind(error, "internal") && error.message === "too many links")
      throw new EngineError("internal", "EvalSymlinks: too many links");
    throw fileError("", error);
  });
  if (!isDirectory(found.header.mode)) throw new EngineError("invalid-argument", "extraction point is not a directory");
  return found;
}

/** What is not found inside a container is told as Docker does. */
function notFound(container: string, path: string): (error: unknown) => never {
  return (error) => {
    if (isKind(error, "not-found") && error.message === "no such file or directory")
      throw new EngineError("not-found", `Could not find the file ${path} in container ${container}`);
    throw error;
  };
}
