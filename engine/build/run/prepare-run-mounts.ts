import type { MountPlaces } from "../../archive/layer-diff.ts";
import type { Disposals } from "../../base/disposal.ts";
import { EngineError } from "../../base/errors.ts";
import { joinDirectory } from "../plan/edit-config.ts";
import type { Op } from "../../guest/ops.ts";
import type { SpecMount } from "../../oci/runtime-spec.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Snapshotter } from "../../snapshots/snapshotter.ts";
import type { BuildSession } from "../build-request.ts";
import type { PlannedMount, PlannedRun } from "../plan/build-plan.ts";
import type { CacheMounts } from "./cache-mounts.ts";
import { newRunId, newSnapshotKey } from "./run-spec.ts";

/** What a step mounts, ready on the machine. Dispose it when the process is gone. */
export interface PreparedMounts {
  readonly mounts: readonly SpecMount[];
  readonly env: readonly string[];
  /** Paths, relative, that are in the step's root only to be mounted on. */
  readonly places: MountPlaces;
}

export interface MountPorts {
  readonly snapshots: Snapshotter;
  readonly runtime: Runtime;
  readonly cacheMounts: CacheMounts;
}

export interface MountRequest {
  readonly step: PlannedRun;
  readonly session: BuildSession;
  /** The layers whose files a mount shows; the path in them. */
  readonly filesOf: (mount: PlannedMount) => Promise<{ readonly layers: readonly Digest[]; readonly path: string }>;
  readonly signal: AbortSignal;
}

/** Where files of mounts lie on the machine: gone with the step. */
const ROOT = "/run/drydock/build";

/** Makes everything that a step's `--mount`s ask for. @param owned what is to be given back, also when this throws */
export async function prepareRunMounts(
  ports: MountPorts,
  request: MountRequest,
  owned: Disposals,
): Promise<PreparedMounts> {
  const preparation = new Preparation(ports, request, owned);
  for (const mount of request.step.mounts) await preparation.add(mount);
  return preparation.finish();
}

class Preparation {
  readonly #ports: MountPorts;
  readonly #request: MountRequest;
  readonly #owned: Disposals;
  readonly #mounts: SpecMount[] = [];
  readonly #env: string[] = [];
  readonly #places = new Set<string>();
  #agents = 0;
  #directory: string | undefined;

  constructor(ports: MountPorts, request: MountRequest, owned: Disposals) {
    this.#ports = ports;
    this.#request = request;
    this.#owned = owned;
  }

  finish(): PreparedMounts {
    return { mounts: this.#mounts, env: this.#env, places: this.#places };
  }

  async add(mount: PlannedMount): Promise<void> {
    switch (mount.type) {
      case "bind":
        return await this.#bind(mount);
      case "cache":
        return await this.#cache(mount);
      case "tmpfs":
        return this.#tmpfs(mount);
      case "secret":
        return await this.#secret(mount);
      case "ssh":
        return await this.#agent(mount);
    }
  }

  async #bind(mount: PlannedMount): Promise<void> {
    const { layers, path } = await this.#request.filesOf(mount);
    const source = await this.#show(layers, path);
    this.#mount(this.#target(mount), { type: "bind", source, options: ["rbind", ...(mount.readonly ? ["ro"] : [])] });
  }

