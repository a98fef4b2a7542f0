import { systemClock } from "./base/clock.ts";
import { EngineError, messageOf } from "./base/errors.ts";
import type { AssetSource, BootProgress, EngineOptions } from "./engine-options.ts";
import type { NinePServer } from "./guest/nine-p.ts";
import {
  bootGuest,
  DEFAULT_COMMAND_LINE,
  DEFAULT_MEMORY_BYTES,
  restoreGuest,
  type V86Guest,
} from "./guest/v86-guest.ts";
import { LayerTree, type LayerContent } from "./snapshots/layer-tree.ts";
import { createLazyTree, readTars } from "./snapshots/memory-tree.ts";
import type { TreeExports } from "./snapshots/nine-p-exports.ts";

/** `guest/manifest.json`: what the artifacts are. Written by `kernel-image/build/manifest.mjs`. */
export interface ArtifactManifest {
  readonly artifacts: Readonly<Record<string, { readonly sha256: string; readonly size: number }>>;
}

/** `guest/snapshot/snapshot.json`: written by `engine/node/make-snapshot.ts` beside the snapshot itself. */
export interface SnapshotManifest {
  readonly fingerprint: string;
  readonly file: string;
  readonly size: number;
  /** The index of the guest's root, so that its files are known before they are here. */
  readonly index: string;
}

export interface BootedGuest {
  readonly guest: V86Guest;
  readonly from: "snapshot" | "cold";
  /** Why the snapshot was not used, when one was wanted. */
  readonly reason?: string;
  /** Reads the files of the guest's root that only wait to be asked for, so that the network may go away. */
  readonly loadRoot: () => Promise<unknown>;
}

type BootOptions = Pick<EngineOptions, "assets" | "coldBoot" | "memoryBytes" | "onProgress" | "signal">;

/** Raised when what is done before a snapshot changes (`engine/node/make-snapshot.ts`). */
const SNAPSHOT_VERSION = "snapshot-3";

/** The emulator's exact version: a machine's state fits no other. `npm test` compares it with what is installed. */
export const EMULATOR_VERSION = "v86-0.5.462+g5f9a90f";

/** @throws EngineError when the artifacts are not there */
export function readManifest(options: BootOptions): Promise<ArtifactManifest> {
  return readJson<ArtifactManifest>(options, "guest/manifest.json");
}

/** The guest's root, lowest first. `nft` needs glibc, which nothing else does, and is an archive of its own. */
export const ROOT_ARCHIVES = ["rootfs.tar.gz", "rootfs-nft.tar.gz"] as const;

/** Reads the guest's own files: all of them, into memory. */
export async function readRoot(assets: Pick<AssetSource, "read">): ReturnType<typeof readTars> {
  return readTars(...(await Promise.all(ROOT_ARCHIVES.map((name) => assets.read(`guest/${name}`)))));
}

/** Names the content of the guest's root; inode numbers, and with them a snapshot, depend on it. */
export function rootIdOf(manifest: ArtifactManifest): string {
  return ROOT_ARCHIVES.map((name) => manifest.artifacts[name]?.sha256.slice(0, 32) ?? "none").join("+");
}

/** What a snapshot depends on: every file and option that shapes the machine. */
export function fingerprintOf(manifest: ArtifactManifest, memoryBytes = DEFAULT_MEMORY_BYTES): string {
  const files = ["bzImage", "initramfs.cpio.gz", ...ROOT_ARCHIVES].map(
    (name) => manifest.artifacts[name]?.sha256.slice(0, 16) ?? "none",
  );
  return [SNAPSHOT_VERSION, EMULATOR_VERSION, memoryBytes, DEFAULT_COMMAND_LINE, ...files].join(" ");
}

/** Serves the guest's device `host9p`, its root among it. */
type RootServer = NinePServer & TreeExports;

