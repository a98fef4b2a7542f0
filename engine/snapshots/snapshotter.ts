import type { Digest } from "../oci/digest.ts";

/**
 * File-system states with a parent (after containerd's `core/snapshots`): committed layers are read-only directories that the engine
 * serves over 9p; an active snapshot is an overlay whose upper directory is a tmpfs in the guest.
 */
export interface Snapshotter {
  /** A new writable state above the layers (bottom first). The key is the container's id. @throws EngineError conflict | not-found */
  prepare(key: string, layers: readonly Digest[]): Promise<void>;
  /** The overlay mount that makes the snapshot visible, and the guest directories that must exist before. */
  mounts(key: string): OverlayMount;
  /** Forgets the snapshot and removes its guest directories. Missing is fine. */
  remove(key: string): Promise<void>;
}

export interface OverlayMount {
  /** `/var/lib/docker/overlay2/<key>/merged` */
  readonly target: string;
  readonly upper: string;
  readonly work: string;
  /** Guest paths, top first as overlayfs wants them. */
  readonly lower: readonly string[];
  /** The `data` argument of mount(2). */
  readonly data: string;
}

/** The uncompressed layers, by diffId, that the 9p server exports at `/run/9p/l/<first 16 hex digits>`. */
export interface LayerStore {
  has(diffId: Digest): Promise<boolean>;
  /**
   * Takes an uncompressed layer tar, stores its bytes and index, verifies the diffId, and exports it. Nothing is visible before the end.
   * @throws EngineError invalid-argument for a bad tar or digest; unavailable when storage is full
   */
  unpack(
    diffId: Digest,
    tar: ReadableStream<Uint8Array>,
    options?: { onProgress?: (bytes: number) => void; signal?: AbortSignal },
  ): Promise<void>;
  /** Total bytes of file content. */
  size(diffId: Digest): Promise<number>;
  /** The layer as the tar that was unpacked, byte for byte. */
  openTar(diffId: Digest): Promise<ReadableStream<Uint8Array>>;
  /** Its length. */
  tarBytes(diffId: Digest): Promise<number>;
  remove(diffId: Digest): Promise<void>;
  /** Guest path of the exported directory. Loads the index when needed. */
  export(diffId: Digest): Promise<string>;
}