  /** A place of the machine where files of layers are seen. What is written there goes with the step. */
  async #show(layers: readonly Digest[], path: string): Promise<string> {
    const { snapshots, runtime } = this.#ports;
    const key = newSnapshotKey();
    await snapshots.prepare(key, layers);
    this.#owned.use({ [Symbol.asyncDispose]: () => snapshots.remove(key) });
    const rootfs = snapshots.mounts(key);
    await runtime.sources.show(rootfs);
    this.#owned.use({ [Symbol.asyncDispose]: () => runtime.sources.hide(rootfs.target) });
    if (path === "") return rootfs.target;
    const stage = `${await this.#files()}/${key.slice(-12)}`;
    await runtime.sources.stage(rootfs.target, path, stage);
    this.#owned.use({ [Symbol.asyncDispose]: () => runtime.sources.unstage(stage) });
    return stage;
  }

  async #cache(mount: PlannedMount): Promise<void> {
    const destination = this.#target(mount);
    const { cacheMounts, runtime, snapshots } = this.#ports;
    const directory = await cacheMounts.acquire(
      {
        id: mount.id ?? destination,
        sharing: mount.sharing ?? "shared",
        mode: mount.mode ?? 0o755,
        uid: mount.uid ?? 0,
        gid: mount.gid ?? 0,
        fill: async (into) => {
          if (mount.from === undefined) return;
          const { layers, path } = await this.#request.filesOf(mount);
          const key = newSnapshotKey();
          await snapshots.prepare(key, layers);
          try {
            await runtime.sources.copyUp(snapshots.mounts(key), `/${path}`, into);
          } finally {
            await snapshots.remove(key);
          }
        },
      },
      { owned: this.#owned, signal: this.#request.signal },
    );
    this.#mount(destination, {
      type: "bind",
      source: directory,
      options: ["rbind", ...(mount.readonly ? ["ro"] : [])],
    });
  }

  #tmpfs(mount: PlannedMount): void {
    const size = mount.sizeBytes === undefined || mount.sizeBytes === 0 ? [] : [`size=${mount.sizeBytes}`];
    this.#mount(this.#target(mount), { type: "tmpfs", source: "tmpfs", options: ["nosuid", ...size] });
  }

  async #secret(mount: PlannedMount): Promise<void> {
    const id = mount.id ?? (mount.target ?? "").split("/").at(-1) ?? "";
    if (id === "") throw new EngineError("invalid-argument", "one of source, target required");
    const secret = await this.#request.session.secret(id);
    if (secret === undefined) {
      if (mount.required !== true) return;
      throw new EngineError("not-found", `secret ${id}: not found`);
    }
    if (mount.env !== undefined) this.#env.push(`${mount.env}=${new TextDecoder().decode(secret)}`);
    if (mount.env !== undefined && mount.target === undefined) return;
    const source = `${await this.#files()}/secret-${this.#mounts.length}`;
    const ops: readonly Op[] = [
      { op: "write", path: source, data: secret, mode: 0o600 },
      { op: "chown", path: source, uid: mount.uid ?? 0, gid: mount.gid ?? 0 },
      { op: "chmod", path: source, mode: mount.mode ?? 0o400 },
    ];
    await this.#ports.runtime.run(ops);
    const destination = mount.target === undefined ? `/run/secrets/${id}` : this.#target(mount);
    this.#mount(destination, { type: "bind", source, options: ["rbind", "ro", "nosuid", "nodev", "noexec"] });
  }

  async #agent(mount: PlannedMount): Promise<void> {
    const id = mount.id ?? "default";
    const socket = await this.#request.session.sshAgent(id);
    const destination = mount.target === undefined ? `/run/buildkit/ssh_agent.${this.#agents}` : this.#target(mount);
    // It is set even when there is no agent.
    if (this.#agents === 0) this.#env.push(`SSH_AUTH_SOCK=${destination}`);
    this.#agents += 1;
    if (socket === undefined) {
      if (mount.required !== true) return;
      throw new EngineError("not-found", `unset ssh forward key ${id}`);
    }
    this.#mount(destination, { type: "bind", source: socket, options: ["rbind"] });
  }

  /** A directory of the machine for this step alone. */
  async #files(): Promise<string> {
    if (this.#directory !== undefined) return this.#directory;
    const { runtime } = this.#ports;
    const path = `${ROOT}/${newRunId().slice(0, 24)}`;
    this.#directory = path;
    await runtime.run([
      { op: "mkdir", path: ROOT, mode: 0o700, parents: true },
      { op: "mkdir", path, mode: 0o700 },
    ]);
    this.#owned.use({ [Symbol.asyncDispose]: () => runtime.run([{ op: "remove", path }]) });
    return path;
  }

  #target({ target }: PlannedMount): string {
    const path = joinDirectory(this.#request.step.workingDirectory, target ?? "");
    if (path === "/") throw new EngineError("invalid-argument", 'invalid mount target "/"');
    return path;
  }

  #mount(destination: string, mount: Omit<SpecMount, "destination">): void {
    this.#mounts.push({ destination, ...mount });
    const parts = destination.split("/").filter((part) => part !== "");
    for (let depth = 1; depth <= parts.length; depth += 1) this.#places.add(parts.slice(0, depth).join("/"));
  }
}
