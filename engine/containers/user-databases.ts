import type { Digest } from "../oci/digest.ts";
import type { UserDatabase } from "../runtime/runtime.ts";
import type { EngineContext } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";

/**
 * `/etc/passwd` and `/etc/group` of images and containers. An image's never change: they are read once, while a container of it is
 * being created, so that starting it needs no question to the guest.
 */
export class UserDatabases {
  readonly #context: EngineContext;
  readonly #byImage = new Map<Digest, Promise<UserDatabase>>();
  /** Containers that have run may have changed their files. */
  readonly #hasRun = new WeakSet<LiveContainer>();

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Starts reading the image's files; errors come up at {@link of}. */
  prefetch(container: LiveContainer): void {
    void container.prepared.then(() => this.#ofImage(container)).catch(() => undefined);
  }

  /** The files as the container's next process will see them. */
  async of(container: LiveContainer): Promise<UserDatabase> {
    if (!this.#hasRun.has(container)) {
      this.#hasRun.add(container);
      return this.#ofImage(container);
    }
    const { upper, lower } = this.#context.snapshots.mounts(container.id);
    return this.#context.runtime.readUserDatabase([upper, ...lower]);
  }

  #ofImage({ id, record }: LiveContainer): Promise<UserDatabase> {
    const known = this.#byImage.get(record.image.id);
    if (known !== undefined) return known;
    const read = this.#context.runtime.readUserDatabase(this.#context.snapshots.mounts(id).lower);
    this.#byImage.set(record.image.id, read);
    read.catch(() => this.#byImage.delete(record.image.id));
    return read;
  }
}