/** Brings a guest up: from the boot snapshot when there is one that fits, else by booting the kernel. */
export async function bootMachine(
  options: BootOptions,
  manifest: ArtifactManifest,
  server: RootServer,
  workspaceServer?: Pick<NinePServer, "handle">,
): Promise<BootedGuest> {
  const root = lazy(() => readRoot(options.assets));
  const id = rootIdOf(manifest);
  let reason: string | undefined;
  if (options.coldBoot !== true) {
    try {
      const content = async (): Promise<LayerContent> => (await root()).content;
      const addRoot = (index: Uint8Array<ArrayBuffer>) =>
        server.add("rootfs", { id, tree: createLazyTree(index, content) });
      const guest = await restore(options, {
        server,
        addRoot,
        workspaceServer,
        fingerprint: fingerprintOf(manifest, options.memoryBytes),
      });
      return { guest, from: "snapshot", loadRoot: root };
    } catch (error) {
      if (options.signal?.aborted) throw error;
      reason = messageOf(error);
      report(options, { step: "kernel", detail: `No boot snapshot (${reason}): booting the kernel.` });
    }
  }
  const tree = async (): Promise<LayerTree> => {
    const { index, content } = await root();
    return new LayerTree(index, content);
  };
  server.add("rootfs", { id, tree });
  return {
    guest: await coldBoot(options, server, workspaceServer),
    from: "cold",
    loadRoot: root,
    ...(reason !== undefined && { reason }),
  };
}

interface RestoreInto {
  readonly server: NinePServer;
  readonly workspaceServer: Pick<NinePServer, "handle"> | undefined;
  readonly addRoot: (index: Uint8Array<ArrayBuffer>) => void;
  readonly fingerprint: string;
}

async function restore(options: BootOptions, into: RestoreInto): Promise<V86Guest> {
  const { server, workspaceServer, addRoot, fingerprint } = into;
  const { assets, memoryBytes, signal } = options;
  const emulator = assets.emulator();
  emulator.catch(() => undefined);
  const snapshot = await readJson<SnapshotManifest>(options, "guest/snapshot/snapshot.json");
  if (snapshot.fingerprint !== fingerprint) throw new EngineError("conflict", "it was made for another build");
  const bytes = assets.read(`guest/snapshot/${snapshot.file}`, {
    onProgress: (loadedBytes, totalBytes) =>
      report(options, { step: "snapshot", loadedBytes, totalBytes: totalBytes ?? snapshot.size }),
    ...(signal && { signal }),
  });
  bytes.catch(() => undefined);
  addRoot(await assets.read(`guest/snapshot/${snapshot.index}`, signal ? { signal } : {}));
  const limits = {
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(signal && { signal }),
    ...(workspaceServer && { workspaceServer }),
  };
  return restoreGuest(bytes, { emulator, ninePServer: server, fingerprint, clock: systemClock, ...limits });
}

async function coldBoot(
  options: BootOptions,
  ninePServer: NinePServer,
  workspaceServer: Pick<NinePServer, "handle"> | undefined,
): Promise<V86Guest> {
  const files = ["bzImage", "initramfs.cpio.gz", "bios.bin", "vgabios.bin"] as const;
  const loaded = new Map<string, number>();
  const totals = new Map<string, number>();
  const read = (name: string) =>
    options.assets.read(`guest/${name}`, {
      onProgress: (loadedBytes, totalBytes) => {
        loaded.set(name, loadedBytes);
        totals.set(name, totalBytes ?? loadedBytes);
        report(options, { step: "kernel", loadedBytes: sum(loaded), totalBytes: sum(totals) });
      },
      ...(options.signal && { signal: options.signal }),
    });
  const [emulator, bzImage, initramfs, bios, vgaBios] = await Promise.all([
    options.assets.emulator(),
    ...files.map(read),
  ] as const);
  report(options, { step: "boot", detail: "Booting Linux" });
  return bootGuest({
    emulator,
    bzImage: bzImage as Uint8Array,
    initramfs: initramfs as Uint8Array,
    bios: bios as Uint8Array,
    vgaBios: vgaBios as Uint8Array,
    ninePServer,
    ...(workspaceServer && { workspaceServer }),
    onConsole: (text) => report(options, { step: "boot", detail: text }),
    ...(options.memoryBytes !== undefined && { memoryBytes: options.memoryBytes }),
    ...(options.signal && { signal: options.signal }),
  });
}

async function readJson<T>(options: BootOptions, path: string): Promise<T> {
  const bytes = await options.assets.read(path, options.signal ? { signal: options.signal } : {});
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch (cause) {
    throw new EngineError("unavailable", `artifact ${path} is damaged`, { cause });
  }
}

function report(options: BootOptions, progress: BootProgress): void {
  options.onProgress?.(progress);
}

function sum(values: ReadonlyMap<string, number>): number {
  return [...values.values()].reduce((total, value) => total + value, 0);
}

/** The same promise for every caller; a failure is forgotten, so that the next caller tries again. */
function lazy<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}
