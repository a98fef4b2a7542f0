/**
 * Small JSON documents by key: images, containers, networks, layers. A `set` is atomic and durable when it resolves. Several tabs may share one store.
 * Keys are `/`-separated paths, for example `images/docker.io/library/busybox:latest`.
 */
export interface RecordStore {
  get<T>(key: string): Promise<T | undefined>;
  set(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  /** All entries whose key starts with `prefix`, sorted by key. */
  entries<T>(prefix: string): Promise<readonly (readonly [key: string, value: T])[]>;
}
