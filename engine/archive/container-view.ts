/**
 * A container's files as `docker cp` sees them (moby's `daemon/containerfs_linux.go`): its root with its volumes and binds in place, but without
 * what the runtime mounts (`/proc`, `/dev`, tmpfs). Paths are resolved here, one component after another, so that a symlink of the
 * container never leads out of it, and every access names the directory of the guest that it stays in.
 */
import { S_IFDIR } from "../base/file-types.ts";
import { EngineError } from "../base/errors.ts";
import { ERRNO } from "../guest/errno.ts";
import { GuestError } from "../guest/guest.ts";
import { type TreeHeader, treeHeader } from "../guest/tree.ts";
import { decodeStat } from "../guest/op-results.ts";
import { isDirectory, isSymlink } from "./file-mode.ts";
import type { MergedLayers } from "./merged-files.ts";
import { lookAt, type Place, type TreeGuest } from "./place.ts";

/** A volume, a bind, or a file that Docker binds into every container. */
export interface ViewMount {
  /** Absolute path on the machine. */
  readonly source: string;
  /** What of a source directory is mounted, relative; its symlinks stay inside the source. */
  readonly subpath?: string;
  /** Absolute path in the container. */
  readonly destination: string;
  readonly readWrite: boolean;
}

interface PlacedMount extends ViewMount {
  readonly isFile: boolean;
}

/** A file that was found. */
export interface Found {
  /** Absolute, without symlinks and trailing slash; the root's is "". */
  readonly path: string;
  readonly header: TreeHeader;
}

export interface ResolveOptions {
  /** Also a symlink at the end. One that a slash or dot stands behind is always followed. */
  readonly follow: boolean;
}

/** Linux's own limit is 40; Go's, which Docker uses here, 255. */
const MAX_LINKS = 255;

export class ContainerView {
  readonly guest: TreeGuest;
  /** What the container's own root is made of. */
  readonly layers: MergedLayers;
  readonly #root: string;
  /** Parents before children. */
  readonly #mounts: PlacedMount[] = [];

  /** @param root the directory of the guest that shows the container's own files. Sources of mounts that are not there are left out. */
  static async open(
    guest: TreeGuest,
    { root, mounts, layers }: { root: string; mounts: readonly ViewMount[]; layers: MergedLayers },
  ): Promise<ContainerView> {
    const view = new ContainerView(guest, root, layers);
    const depth = ({ destination }: ViewMount): number => destination.split("/").length;
    for (const mount of mounts.toSorted((a, b) => depth(a) - depth(b))) await view.#place(mount);
    return view;
  }

  private constructor(guest: TreeGuest, root: string, layers: MergedLayers) {
    this.guest = guest;
    this.layers = layers;
    this.#root = root;
  }

  /** Mounts at or below a resolved path, parents before children. */
  mountsBelow(path: string): readonly ViewMount[] {
    return this.#mounts.filter(({ destination }) => isWithin(destination, path) && destination !== path);
  }

  /** The mount that a resolved path is on, undefined for the container's own root. */
  mountOf(path: string): ViewMount | undefined {
    return this.#mounts.findLast(({ destination }) => isWithin(path, destination));
  }

  /** Where a resolved path lies in the guest. */
  placeOf(path: string): Place {
    const mount = this.#mounts.findLast(({ destination }) => isWithin(path, destination));
    if (mount === undefined) return { root: this.#root, path: path || "/" };
    const below = path.slice(mount.destination.length);
    if (mount.subpath !== undefined) return { root: mount.source, path: `/${mount.subpath}${below}` };
    if (!mount.isFile) return { root: mount.source, path: below || "/" };
    const slash = mount.source.lastIndexOf("/");
    return { root: mount.source.slice(0, slash) || "/", path: mount.source.slice(slash) };
  }

  /**
   * @throws EngineError not-found when there is nothing, internal in the kernel's words (`not a directory`) for a path that makes no sense
   */
  async resolve(path: string, { follow }: ResolveOptions): Promise<Found> {
    const { found, rest } = await this.#walk(path, follow);
    if (rest !== undefined) throw new EngineError("not-found", "no such file or directory");
    return found;
  }

  /** Where a symlink leads in the end, as far as there is anything. */
  async target(path: string): Promise<string> {
    const { found, rest } = await this.#walk(path, true);
    return rest === undefined ? found.path || "/" : `${found.path}/${rest.join("/")}`;
  }

  async #place(mount: ViewMount): Promise<void> {
    const mode = await this.#sourceMode(mount);
    if (mode === undefined) return;
    const { found, rest = [] } = await this.#walk(mount.destination, true);
    const destination = [found.path, ...rest].join("/");
    if (destination !== "") this.#mounts.push({ ...mount, destination, isFile: !isDirectory(mode) });
  }

  async #sourceMode({ source, subpath }: ViewMount): Promise<number | undefined> {
    // The slash follows a symlink, inside the source.
    if (subpath !== undefined)
      return (await lookAt(this.guest, { root: source, path: `/${subpath}/.` }).catch(noDirectory))?.mode;
    try {
      const [stat = new Uint8Array()] = await this.guest.run([{ op: "stat", path: source, follow: true }]);
      return decodeStat(stat).mode;
    } catch (error) {
      if (error instanceof GuestError && error.errno === ERRNO.ENOENT) return undefined;
      throw error;
    }
  }

  /** `rest`: the components from the first one on that is not there. */
  async #walk(path: string, follow: boolean): Promise<{ found: Found; rest?: readonly string[] }> {
    const waiting = path.split("/").toReversed();
    const root: Found = { path: "", header: await this.#look("") };
    const trail = [root];
    for (let links = 0; waiting.length > 0;) {
      const part = waiting.pop() as string;
      const here = trail.at(-1) ?? root;
      if (part === "" && trail.length === 1) continue;
      if (!isDirectory(here.header.mode)) throw new EngineError("internal", "not a directory");
      if (part === "" || part === ".") continue;
      if (part === "..") {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const next = `${here.path}/${part}`;
      const header = await this.#find(next);
      if (header === undefined) {
        const rest = [part, ...waiting.toReversed()].filter((name) => name !== "" && name !== ".");
        return { found: here, rest };
      }
      // Something behind it, were it only a slash, follows a symlink.
      if (!isSymlink(header.mode) || (waiting.length === 0 && !follow)) {
        trail.push({ path: next, header });
        continue;
      }
      links += 1;
      if (links > MAX_LINKS) throw new EngineError("internal", "too many links");
      if (header.link.startsWith("/")) trail.length = 1;
      waiting.push(...header.link.split("/").toReversed());
    }
    return { found: trail.at(-1) ?? root };
  }

  async #look(path: string): Promise<TreeHeader> {
    const header = await this.#find(path);
    if (header === undefined) throw new EngineError("internal", "the container has no root");
    return header;
  }

  async #find(path: string): Promise<TreeHeader | undefined> {
    const header = await lookAt(this.guest, this.placeOf(path));
    if (header !== undefined) return header;
    // The directory that a start would make for the mount.
    return this.mountsBelow(path).length > 0 ? treeHeader({ path: "", mode: S_IFDIR | 0o755 }) : undefined;
  }
}

/** A file, or nothing, in the place of a directory: only directories are mounted by a subpath here. */
function noDirectory(error: unknown): undefined {
  if (!(error instanceof GuestError)) throw error;
}

/** Whether a resolved path is another or below it. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
