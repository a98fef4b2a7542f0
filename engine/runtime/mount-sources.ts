import { S_IFMT, S_IFDIR } from "../base/file-types.ts";
import { EngineError } from "../base/errors.ts";
import { decodeUtf8 } from "../base/streams.ts";
import { ERRNO, errnoText } from "../guest/errno.ts";
import { type Guest, GuestError } from "../guest/guest.ts";
import { decodeStat } from "../guest/op-results.ts";
import { decodeTree } from "../guest/tree.ts";
import { MNT_DETACH, MS } from "./linux.ts";
import { isWithin, type MountInfo, mountOf, parseMountInfo } from "./mount-info.ts";
import type { Rootfs, Runtime } from "./runtime.ts";

/** What is mounted into containers, and what it takes the place of: the machine's side. */
export interface MountSources {
  /** Is there anything at this path? Symlinks are followed. */
  exists(path: string): Promise<boolean>;
  /**
   * Copies what a root has at `destination` into a directory, which gets its owner and permissions too (Docker's copy-up). Nothing there: nothing.
   * @throws EngineError internal when it is no directory
   */
  copyUp(rootfs: Rootfs, destination: string, directory: string): Promise<void>;
  /** Permissions of directories of a root; those that are not there are left out. */
  directoryModes(rootfs: Rootfs, paths: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * Mounts what is at `subpath` below `base` at `target`, which is made.
   * @throws EngineError not-found | invalid-argument when a symlink leads out of `base`
   */
  stage(base: string, subpath: string, target: string): Promise<void>;
  /** Takes away what {@link stage} has made. Missing is fine. */
  unstage(target: string): Promise<void>;
  /** Mounts a root at its target, for others to see. */
  show(rootfs: Rootfs): Promise<void>;
  /** Unmounts it. Missing is fine. */
  hide(target: string): Promise<void>;
  /** The mount of the machine that a path is in. */
  mountOf(path: string): Promise<MountInfo | undefined>;
}

const ONLY_THE_ENTRY = 2;

/** The agent does it. */
export class GuestMountSources implements MountSources {
  readonly #guest: Guest;
  readonly #runtime: Pick<Runtime, "withRootfs">;

  constructor(guest: Guest, runtime: Pick<Runtime, "withRootfs">) {
    this.#guest = guest;
    this.#runtime = runtime;
  }

  async exists(path: string): Promise<boolean> {
    return (await this.#kindOf(path)) !== undefined;
  }

  async copyUp(rootfs: Rootfs, destination: string, directory: string): Promise<void> {
    await this.#runtime.withRootfs(rootfs, async (root) => {
      // With the slash a symlink is followed, inside the root.
      const tree = await this.#guest.readTree(`${destination}/`, { root }).catch((error: unknown) => {
        if (!(error instanceof GuestError)) throw error;
        if (error.errno !== ERRNO.ENOTDIR) return undefined;
        throw new EngineError("internal", `source ${root}${destination} is not directory`, { cause: error });
      });
      if (tree !== undefined) await this.#guest.writeTree(directory, tree);
    });
  }

  async directoryModes(rootfs: Rootfs, paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const modes = new Map<string, number>();
    await this.#runtime.withRootfs(rootfs, async (root) => {
      for (const path of paths) {
        const mode = await this.#directoryMode(root, path);
        if (mode !== undefined) modes.set(path, mode);
      }
    });
    return modes;
  }

  /** Whatever a container does to the path meanwhile: what is looked at is what has been mounted. */
  async stage(base: string, subpath: string, target: string): Promise<void> {
    const path = `${base}/${subpath}`;
    const kind = await this.#kindOf(path);
    if (kind === undefined) {
      const message = `cannot access path ${path}: lstat ${path}: no such file or directory`;
      throw new EngineError("not-found", message);
    }
    const whole = `${target}.base`;
    const parent = target.slice(0, target.lastIndexOf("/"));
    await this.#guest.run([
      { op: "mkdir", path: parent, parents: true },
      { op: "mkdir", path: whole },
      kind === S_IFDIR ? { op: "mkdir", path: target } : { op: "write", path: target, data: "" },
      { op: "mount", source: base, target: whole, type: "", flags: MS.BIND },
    ]);
    try {
      await this.#guest.run([{ op: "mount", source: path, target, type: "", flags: MS.BIND | MS.REC }]);
      const mounts = await this.#mounts();
      const [all, part] = [whole, target].map((at) => mounts.findLast(({ mountpoint }) => mountpoint === at));
      if (all === undefined || part === undefined || all.device !== part.device || !isWithin(part.root, all.root)) {
        const message = `path concatenation escapes the base directory, base: ${base}, subpath: ${subpath}`;
        throw new EngineError("invalid-argument", message);
      }
    } catch (error) {
      await this.unstage(target);
      if (!(error instanceof GuestError)) throw error;
      const reason = errnoText(error.errno).toLowerCase();
      throw new EngineError("internal", `cannot access path ${path}: ${reason}`, { cause: error });
    } finally {
      await this.unstage(whole);
    }
  }

  async show({ target, data }: Rootfs): Promise<void> {
    await this.#guest.run([{ op: "mount", source: "overlay", target, type: "overlay", data }]);
  }

  async hide(target: string): Promise<void> {
    await this.#guest.run([{ op: "umount", target, flags: MNT_DETACH }]).catch(ignoreGuestError);
  }

  async unstage(target: string): Promise<void> {
    await this.hide(target);
    await this.#guest.run([{ op: "rmdir", path: target }]).catch(ignoreGuestError);
    await this.#guest.run([{ op: "unlink", path: target }]).catch(ignoreGuestError);
  }

  async mountOf(path: string): Promise<MountInfo | undefined> {
    return mountOf(await this.#mounts(), path);
  }

  async #mounts(): Promise<readonly MountInfo[]> {
    const [text = new Uint8Array()] = await this.#guest.run([{ op: "read", path: "/proc/self/mountinfo" }]);
    return parseMountInfo(decodeUtf8(text));
  }

  async #kindOf(path: string): Promise<number | undefined> {
    try {
      const [stat = new Uint8Array()] = await this.#guest.run([{ op: "stat", path, follow: true }]);
      return decodeStat(stat).mode & S_IFMT;
    } catch (error) {
      if (!(error instanceof GuestError)) throw error;
      return undefined;
    }
  }

  async #directoryMode(root: string, path: string): Promise<number | undefined> {
    try {
      const tree = await this.#guest.readTree(`${path}/`, { root, flags: ONLY_THE_ENTRY });
      for await (const { mode } of decodeTree(tree)) return mode & 0o7777;
    } catch (error) {
      if (!(error instanceof GuestError)) throw error;
    }
    return undefined;
  }
}

function ignoreGuestError(error: unknown): void {
  if (!(error instanceof GuestError)) throw error;
}
