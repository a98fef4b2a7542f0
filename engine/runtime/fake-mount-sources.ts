import { isWithin, type MountInfo } from "./mount-info.ts";
import type { MountSources } from "./mount-sources.ts";
import type { Rootfs } from "./runtime.ts";

/** Keeps what was asked for. Every path is there but those in `missing`. */
export class FakeMountSources implements MountSources {
  readonly missing = new Set<string>();
  /** `destination → directory`, in order. */
  readonly copied: string[] = [];
  /** Targets that are mounted now. */
  readonly shown = new Set<string>();
  /** Answered by {@link directoryModes}. */
  readonly modes = new Map<string, number>();
  /** Directories whose mounts others see; the rest is private. */
  readonly shared: string[] = [];

  async exists(path: string): Promise<boolean> {
    return !this.missing.has(path);
  }

  async copyUp(_rootfs: Rootfs, destination: string, directory: string): Promise<void> {
    this.copied.push(`${destination} → ${directory}`);
  }

  async directoryModes(_rootfs: Rootfs, paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return new Map([...this.modes].filter(([path]) => paths.includes(path)));
  }

  async stage(_base: string, _subpath: string, target: string): Promise<void> {
    this.shown.add(target);
  }

  async unstage(target: string): Promise<void> {
    this.shown.delete(target);
  }

  async show({ target }: Rootfs): Promise<void> {
    this.shown.add(target);
  }

  async hide(target: string): Promise<void> {
    this.shown.delete(target);
  }

  async mountOf(path: string): Promise<MountInfo | undefined> {
    const isShared = this.shared.some((directory) => isWithin(path, directory));
    return { device: "0:1", root: "/", mountpoint: "/", options: [], isShared, isSlave: false };
  }
}
