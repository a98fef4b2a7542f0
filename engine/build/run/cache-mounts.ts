import type { Clock } from "../../base/clock.ts";
import type { Disposals } from "../../base/disposal.ts";
import { EngineError } from "../../base/errors.ts";
import { encodeUtf8 } from "../../base/streams.ts";
import { digestOf, hexOf } from "../../oci/digest.ts";
import type { HostOp } from "../../runtime/runtime.ts";
import type { Volumes } from "../../volumes/volumes.ts";
import { toPrune } from "../cache/prune-cache.ts";
import type { CacheEntry, PruneCache } from "../build-service.ts";

/** What a `--mount=type=cache` asks for. */
export interface CacheMountRequest {
  readonly id: string;
  readonly sharing: "shared" | "private" | "locked";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Gives a new one its first content. */
  readonly fill: (directory: string) => Promise<void>;
}

export interface CacheMountPorts {
  /** Volumes that no user sees: they are saved, and come back, as those of containers do. */
  readonly volumes: Pick<Volumes, "acquire" | "release" | "mount" | "unmount" | "fill" | "usage" | "remove">;
  readonly clock: Clock;
  readonly run: (ops: readonly HostOp[]) => Promise<void>;
}

const PREFIX = "buildkit-cache-";

/** Directories that steps keep between builds. */
export class CacheMounts {
  readonly #ports: CacheMountPorts;
  /** Names of those in use, with how many use them. */
  readonly #users = new Map<string, number>();
  /** Whoever waits for a locked one, by name. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #count = 0;

  constructor(ports: CacheMountPorts) {
    this.#ports = ports;
  }

  /** The directory, until `owned` is disposed of. One that is `locked` is waited for; of a `private` one that is in use there is another. */
  async acquire(
    request: CacheMountRequest,
    { owned, signal }: { readonly owned: Disposals; readonly signal: AbortSignal },
  ): Promise<string> {
    const base = PREFIX + hexOf(await digestOf(encodeUtf8(request.id))).slice(0, 24);
    let name = base;
    if (request.sharing === "locked") while (this.#users.has(name)) await this.#turn(name, signal);
    if (request.sharing === "private") for (let other = 1; this.#users.has(name); other += 1) name = `${base}-${other}`;
    this.#users.set(name, (this.#users.get(name) ?? 0) + 1);
    owned.use({ [Symbol.asyncDispose]: async () => this.#leave(name) });
    return await this.#mount(name, request, owned);
  }

  async usage(): Promise<readonly CacheEntry[]> {
    return (await this.#ports.volumes.usage()).map(({ volume, sizeBytes }) => ({
      id: volume.name.slice(PREFIX.length),
      parents: [],
      type: "exec.cachemount",
      description: `cached mount ${volume.labels?.["id"] ?? ""} from exec`,
      inUse: this.#users.has(volume.name),
      shared: false,
      sizeBytes: Math.max(0, sizeBytes),
      createdMs: Date.parse(volume.createdAt),
      usageCount: 1,
    }));
  }

  /** Removes those that are not in use. @returns what {@link usage} calls them */
  async prune(options: PruneCache): Promise<{ readonly entries: readonly string[]; readonly freedBytes: number }> {
    const usage = await this.usage();
    const entries: string[] = [];
    let freedBytes = 0;
    for (const id of toPrune(usage, options, this.#ports.clock.now())) {
      if (this.#users.has(PREFIX + id)) continue;
      await this.#ports.volumes.remove(PREFIX + id, { force: true });
      entries.push(id);
      freedBytes += usage.find((entry) => entry.id === id)?.sizeBytes ?? 0;
    }
    return { entries, freedBytes };
  }

  async #mount(name: string, request: CacheMountRequest, owned: Disposals): Promise<string> {
    const { volumes, run } = this.#ports;
    const { mode, uid, gid, fill } = request;
    // A container's id, to the volumes.
    this.#count += 1;
    const user = `build-${this.#count}`;
    await volumes.acquire({ name, labels: { id: request.id } }, user);
    owned.use({ [Symbol.asyncDispose]: () => volumes.release(name, user, { remove: false }) });
    await volumes.fill(name, user, async (directory) => {
      await run([
        { op: "chown", path: directory, uid, gid },
        { op: "chmod", path: directory, mode },
      ]);
      await fill(directory);
    });
    const directory = await volumes.mount({ name, containerId: user, destination: request.id, readWrite: true });
    owned.use({ [Symbol.asyncDispose]: () => volumes.unmount(name, user) });
    return directory;
  }

  #leave(name: string): void {
    const left = (this.#users.get(name) ?? 1) - 1;
    if (left > 0) this.#users.set(name, left);
    else this.#users.delete(name);
    this.#waiting.get(name)?.shift()?.();
  }

  async #turn(name: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.set(name, waiting);
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        waiting.splice(waiting.indexOf(go), 1);
        reject(signal.reason instanceof Error ? signal.reason : new EngineError("internal", "context canceled"));
      };
      waiting.push(go);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
}
